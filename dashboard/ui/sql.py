"""The SQL page: a query, what can be asked beside it, and its answer as a table, a chart and a file."""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock

import pandas as pd
import streamlit as st
from cachetools import LRUCache

import data
from dashboard import export
from dashboard.charts.answer import KINDS, MOST, MOST_GROUPS, Kind, drawn_rows
from dashboard.charts.answer import answer as chart_of_answer
from dashboard.charts.style import count, drawable, words
from dashboard.sandbox.asking import (
    OFFERED,
    Answer,
    Limits,
    NotAnswered,
    ask,
    columns,
    examples,
    meaning,
    relations,
)
from dashboard.sandbox.statement import LONGEST
from dashboard.ui import cache
from dashboard.ui.auditing import changed, noted, without_texts
from dashboard.ui.section import CONFIG, FORMATS, downloads
from dashboard.ui.waiting import waited_for
from dashboard.ui.wording import plain, sentence
from data.extracting import IDS

SHOWN = 1_000
"""So many rows of an answer are on the screen; the download has all."""
MOST_BARS = 60
"""Up to so many rows an answer is drawn as bars, unless the reader chooses otherwise."""
_STYLE = "<style>.st-key-sql textarea { font-family: monospace; }</style>"

Change = Callable[[], None]

_QUERY, _ANSWER, _REFUSED, _UNTOLD = "sql", "sql_answer", "sql_refused", "sql_untold"
_LIMITS = Limits()
KEPT_BYTES = 256 * 2**20
"""All answers that are kept, of everybody; those that nobody looked at for the longest make room first."""
_answers: LRUCache[str, Answer] = LRUCache(KEPT_BYTES, getsizeof=lambda given: int(given.table.nbytes))
_changed = Lock()
_IS_UNTOLD = "The address of this page does not have the query in it, for it may name somebody."


