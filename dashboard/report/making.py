"""A snapshot and a selection become a report: numbers of Store.measure, sentences as on the pages."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from dashboard.changes import FIGURES, compare_figures, compare_signals
from dashboard.charts.comparison import MOST_GROUPS, comparison, most_frequent, p_in_words
from dashboard.charts.maintenance import maintenance_intervals
from dashboard.charts.rates import by_frequency, side_effect_rates
from dashboard.charts.resolution import time_to_resolution
from dashboard.charts.style import LIGHT, NBSP, SUPPRESSED, Figure, Look, count, days, groups, percent, words
from dashboard.charts.svg import svg
from dashboard.filters import RECORD_FILTERS, FilterError, Filters
from dashboard.measures.maintenance import RETURNED_BY
from dashboard.measures.resolution import RESOLVED_BY
from dashboard.privacy import Withheld
from dashboard.report.content import Bullets, Chart, Headline, Headlines, Method, Part, Report, Section, Table, Text
from dashboard.store import Store, definition
from dashboard.ui import wording
from dashboard.ui.readings import comparison as readings
from dashboard.ui.readings import headlines
from dashboard.ui.readings.changes import HEADLINES, HEADS, signals_in_words
from queries import groups_of

WIDTH = 740
"""Pixels across of a picture, which is drawn as wide as the paper's text."""
MOST_COMPARED = 6
"""How many single effects are drawn where two groups are compared."""
MOST_COLUMNS = 7
MOST_SIGNALS = 8
SYNTHETIC = "Synthetic sample data, no real patients"
BY_TYPE = ("treatment_type",)
PAPER = replace(LIGHT, ground="#FFFFFF")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Asked:
    """What a report is to be of: the selection, by what groups are compared ("" by none), and which earlier snapshot
    what changed is told since; `practice` is its name, and the time it is made stands on it.
    """

    made_at: datetime.datetime
    filters: Filters = field(default_factory=Filters)
    practice: str = ""
    compare: str = ""
    earlier: Store | None = None


def check_compared(column: str) -> None:
    """Nothing, where groups of that column can be compared ("" being none); else FilterError, which lists what can."""
    possible = [group for group in groups_of("comparison") if group in RECORD_FILTERS]
    if column and column not in possible:
        raise FilterError(f"{column!r} cannot be compared; there are: {', '.join(possible)}")


def make_report(store: Store, asked: Asked, progress: Progress = lambda step, done, total: None) -> Report:
    """The report of a selection; of an empty one it says so and what to do.

    Raises FilterError for groups that cannot be compared, and privacy.Withheld where a comparison, or what changed, is
    asked for while small numbers are suppressed.
    """
    check_compared(asked.compare)
    making = _Making(store, asked)
    steps: list[tuple[str, Callable[[], Section | None]]] = [
        ("in short", making.in_short),
        ("side effects", making.side_effects),
        ("time to resolution", making.time_to_resolution),
        ("maintenance intervals", making.maintenance),
        ("comparison", making.comparison),
        ("what changed", making.changes),
        ("methods", making.methods),
    ]
    selected, of = store.cohort_size(asked.filters)
    sections: list[Section] = []
    if selected == 0:
        sections.append(_nothing_selected())
    else:
        for done, (step, made) in enumerate(steps):
            progress(step, done, len(steps))
            if section := made():
                sections.append(section)
        progress("done", len(steps), len(steps))
    return Report(
        title="Treatment outcomes",
        practice=asked.practice.strip(),
        subtitle="Side effects, time to resolution, and maintenance intervals",
        facts=tuple(making.facts(selected, of)),
        banner=SYNTHETIC if store.is_synthetic else "",
        made=making.made,
        made_at=asked.made_at.replace(microsecond=0),
        sections=tuple(sections),
    )


def _nothing_selected() -> Section:
    said = "No treatment record matches this selection, so there is no figure to report."
    todo = "Choose a longer period, or take filters away, and make the report again."
    return Section("Nothing is selected", (Text(said), Text(todo)))


