"""Step 4: ten rows before and after, what would become of every row, and then "Import" or "Not yet"."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import jobs
from dashboard.charts.style import count
from dashboard.ui import cache
from dashboard.ui.account import counted, file_table, total
from dashboard.ui.auditing import noted
from dashboard.ui.fields import called, field, in_words, table_name
from dashboard.ui.importing import draft as drafts
from dashboard.ui.importing.draft import Draft
from dashboard.ui.importing.watching import failed, watch
from dashboard.ui.wording import listed, plain, sentence, without_mapping
from data import ImportRefused, proposing, save_mapping, saved_mappings
from data.proposing import Preview, PreviewTable

_ADD, _AFRESH = "Add to what is here", "Start afresh"
_NAME = "My practice"
_SHOWN = 20


def check(draft: Draft) -> None:
    """The check, as soon as it is done, and the way on."""
    _afresh(draft)
    job = _checked(draft)
    if job.is_at_work:
        watch(job, "Checking", "Nothing is imported yet. The other pages can be used meanwhile.")
        return
    if not job.is_done:
        failed(job, "These files cannot be imported as they are")
        with st.container(horizontal=True, gap="small"):
            _back(draft)
            _not_yet()
        return
    preview = Preview.from_json((draft.upload.folder / "preview.json").read_text(encoding="utf-8"))
    _new_types(draft)
    _account(preview.report)
    if preview.tables:
        st.subheader("Ten rows before and after", anchor=False)
        names = [plain(f"{table_name(table.table)}, {table.file}") for table in preview.tables]
        for tab, table in zip(st.tabs(names), preview.tables, strict=True):
            with tab:
                _before_and_after(table)
    _import(draft)


def _afresh(draft: Draft) -> None:
    store, _ = cache.readable_store()
    if store is None:
        draft.is_afresh = True
        return
    if store.is_synthetic:
        draft.is_afresh = True
        st.info(
            "Your records take the place of the synthetic sample: made-up and real records are never mixed. The sample "
            'can be returned to under "Older snapshots".',
            title="Start afresh",
        )
        return
    chosen = st.radio(
        "What becomes of the records that are here already?",
        (_ADD, _AFRESH),
        index=int(draft.is_afresh),
        captions=(
            "New rows are added; a row with the same number is brought up to date.",
            "These files take the place of everything here. The older snapshot is kept, and can be returned to.",
        ),
        key=f"import-afresh-{draft.upload.key}",
    )
    draft.is_afresh = chosen == _AFRESH


def _checked(draft: Draft) -> jobs.Job:
    """The check of what has been answered; begun where the answers have changed since the last one."""
    arguments = [*draft.arguments(), *_into(draft)]
    asked = hashlib.sha256(json.dumps([*map(str, arguments)]).encode())
    if not draft.is_contract:
        asked.update((draft.upload.folder / "mapping.toml").read_bytes())
    asked.update(cache.snapshot_name().encode())
    job = draft.job("check")
    if job is None or draft.checked != asked.hexdigest():
        draft.checked = asked.hexdigest()
        folder = draft.upload.folder
        job = jobs.start(
            draft.upload,
            "check",
            *arguments,
            "--preview",
            folder / "preview.json",
            "--report",
            folder / "check.json",
        )
    return job


def _into(draft: Draft) -> list[str | Path]:
    return [] if draft.is_afresh else ["--into", cache.pointer()]


def _account(report: dict[str, Any]) -> None:
    st.subheader("What becomes of every row", anchor=False)
    st.markdown(f"**{sentence(counted(total(report['files']), 'to be loaded'))}.**")
    file_table(report["files"], "What becomes of every row, file by file")
    sums = total(report["files"])
    if rejects := report.get("reject_rows"):
        title = f"{count(sums.rows_rejected)} rejected: these rows stay out"
        with st.expander(title, expanded=len(rejects) <= _SHOWN):
            st.caption("After the import they can be downloaded, mended and dropped in again.")
            _wrongs(rejects, sums.rows_rejected)
    if warnings := report["warnings"]:
        number = max(sums.warnings, len(warnings))
        with st.expander(f"{count(number)} warning{'s' * (number != 1)}: loaded, but worth a look"):
            _wrongs(warnings, number)


def _new_types(draft: Draft) -> None:
    if draft.proposal and draft.mapping and (new := proposing.unnamed_types(draft.proposal)):
        st.warning(
            f"{plain(listed(new))}: the saved answers do not name them, so they are kept as types of their own. To say "
            'what they are, choose "Read them differently" above.',
            title="Treatments that are new",
        )


def _wrongs(rows: list[dict[str, Any]], number: int) -> None:
    """The first of so many rows with what is wrong; sentences, because they have to be read on a phone too."""
    shown = rows[:_SHOWN]
    st.table(
        {
            "Line": [count(row["line"]) if row["line"] else "" for row in shown],
            "What is wrong": [_told(row) for row in shown],
        },
        border="horizontal",
        hide_index=True,
    )
    if number > len(shown):
        st.caption(f"The first {len(shown)} of {count(number)} are shown.")


def _told(row: dict[str, Any]) -> str:
    name = field(row["column"]) if row["column"] else ""
    where = f"**{plain(name)}** " if name else ""
    value = f"{plain(row['value'])}: " if row["value"] else ""
    reason = without_mapping(in_words(row["reason"])).removeprefix(f'"{name}" ')
    return f"{where}{value}{plain(reason)} ({plain(row['file'])})"


def _before_and_after(table: PreviewTable) -> None:
    st.caption(plain(f"As they stand in {table.file}"))
    before = pd.DataFrame([*table.before], columns=list(table.headers))
    before.insert(0, "Line", list(table.lines))
    st.dataframe(before, hide_index=True, placeholder="", alt=f"{table_name(table.table)}, ten rows before")
    st.caption("As they will be read")
    rows = [row or ("",) * len(table.columns) for row in table.after]
    after = pd.DataFrame(
        {
            field(column): [called(column, row[place]) for row in rows]
            for place, column in enumerate(table.columns)
            if any(row[place] for row in rows)
        }
    )
    after.insert(0, "Line", list(table.lines))
    if any(table.reasons):
        after.insert(1, "Rejected", [in_words(reason) for reason in table.reasons])
    widths: dict[str, Any] = {"Rejected": st.column_config.TextColumn(width="medium")}
    st.dataframe(
        after, hide_index=True, column_config=widths, placeholder="", alt=f"{table_name(table.table)}, ten rows after"
    )


def _import(draft: Draft) -> None:
    st.subheader("Import these records?", anchor=False)
    name = ""
    if not (draft.is_contract or draft.mapping):
        name = st.text_input(
            "Save these answers under a name",
            draft.name or _NAME,
            key=f"import-name-{draft.upload.key}",
            help="Next month's files with the same columns are then read in the same way, without asking.",
            width=360,
        ).strip()
        draft.name = name
        if name in saved_mappings(cache.pointer()):
            st.caption(f"There are saved answers called {plain(name)} already; these take their place.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Import", type="primary", key="import-now"):
            _begin(draft, name)
        _not_yet()
        _back(draft)


def _begin(draft: Draft, name: str) -> None:
    try:
        if name:
            assert draft.proposal
            save_mapping(cache.pointer(), name, draft.proposal.to_toml(name))
    except ImportRefused as refused:
        st.error(plain(str(refused)), title="The answers cannot be saved under that name")
        return
    afresh = ["--replace"] if draft.is_afresh else []
    report = draft.upload.folder / "import.json"
    noted("import", files=[file.name for file in draft.upload.files], is_afresh=draft.is_afresh)
    jobs.start(draft.upload, "import", *draft.arguments(), "--into", cache.pointer(), *afresh, "--report", report)
    st.rerun()


def _back(draft: Draft) -> None:
    if not (draft.is_contract or draft.mapping):
        st.button("Back", key="import-back", on_click=draft.go, args=(-1,))


def _not_yet() -> None:
    st.button(
        "Not yet",
        key="import-not-yet",
        on_click=drafts.forget,
        help="Nothing is imported. The files wait here for a day, or until you delete them.",
    )