def query() -> None:
    """The query, where to begin, and the button that runs it; one that came with a link is shown, and not run."""
    st.html(_STYLE)
    # Others' queries may name what is outside the scope of whoever looks.
    is_shared = not cache.records_scope().is_cut
    saved = data.saved_queries(cache.pointer()) if is_shared else {}
    begin = {f"Example: {words(name)}": one.sql for name, one in examples().items()}
    begin |= {f"Saved: {name}": sql for name, sql in saved.items()}

    def taken() -> None:
        if chosen := st.session_state["sql_begin"]:
            st.session_state[_QUERY] = begin[chosen]

    st.selectbox(
        "Begin with",
        list(begin),
        index=None,
        key="sql_begin",
        on_change=taken,
        placeholder="An example or a saved query",
    )
    # Whoever keeps addresses, such as a history or a proxy's log, is not to be told of single people.
    is_in_address = not names_somebody(st.session_state.get(_QUERY) or st.query_params.get(_QUERY) or "")
    if is_in_address and st.session_state.pop(_UNTOLD, False):
        st.query_params[_QUERY] = st.session_state[_QUERY]
    sql = st.text_area(
        "Query",
        key=_QUERY,
        bind="query-params" if is_in_address else None,
        height=280,
        max_chars=LONGEST,
        placeholder="select treatment_type, count(*) as treatment_records from treatments group by treatment_type",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        is_asked = st.button("Run", type="primary", key="sql_run")
        if is_shared:
            with st.popover("Save", type="tertiary"):
                _save(sql or "", list(saved))
        st.caption(
            f"At most {_LIMITS.seconds:g} seconds, {_LIMITS.memory / 1e9:g} GB of memory and {_LIMITS.rows:,} rows. "
            + ("The address of this page has the query in it." if is_in_address else _IS_UNTOLD),
            width="content",
        )
    if not is_in_address:
        st.session_state[_UNTOLD] = True
        st.query_params.pop(_QUERY, None)
    if is_asked:
        _ask(sql or "")


def names_somebody(sql: str) -> bool:
    """Whether a query may hold the id of a person or a record: it names such a column, and has a text in it."""
    return any(name in sql.lower() for name in IDS) and re.search(r"'|\$\w*\$", sql) is not None


def _ask(sql: str) -> None:
    st.session_state[_ANSWER] = None
    st.session_state[_REFUSED] = ""
    with st.spinner("Running ..."):
        noted("query", query=without_texts(sql))
        try:
            given = waited_for(partial(ask, cache.current_records_store(), sql, _LIMITS))
            st.session_state[_ANSWER] = _kept(given)
        except NotAnswered as refused:
            st.session_state[_REFUSED] = str(refused)


def _kept(given: Answer) -> str:
    """The name by which the answer is found again, unless it had to make room for others."""
    name = uuid.uuid4().hex
    with _changed, suppress(ValueError):  # one that is larger than all may be is not kept
        _answers[name] = given
    return name


def _save(sql: str, saved: list[str]) -> None:
    """Keeps the query under a name, for everybody who opens this page, or keeps one no longer."""
    st.caption("Kept beside the data, for everybody who opens this page.")
    with st.form("sql_save", border=False, clear_on_submit=True):
        name = st.text_input("Name", max_chars=80, key="sql_name", placeholder="Doses by month")
        is_saved = st.form_submit_button("Save")
    if is_saved and names_somebody(sql):
        st.error("It may name somebody, and everybody who opens this page would read it. Take the id out of it.")
    elif is_saved:
        changed(lambda: data.save_query(cache.pointer(), name.strip(), sql), "saved query", saved=name.strip())
    if saved:
        gone = st.selectbox("Remove", saved, index=None, key="sql_gone", placeholder="A saved query")
        if st.button("Remove", key="sql_remove", disabled=gone is None) and gone:
            changed(lambda: data.remove_query(cache.pointer(), gone), "saved query", removed=gone)


def tables() -> None:
    """Every table and measure that can be asked, and the columns of the one that is chosen."""
    offered = relations()
    name = st.selectbox(
        "Tables and measures",
        list(offered),
        key="sql_table",
        format_func=lambda each: each if each in OFFERED else f"{each} (measure)",
        help="Type to search. A measure is of all records, by treatment type; by another group it is called, for "
        "example, `side_effect_rates_by_product`.",
    )
    about = offered[name]
    st.caption(plain(about.sentence))
    listed = [(column, kind, meaning(name, column)) for column, kind in columns(cache.current_records_store(), name)]
    st.dataframe(
        pd.DataFrame(listed, columns=["column", "type", "meaning"]),
        hide_index=True,
        height=280,
        column_config={label: words(label) for label in ("column", "type", "meaning")},
        alt=f"The columns of {name}",
    )
    notes = [f"**{plain(label)}**: {plain(text)}" for label, text in about.notes.items() if label != "columns"]
    if notes:
        with st.expander("Definition"):
            st.markdown("\n\n".join(notes))


def answer() -> None:
    """What the query gave when it was last run, or why it gave nothing and what to do."""
    if refused := st.session_state.get(_REFUSED):
        first, _, more = str(refused).partition("\n")
        st.error(sentence(first), title="The query gave no answer")
        if more.strip():
            st.code(more.strip("\n"), language=None)
        return
    asked = st.session_state.get(_ANSWER)
    if asked is None:
        st.info("Write a query, or begin with an example, and press Run.", title="No query was run yet")
        return
    with _changed:
        given = _answers.get(asked)
    if given is None:
        st.info("Others have asked since, and there is no room for every answer. Run it again.", title="No longer kept")
        return
    rows: pd.DataFrame = given.table.slice(0, max(SHOWN, *MOST.values())).to_pandas()
    st.header("Answer", anchor=False)
    if given.sql != st.session_state.get(_QUERY):
        st.caption("This is the answer to the query that was run last, not to the one above.")
    if given.snapshot != cache.current_records_store().name:
        st.caption("The data has changed since. Run it again to ask the new data.")
    of = given.table.num_rows
    said = f"**{count(of)}** row{'' if of == 1 else 's'}"
    if of > SHOWN:
        said += f"; the first {SHOWN:,} are shown, the download has all"
    st.markdown(said)
    if given.is_cut:
        st.warning(
            f"There are more: an answer has at most {_LIMITS.rows:,} rows and {_LIMITS.bytes // 10**6} MB here. Group "
            "it, or take a part of it; on the command line outcomes sql takes a million rows."
        )
    st.dataframe(rows.head(SHOWN), hide_index=True, placeholder="", alt="The rows that the query gave")
    if of:
        st.caption("Download these rows as")
        with st.container(horizontal=True):
            formats = {**FORMATS, "json": "JSON"}
            downloads("answer", lambda suffix: export.to_file(given.table, suffix), "sql-answer", formats)
        _chart(rows, of)


def _chart(rows: pd.DataFrame, of: int) -> None:
    """The answer as a chart of the reader's choice."""
    numbers = [str(column) for column in rows if _is_number(rows[column])]
    if not numbers:
        return
    everything = [str(column) for column in rows]
    shape = f"{zlib.crc32(chr(10).join(everything).encode()):x}"
    names = [column for column in everything if column not in numbers] or everything
    st.header("Chart", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        usual = "line" if len(rows) > MOST_BARS else "bars"
        kind: Kind = st.selectbox(
            "Draw", KINDS, index=KINDS.index(usual), key=f"sql_kind_{shape}", format_func=words, width=160
        )
        x = st.selectbox("Across", everything, index=everything.index(names[0]), key=f"sql_x_{shape}", width=220)
        y = st.selectbox("Up", numbers, key=f"sql_y_{shape}", width=220)
        groupings = [column for column in names if column not in (x, y)]
        colour = st.selectbox(
            "Colour",
            groupings,
            index=0 if groupings and rows[groupings[0]].nunique() <= MOST_GROUPS else None,
            key=f"sql_colour_{shape}_{everything.index(x)}",
            placeholder="None",
            width=220,
        )
    shown = drawn_rows(rows, kind, x, y, colour)
    if shown.empty:
        st.info("No row has a value for both. Choose other columns.")
        return
    figure = chart_of_answer(shown, cache.look(), kind, x, y, colour)
    st.plotly_chart(drawable(figure), theme=None, config=CONFIG, key="sql-chart", alt=f"{words(y)} by {words(x)}")
    rest = "" if len(shown) == of else f" of {count(of)}: those with both values, as many as a chart has room for"
    st.caption(f"n = {count(len(shown))} row{'' if len(shown) == 1 else 's'}{rest}")


def _is_number(column: pd.Series) -> bool:
    """Whether a column can be drawn up: decimals come as objects."""
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = column.dropna()
    return len(known) > 0 and type(known.iloc[0]).__name__ == "Decimal"