class _Making:
    """One report in the making: what it is of, and the measures it has used so far."""

    def __init__(self, store: Store, asked: Asked) -> None:
        self.store, self.asked, self.filters = store, asked, asked.filters
        types = store.treatment_types
        self.look: Look = PAPER.of_types(
            {one.code: one.label for one in types}, {one.code: one.colour for one in types if one.colour}
        )
        self.used: list[str] = []

    def measure(self, name: str, by: Sequence[str] = BY_TYPE, **options: Any) -> pd.DataFrame:
        if name not in self.used:
            self.used.append(name)
        return self.store.measure(name, options.pop("filters", self.filters), by, **options)

    def facts(self, selected: float, of: int) -> Iterator[tuple[str, str]]:
        """What the report is of, by names."""
        known = self.store.period or (None, None)
        first, last = self.filters.treated_from or known[0], self.filters.treated_to or known[1]
        if first and last:
            yield "Period", f"{_day(first)} to {_day(last)}"
        within = replace(self.filters, treated_from=None, treated_to=None)
        yield "Selection", wording.upper(within.describe(self.look.name))
        yield "Records", f"{count(selected)} of {count(of)} treatment records"
        if self.store.limited_to:
            yield "Scope", wording.upper(self.store.limited_to)
        yield "Data as of", _day(self.store.as_of)
        if k := self.store.suppress_below:
            told = f"Counts below {k}, and what would give them away, are suppressed"
            yield "Small numbers", f"{told}; comparisons, and what changed, are withheld"
        yield "Snapshot", self.store.name
        yield "Made", self.made

    @property
    def made(self) -> str:
        """When, and by which version of this program."""
        return f"{wording.when(self.asked.made_at)}, by outcomes {importlib.metadata.version('outcomes')}"

    def in_short(self) -> Section:
        """The four figures of the whole selection."""
        usual = self.measure("maintenance_summary")
        usual = usual if usual.empty else usual.iloc[[int(usual["courses"].fillna(0).argmax())]]
        effect = "Any selected side effect" if self.filters.are_of_side_effects else "Any side effect"
        wanted = (
            ("Followed up", self.measure("follow_up_completeness", ()), headlines.completeness),
            (effect, self.measure("side_effect_rates", ()), headlines.any_side_effect),
            ("Time to resolution", self.measure("time_to_resolution_summary", ()), headlines.median_resolution),
            ("Maintenance interval", usual, lambda row: headlines.median_return(row, self.look)),
        )
        told = []
        for title, row, read in wanted:
            if row.empty:
                told.append(Headline(title, "–", "", "nothing counted in this selection"))
                continue
            estimate = read(row)
            is_hidden = bool(row["is_suppressed"].iloc[0]) if "is_suppressed" in row else False
            if is_hidden and estimate.value != estimate.value:
                told.append(Headline(title, "–", SUPPRESSED, estimate.counted))
            else:
                told.append(Headline(title, estimate.written, estimate.limits, estimate.counted))
        return Section("In short", (Headlines(tuple(told)), Text(LIMITS, Text.FINE)))

    def side_effects(self) -> Section:
        """Rates by treatment type, drawn and as tables."""
        rates = self.measure("side_effect_rates")
        if not (rates["evaluable"] != 0).any():
            return Section("Side effects", (Text(NOBODY_FOLLOWED_UP),))
        lead = "Of the sessions that were followed up, how many had at least one side effect, by treatment type."
        completeness = self.measure("follow_up_completeness", ())
        parts: list[Part] = [Text(lead, Text.LEAD)]
        parts += self._chart("side_effect_rates", side_effect_rates(rates, self.look), "At least one side effect")
        parts += [Text(wording.n_in_words(completeness), Text.FINE), *self._beware(rates, BY_TYPE)]
        parts.append(
            _table(
                "At least one side effect, by treatment type",
                ("Treatment type", "Treated", "Followed up", "Affected", "Rate", "95 % limits", "Best case",
                 "Worst case"),
                [
                    (
                        group.name, _count(row.treated), _of(row.evaluable, row.completeness), _count(row.affected),
                        _share(row.rate, row), _limits(row.rate_low, row.rate_high, row),
                        _share(row.rate_best_case, row), _share(row.rate_worst_case, row),
                    )
                    for group in self._groups(rates[rates["effect"].astype(str) == "any"])
                    for row in [_only(group.rows)]
                ],
            )
        )  # fmt: skip
        parts += self._single_effects(rates)
        return Section("Side effects", tuple(parts))

    def _single_effects(self, rates: pd.DataFrame) -> Iterator[Part]:
        """Every effect against every type: the rate with its limits, and the n under it; so many types a table."""
        effects = by_frequency(rates)
        found = self._groups(rates)
        for start in range(0, len(found) if effects else 0, MOST_COLUMNS):
            shown = found[start : start + MOST_COLUMNS]
            cells = [dict(zip(each.rows["effect"].astype(str), each.rows.itertuples(), strict=True)) for each in shown]
            rows = [
                (self.look.name("effect", effect), *(_rate_of_n(each[effect]) for each in cells)) for effect in effects
            ]
            title = "Single side effects: rate, 95 % limits, affected of followed up"
            yield _table(title, ("Side effect", *(each.name for each in shown)), rows)

    def time_to_resolution(self) -> Section:
        """The curve by treatment type, and its figures."""
        summary = self.measure("time_to_resolution_summary")
        curve = self.measure("time_to_resolution")
        if summary.empty or not (summary["side_effects"] != 0).any():
            return Section("Time to resolution", (Text("No side effect is recorded in this selection."),))
        total = self.measure("time_to_resolution_summary", ())
        lead = "How long side effects last: the share still unresolved, by days since onset."
        parts: list[Part] = [Text(lead, Text.LEAD)]
        parts += self._chart("time_to_resolution", time_to_resolution(curve, self.look), "Time to resolution")
        parts.append(Text(wording.n_in_words(total), Text.FINE))
        parts += [Text(said, Text.FINE) for said in wording.estimated(summary, BY_TYPE, self.look)]
        parts += self._beware(curve, BY_TYPE)
        parts += self._days(
            summary,
            "Days until side effects had resolved",
            ("Side effects", "Seen to resolve"),
            ("side_effects", "resolved"),
            hiding=1,
        )
        title = "Share resolved by day, with 95 % limits"
        parts.append(self._shares(summary, title, "resolved_by", RESOLVED_BY, "side_effects"))
        tested = wording.tested(summary, BY_TYPE, self.look, ())
        parts += [Text(tested, Text.FINE)] if tested else []
        return Section("Time to resolution", tuple(parts))

    def maintenance(self) -> Section:
        """The curve by treatment type, and its figures."""
        summary = self.measure("maintenance_summary")
        curve = self.measure("maintenance_intervals")
        if summary.empty or not (summary["courses"] != 0).any():
            said = "No course of a treatment that is maintained began in this selection."
            return Section("Maintenance intervals", (Text(said),))
        lead = "How soon patients come back: the share that has returned, by days since the course began."
        parts: list[Part] = [Text(lead, Text.LEAD)]
        parts += self._chart("maintenance_intervals", maintenance_intervals(curve, self.look), "Maintenance intervals")
        total = self.measure("maintenance_summary", ())
        parts.append(Text(wording.n_in_words(total), Text.FINE))
        parts.append(Text("This is the time between treatments, and not how long the effect lasts.", Text.FINE))
        parts += self._beware(summary, BY_TYPE)
        parts += self._days(
            summary,
            "Days from one course to the next",
            ("Patients", "Courses", "Followed by another"),
            ("patients", "courses", "completed"),
            hiding=2,
        )
        title = "Share returned by day, with 95 % limits"
        parts.append(self._shares(summary, title, "returned_by", RETURNED_BY, "patients"))
        return Section("Maintenance intervals", tuple(parts))

    def comparison(self) -> Section | None:
        """One group against another, where that was asked for."""
        if not self.asked.compare:
            return None
        if self.store.suppress_below:
            raise Withheld("comparison is withheld while small numbers are suppressed; the page Compare has it")
        by = (self.asked.compare,)
        what = words(self.asked.compare)
        heading = f"Comparison by {what.lower()}"
        selected: dict[str, Any] = {self.asked.compare: self._compared_groups(by)}
        chosen = replace(self.filters, **selected)
        compared = self.measure("comparison", by, filters=chosen)
        if compared.empty:
            said = f"There are no two groups to compare by {what.lower()} in this selection, or nobody was followed up."
            return Section(heading, (Text(said),))
        found = groups(compared, by, self.look, "evaluable", MOST_GROUPS)
        effects = ["any", *(most_frequent(compared, MOST_COMPARED) if len(found) == 1 else [])]
        reference = readings.reference(compared, by, self.look)
        lead = (
            f"The rates of side effects against those of {reference}, in percentage points. Nobody was allotted to a "
            "group by chance, so a difference may come from who was treated in which way."
        )
        parts: list[Part] = [Text(lead, Text.LEAD)]
        drawn = comparison(compared, self.look, by, effects)
        parts += self._chart("comparison", drawn, f"Difference from {reference}")
        parts.append(Bullets("In words", tuple(readings.side_effects(compared, by, self.look, ()))))
        n = wording.n_in_words(self.measure("follow_up_completeness", (), filters=chosen))
        parts.append(Text(n, Text.FINE))
        parts += [Text(said, Text.NOTE) for said in (readings.too_few(compared, by, self.look),) if said]
        parts += self._beware(self.measure("follow_up_completeness", by, filters=chosen), by, MOST_GROUPS + 1)
        parts.append(Text(P_ADJUSTED, Text.FINE))
        for group in groups(compared, by, self.look, "evaluable"):
            rows = [
                (
                    self.look.name("effect", str(row.effect)), _rate(row), _rate(row, "reference_"),
                    _points(row.risk_difference), _points_between(row.risk_difference_low, row.risk_difference_high),
                    _ratio(row.risk_ratio), _ratio_between(row.risk_ratio_low, row.risk_ratio_high),
                    p_in_words(row.p_adjusted) if row.p_adjusted == row.p_adjusted else "–",
                )
                for row in _each(group.rows)
                if row.affected or row.reference_affected
            ]  # fmt: skip
            heads = ("Side effect", group.name, reference, "Points", "95 % limits", "Ratio", "95 % limits", "p")
            parts.append(_table(f"{group.name} against {reference}", heads, rows))
        return Section(heading, tuple(parts))

    def _compared_groups(self, by: tuple[str, ...]) -> tuple[str, ...]:
        """The groups that the selection names, else the two with the most evaluable units of those recorded."""
        (column,) = by
        if named := getattr(self.filters, column):
            return tuple(named)
        sizes = self.measure("follow_up_completeness", by)
        sizes = sizes[sizes[column] != ""].sort_values("evaluable", ascending=False, kind="stable")
        return tuple(sizes[column].iloc[:2])

    def changes(self) -> Section | None:
        """What differs from the earlier snapshot."""
        earlier = self.asked.earlier
        if earlier is None:
            return None
        counted = self.store.since(earlier).counts("record_changes")
        lead = f"Since the snapshot {earlier.name}, made on {wording.when(earlier.created_at)}, data as of "
        parts: list[Part] = [Text(f"{lead}{_day(earlier.as_of)}.", Text.LEAD)]
        if earlier.is_synthetic != self.store.is_synthetic:
            told = "One of the two is synthetic sample data, so nearly everything differs."
            parts.append(Text(told, Text.NOTE))
        parts.append(_records_changed(counted))
        signals = signals_in_words(compare_signals(earlier, self.store, self.filters), self.look)
        for title, sentences in zip(("New signals", "Closed signals"), signals, strict=True):
            more = [f"And {count(len(sentences) - MOST_SIGNALS)} more."] if len(sentences) > MOST_SIGNALS else []
            shown = (*sentences[:MOST_SIGNALS], *more) or ("None.",)
            parts.append(Bullets(title, shown))
        parts.append(Text("A signal is a reason to look, and not a finding.", Text.FINE))
        moved = [part for name in HEADLINES for part in self._moved(name, earlier)]
        return Section("What changed", (*parts, *moved))

    def _moved(self, name: str, earlier: Store) -> Iterator[Part]:
        figures = compare_figures(name, earlier, self.store, self.filters)
        moved, of = figures[figures["is_moved"]], len(figures)
        few = f"{HEADS[name]}: {count(len(moved))} of {count(of)} figures moved by more than their limits."
        yield Text(few if of else f"{HEADS[name]}: there is nothing to compare.")
        if moved.empty:
            return
        is_days = FIGURES[name].is_days
        write = days if is_days else percent

        def limits(row: Any, when: str) -> str:
            low, high = getattr(row, f"{when}_low"), getattr(row, f"{when}_high")
            return _days_between(low, high) if is_days else _limits(low, high, row)

        keys = [column for column in ("treatment_type", "effect") if column in moved]
        rows = [
            (
                ", ".join(self._called(column, getattr(row, column)) for column in keys),
                write(row.earlier), limits(row, "earlier"), _count(row.earlier_n),
                write(row.later), limits(row, "later"), _count(row.later_n),
            )
            for row in _each(moved)
        ]  # fmt: skip
        heads = ("Figure", "Was", "95 % limits", "n", "Is", "95 % limits", "n")
        yield _table(f"{HEADS[name]} that moved", heads, rows)

    def _called(self, column: str, value: str) -> str:
        return "All" if (column, value) == ("treatment_type", "total") else self.look.name(column, value)

    def methods(self) -> Section:
        """What the measures used mean, as the headers of their SQL say it."""
        told = []
        for name in (name for name in METHODS if name in self.used):
            about = definition(name)
            notes = tuple((words(label), text) for label, text in about.notes.items() if label not in OF_ROWS)
            told.append(Method(METHODS[name], about.sentence, notes))
        return Section("Methods", tuple(told))

    def _groups(self, frame: pd.DataFrame) -> list[Any]:
        return list(groups(frame, BY_TYPE, self.look))

    def _chart(self, name: str, drawn: Figure, title: str) -> list[Part]:
        """The picture, where there is something in it: of suppressed figures nothing may be left."""
        if not any(len(trace["x"]) for trace in drawn["data"]):
            return [Text("There is nothing left to draw: the figures are suppressed.", Text.NOTE)]
        key = name.replace("_", "-")
        sentence = f"{definition(name).sentence} The numbers stand in the tables below."
        return [Chart(svg(drawn, WIDTH, key, title, sentence), f"{title}. {sentence}")]

    def _beware(self, frame: pd.DataFrame, by: tuple[str, ...], most: int | None = None) -> list[Part]:
        return [Text(said, Text.NOTE) for said in wording.warnings(frame, by, self.look, most)]

    def _days(
        self, summary: pd.DataFrame, title: str, heads: tuple[str, ...], counts: tuple[str, ...], hiding: int
    ) -> Iterator[Part]:
        """The medians and quartiles with their counts, of which the first so many hide them where they are hidden."""
        rows = []
        for group in self._groups(summary):
            row = _only(group.rows)
            n = [getattr(row, name) for name in counts]
            known = n[:hiding]
            rows.append(
                (
                    group.name,
                    *(_count(number) for number in n),
                    _days(row.median_days, known),
                    _days_between(row.median_low, row.median_high, known),
                    _days(row.q1_days, known),
                    _days(row.q3_days, known),
                )
            )
        told = ("Median", "95 % limits", "A quarter by", "Three quarters by")
        yield _table(title, ("Treatment type", *heads, *told), rows)

    def _shares(self, summary: pd.DataFrame, title: str, prefix: str, on: Sequence[int], n: str) -> Part:
        rows = []
        for group in self._groups(summary):
            row = _only(group.rows)
            shares = [
                _two_lines(
                    percent(getattr(row, f"{prefix}_{day}")),
                    _bare_limits(getattr(row, f"{prefix}_{day}_low"), getattr(row, f"{prefix}_{day}_high")),
                )
                for day in on
            ]
            rows.append((group.name, _count(getattr(row, n)), *shares))
        heads = ("Treatment type", "n", *(f"Day{NBSP}{day}" for day in on))
        return _table(title, heads, rows)


METHODS = {
    "follow_up_completeness": "Follow-up completeness",
    "side_effect_rates": "Side-effect rates",
    "time_to_resolution": "Time to resolution",
    "time_to_resolution_summary": "Time to resolution, in figures",
    "maintenance_intervals": "Maintenance intervals",
    "maintenance_summary": "Maintenance intervals, in figures",
    "comparison": "Comparison",
}
"""The measures of a report, in the order in which they are explained."""
OF_ROWS = ("grain", "columns")
"""What a definition says of a measure's rows, which a report does not show as such."""
LIMITS = "Limits are 95 % confidence limits. Every figure stands with the number it comes from."
NOBODY_FOLLOWED_UP = (
    "Nobody in this selection was followed up, so there is no rate. Record follow-ups, or choose a longer period."
)
P_ADJUSTED = (
    "Rates with affected of followed up, of the side effects that occurred. p is adjusted for the number of side "
    "effects (Benjamini-Hochberg); a dash where too few were followed up to test, or where nothing can be estimated."
)


def _records_changed(counted: pd.DataFrame) -> Part:
    if counted.empty:
        return Text("No record differs.")
    numbers = counted.set_index(["table", "change"])["records"].to_dict()
    tables = dict.fromkeys(counted["table"])

    def told(table: str, *kinds: str) -> str:
        return count(sum(numbers.get((table, kind), 0) for kind in kinds))

    rows = [
        (words(table), told(table, "added", "late"), told(table, "late"), told(table, "edited"), told(table, "removed"))
        for table in tables
    ]
    return _table("Records, whatever is selected", ("Table", "Added", "Of them late", "Edited", "Removed"), rows)


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(title, tuple(heads), tuple(tuple(row) for row in rows))


def _each(rows: pd.DataFrame) -> list[Any]:
    return list(rows.itertuples())


def _only(rows: pd.DataFrame) -> Any:
    return next(rows.itertuples())


def _day(day: datetime.date) -> str:
    return f"{day:%-d %B %Y}"


def _is_none(number: float) -> bool:
    return bool(number != number)


def _count(number: float) -> str:
    return SUPPRESSED if _is_none(number) else f"{number:,.0f}"


def _share(share: float, row: Any) -> str:
    return SUPPRESSED if _is_none(share) and getattr(row, "is_suppressed", False) else percent(share)


def _of(number: float, share: float) -> str:
    return SUPPRESSED if _is_none(number) or _is_none(share) else f"{number:,.0f} ({percent(share)})"


def _limits(low: float, high: float, row: Any) -> str:
    if _is_none(low) or _is_none(high):
        return SUPPRESSED if getattr(row, "is_suppressed", False) else "–"
    return f"{_bare(low)} to {percent(high)}"


def _bare(share: float) -> str:
    return percent(share).removesuffix(f"{NBSP}%")


def _bare_limits(low: float, high: float) -> str:
    return "" if _is_none(low) or _is_none(high) else f"{_bare(low)}–{_bare(high)}"


def _two_lines(first: str, second: str) -> str:
    return f"{first}\n{second}" if second else first


def _rate_of_n(row: Any) -> str:
    if _is_none(row.affected) or _is_none(row.evaluable):
        return SUPPRESSED
    if not row.evaluable:
        return "–\n0/0"
    limits = _bare_limits(row.rate_low, row.rate_high)
    return "\n".join(filter(None, (percent(row.rate), limits, f"{row.affected:,.0f}/{row.evaluable:,.0f}")))


def _rate(row: Any, whose: str = "") -> str:
    rate, affected, evaluable = (getattr(row, f"{whose}{name}") for name in ("rate", "affected", "evaluable"))
    return f"{percent(rate)}\n{affected:,.0f}/{evaluable:,.0f}"


def _days(number: float, n: Sequence[float]) -> str:
    return SUPPRESSED if any(map(_is_none, n)) and _is_none(number) else days(number)


def _days_between(low: float, high: float, n: Sequence[float] = ()) -> str:
    if _is_none(low):
        return SUPPRESSED if any(map(_is_none, n)) else "–"
    return f"{low:,.0f} to {high:,.0f}" if not _is_none(high) else f"at least {low:,.0f}"


def _points(share: float) -> str:
    if _is_none(share):
        return "–"
    text = f"{abs(100 * share):.1f}"
    return text if float(text) == 0 else f"{'+' if share > 0 else '−'}{text}"


def _points_between(low: float, high: float) -> str:
    return "–" if _is_none(low) or _is_none(high) else f"{_points(low)} to {_points(high)}"


def _ratio(ratio: float) -> str:
    return "–" if _is_none(ratio) else f"{ratio:.2f}" if ratio < 100 else f"{ratio:,.0f}"


def _ratio_between(low: float, high: float) -> str:
    return "–" if _is_none(low) or _is_none(high) else f"{_ratio(low)} to {_ratio(high)}"
