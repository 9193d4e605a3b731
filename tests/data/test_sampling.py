"""The synthetic sample: its bytes, its conformity with the contract, its likeness to the published figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import check_exports
from data.contract import TABLES, Column
from data.sampling import BUNDLED_SEED, BUNDLED_TREATMENTS, SYNTHETIC_PREFIX, write_sample
from data.sampling.parameters.practice import CUT_OFF, FIRST_DAY
from data.sampling.parameters.treatments import TYPES

BUNDLED = Path(__file__).parents[2] / "data" / "sample"
FILES = [f"{name}.csv" for name in TABLES]
TREATMENTS = 50_000  # more than one stream of patients


@dataclass(frozen=True)
class Sample:
    folder: Path
    treatments: pd.DataFrame
    patients: pd.DataFrame
    follow_ups: pd.DataFrame
    side_effects: pd.DataFrame
    """Linked: with treatment_id, patient_id, treated_on of the record each belongs to."""
    progress: list[tuple[int, int]]
    """What was told while it was written."""


@cache
def as_text(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def read(folder: Path, name: str) -> pd.DataFrame:
    rows = as_text(folder, name).copy()
    for column in TABLES[name].columns:
        if column.kind == "date":
            rows[column.name] = pd.to_datetime(rows[column.name].replace("", None), format="%Y-%m-%d")
        elif column.kind in ("decimal", "integer"):
            rows[column.name] = pd.to_numeric(rows[column.name].replace("", None))
    return rows


def linked(rows: pd.DataFrame, on: str, treatments: pd.DataFrame) -> pd.DataFrame:
    """The rows with the session each belongs to: by treatment, else the patient's latest on or before the day."""
    keys = treatments[["treatment_id", "patient_id", "treated_on"]]
    by_treatment = rows[rows.treatment_id != ""].drop(columns="patient_id").merge(keys, on="treatment_id", how="left")
    by_patient = pd.merge_asof(
        rows[rows.treatment_id == ""].sort_values(on),
        keys.drop(columns="treatment_id").drop_duplicates().sort_values("treated_on"),
        left_on=on,
        right_on="treated_on",
        by="patient_id",
    )
    return pd.concat([by_treatment, by_patient], ignore_index=True)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    progress: list[tuple[int, int]] = []
    write_sample(folder, TREATMENTS, seed=7, progress=lambda written, total: progress.append((written, total)))
    treatments = read(folder, "treatments")
    side_effects = linked(read(folder, "side_effects"), "onset_on", treatments)
    places = treatments[["treatment_id", "patient_id", "treated_on", "area"]].sort_values("treatment_id")
    first = places.drop_duplicates(["patient_id", "treated_on"]).drop(columns="area")
    named = places.drop_duplicates(["patient_id", "treated_on", "area"])
    by_area = side_effects.merge(named, on=["patient_id", "treated_on", "area"], how="left", suffixes=("", "_named"))
    by_first = side_effects.merge(first, on=["patient_id", "treated_on"], how="left", suffixes=("", "_first"))
    side_effects["treatment_id"] = np.where(
        side_effects.treatment_id != "",
        side_effects.treatment_id,
        by_area.treatment_id_named.fillna(by_first.treatment_id_first),
    )
    follow_ups = linked(read(folder, "follow_ups"), "followed_up_on", treatments)
    return Sample(folder, treatments, read(folder, "patients"), follow_ups, side_effects, progress)


@pytest.fixture(scope="module")
def evaluable(sample: Sample) -> pd.DataFrame:
    """The treatment records, with `is_evaluable`: the session has a follow-up or a side effect."""
    contacts = pd.concat([sample.follow_ups, sample.side_effects])[["patient_id", "treated_on"]].drop_duplicates()
    records = sample.treatments.merge(contacts, on=["patient_id", "treated_on"], how="left", indicator="met")
    return records.assign(is_evaluable=records.met == "both")


# --- The same bytes --------------------------------------------------------------------------------------------


def test_same_size_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_sample(tmp_path / folder, 400, seed=3)
    write_sample(tmp_path / "other", 400, seed=4)
    for name in [*FILES, "README.md"]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert (tmp_path / "one" / name).read_bytes() != (tmp_path / "other" / name).read_bytes()


def test_a_stream_of_patients_does_not_depend_on_the_size(sample: Sample, tmp_path: Path) -> None:
    write_sample(tmp_path, TREATMENTS + 9_000, seed=7)
    end = sample.progress[0][0]  # of the first stream
    smaller, larger = (folder / "treatments.csv" for folder in (sample.folder, tmp_path))
    lines = zip(smaller.read_bytes().splitlines(), larger.read_bytes().splitlines(), strict=False)
    assert all(line == same for line, same in islice(lines, end + 1))
    for name in ("patients.csv", "follow_ups.csv", "side_effects.csv"):
        first, second = (folder / name for folder in (sample.folder, tmp_path))
        same = [a == b for a, b in zip(first.read_bytes().splitlines(), second.read_bytes().splitlines(), strict=False)]
        assert all(same[: len(same) * end // (TREATMENTS + 9_000)])


@pytest.mark.parametrize("treatments", [1, 2, 37, 1000])
def test_has_exactly_the_treatment_records_asked_for(tmp_path: Path, treatments: int) -> None:
    write_sample(tmp_path, treatments)
    for name, table in TABLES.items():
        rows = list(csv.reader(io.StringIO((tmp_path / f"{name}.csv").read_text("utf-8"))))
        assert tuple(rows[0]) == table.column_names
        assert {len(row) for row in rows} == {len(table.columns)}
        if name == "treatments":
            assert len(rows) == treatments + 1


def test_the_bundled_sample_is_made_by_its_command(tmp_path: Path) -> None:
    write_sample(tmp_path, BUNDLED_TREATMENTS, BUNDLED_SEED)
    assert sorted(path.name for path in BUNDLED.iterdir()) == sorted([*FILES, "README.md"])
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (BUNDLED / path.name).read_bytes(), path.name
    readme = (BUNDLED / "README.md").read_text("utf-8")
    assert "synthetic" in readme
    assert f"outcomes sample --treatments {BUNDLED_TREATMENTS} --seed {BUNDLED_SEED}" in readme
    assert str(CUT_OFF) in readme


def test_the_bundled_sample_is_a_small_practice() -> None:
    treatments, patients = read(BUNDLED, "treatments"), read(BUNDLED, "patients")
    assert sum((BUNDLED / name).stat().st_size for name in FILES) < 3_000_000
    assert 2_200 <= len(patients) <= 2_700
    assert treatments.clinic.nunique() == 3
    assert treatments[treatments.practitioner != ""].practitioner.nunique() == 11
    assert set(treatments.treatment_type) == set(TYPES)
    assert treatments.treated_on.max() == pd.Timestamp(CUT_OFF)
    assert treatments.treated_on.min() <= pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=3)


def test_tells_its_progress(sample: Sample) -> None:
    assert len(sample.progress) > 1
    assert all(before[0] < after[0] for before, after in pairwise(sample.progress))
    assert sample.progress[-1] == (TREATMENTS, TREATMENTS)


def test_leaves_nothing_half_written(tmp_path: Path) -> None:
    def stop(written: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path, 100, progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("treatments", "seed"), [(0, 1), (-5, 1), (10, -1)])
def test_refuses_a_size_or_seed_that_cannot_be(tmp_path: Path, treatments: int, seed: int) -> None:
    with pytest.raises(ValueError, match=r"^a (sample|seed)"):
        write_sample(tmp_path / "none", treatments, seed)
    assert not (tmp_path / "none").exists()


# --- The contract ----------------------------------------------------------------------------------------------


def is_number(decimals: bool) -> Callable[[str], bool]:
    return lambda text: text.replace(".", "", 1 if decimals else 0).isdecimal()


@pytest.mark.parametrize(("table", "column"), [(t.name, column) for t in TABLES.values() for column in t.columns])
def test_every_value_is_one_the_contract_allows(sample: Sample, table: str, column: Column) -> None:
    values = as_text(sample.folder, table)[column.name]
    assert not (column.required and (values == "").any())
    filled = values[values != ""]
    assert len(filled)
    if column.name == TABLES[table].id_column:
        assert filled.is_unique
        assert len(filled) == len(values)
    if column.name.endswith("_id"):
        assert filled.str.startswith(SYNTHETIC_PREFIX).all()
    if column.kind == "date":
        days = pd.to_datetime(filled, format="%Y-%m-%d")
        assert days.between(pd.Timestamp(FIRST_DAY), pd.Timestamp(CUT_OFF)).all()
    if column.kind == "boolean":
        assert set(filled) == {"true", "false"}
    if column.kind in ("decimal", "integer"):
        assert filled.map(is_number(column.kind == "decimal")).all()
    if column.codes:
        assert set(filled) <= set(column.codes)


def test_no_rule_of_the_contract_finds_anything(sample: Sample) -> None:
    report = check_exports([sample.folder])
    assert sum(account.rows_loaded for account in report.files) == sum(account.rows_read for account in report.files)
    # Side effects of an area that the session does not have are linked to its first record, and counted.
    assert {(warning.file, warning.line, warning.column) for warning in report.warnings} == {
        ("side_effects.csv", None, "area")
    }


def test_patients_and_treatments_belong_together(sample: Sample) -> None:
    assert set(sample.treatments.patient_id) == set(sample.patients.patient_id)
    numbers = sample.treatments.treatment_id.str.removeprefix("SYN-T").astype(int)
    assert numbers.tolist() == list(range(1, TREATMENTS + 1))
    in_order = sample.treatments.sort_values(["patient_id", "treated_on"], kind="stable")
    assert in_order.index.tolist() == sample.treatments.index.tolist()


@pytest.mark.parametrize("table", ["follow_ups", "side_effects"])
def test_every_row_links_to_a_treatment_on_or_before_its_day(sample: Sample, table: str) -> None:
    rows: pd.DataFrame = getattr(sample, table)
    day = "followed_up_on" if table == "follow_ups" else "onset_on"
    assert rows.treated_on.notna().all()
    assert (rows.treated_on <= rows[day]).all()
    written = read(sample.folder, table)
    assert ((written.treatment_id != "") ^ (written.patient_id != "")).all()
    assert 0.03 < (written.treatment_id == "").mean() < 0.8


def test_side_effects_name_an_area_only_where_it_finds_the_record(sample: Sample) -> None:
    by_patient = read(sample.folder, "side_effects").query("treatment_id == ''").side_effect_id
    rows = sample.side_effects[sample.side_effects.side_effect_id.isin(by_patient)]
    areas = rows.merge(sample.treatments[["treatment_id", "area"]], on="treatment_id", suffixes=("", "_of_record"))
    named = areas[areas.area != ""]
    assert 0 < len(named) < len(areas)
    assert (named.area == named.area_of_record).all()


def test_the_days_of_a_side_effect_are_in_order(sample: Sample) -> None:
    rows = sample.side_effects
    for end in ("resolved_on", "resolved_by", "last_present_on"):
        assert (rows[end].isna() | (rows[end] >= rows.onset_on)).all()
    assert not (rows.resolved_on.notna() & rows.resolved_by.notna()).any()
    both = rows.dropna(subset=["resolved_by", "last_present_on"])
    assert len(both)
    assert (both.last_present_on < both.resolved_by).all()
    both = rows.dropna(subset=["resolved_on", "last_present_on"])
    assert len(both)
    assert (both.last_present_on < both.resolved_on).all()


def test_ends_are_known_seen_or_neither(sample: Sample) -> None:
    rows = sample.side_effects
    neither = rows.resolved_on.isna() & rows.resolved_by.isna()
    assert 0.3 < rows.resolved_on.notna().mean() < 0.55
    assert 0.3 < rows.resolved_by.notna().mean() < 0.6
    assert 0.05 < neither.mean() < 0.2
    assert (neither & rows.last_present_on.notna()).any()
    assert (neither & rows.last_present_on.isna()).any()


# --- Calibration -----------------------------------------------------------------------------------------------


def rate(sample: Sample, evaluable: pd.DataFrame, unit: list[str], kind: str, area: str, effect: str) -> float:
    """The share of evaluable units (of a type, and of an area where one is given) with the effect."""
    chosen = evaluable[evaluable.is_evaluable & (evaluable.treatment_type == kind)]
    if area:
        chosen = chosen[chosen.area == area]
    hit = sample.side_effects[sample.side_effects.effect == effect].treatment_id
    affected = chosen[chosen.treatment_id.isin(hit)].drop_duplicates(unit)
    return len(affected) / len(chosen.drop_duplicates(unit))


SESSION, RECORD = ["patient_id", "treated_on"], ["treatment_id"]


@pytest.mark.parametrize(
    ("kind", "area", "effect", "unit", "low", "high", "published"),
    [
        ("neuromodulator", "", "headache", SESSION, 4.0, 6.5, "5-6 % of patients, DAXXIFY label"),
        ("neuromodulator", "", "pain", SESSION, 3.2, 5.2, "4 %, DAXXIFY label, SAKURA 3"),
        ("neuromodulator", "", "redness", SESSION, 2.2, 3.8, "3 %, DAXXIFY label, SAKURA 3"),
        ("neuromodulator", "", "swelling", SESSION, 2.2, 3.8, "3 %, DAXXIFY label, SAKURA 3"),
        ("neuromodulator", "glabella", "bruising", RECORD, 0.7, 1.8, "1 %, DAXXIFY label, SAKURA 3"),
        ("neuromodulator", "glabella", "ptosis", RECORD, 0.9, 2.2, "0.9 % of treatments, Green 2020, to 2 %, label"),
        ("dermal_filler", "nasolabial", "swelling", RECORD, 29.0, 40.0, "34 %, PMC8481177"),
        ("dermal_filler", "nasolabial", "bruising", RECORD, 24.5, 34.0, "29 %, PMC8481177"),
        ("dermal_filler", "lips", "swelling", RECORD, 52.0, 64.0, "58 %, randomised lip study"),
        ("dermal_filler", "lips", "bruising", RECORD, 39.0, 50.0, "44 %, randomised lip study"),
        ("dermal_filler", "", "nodule", SESSION, 0.3, 0.9, "0.5 % of treatments, Beleznay 2015"),
        ("fat_transfer", "", "asymmetry", SESSION, 0.4, 3.2, "1.62 %, review of 2018"),
    ],
)
def test_rates_lie_near_the_published(
    sample: Sample,
    evaluable: pd.DataFrame,
    kind: str,
    area: str,
    effect: str,
    unit: list[str],
    low: float,
    high: float,
    published: str,
) -> None:
    assert low <= 100 * rate(sample, evaluable, unit, kind, area, effect) <= high, published


def days_to_resolution(sample: Sample, effect: str) -> pd.Series[int]:
    rows = sample.side_effects[(sample.side_effects.effect == effect) & sample.side_effects.resolved_on.notna()]
    return (rows.resolved_on - rows.onset_on).dt.days


def test_durations_lie_near_the_published(sample: Sample) -> None:
    ptosis = days_to_resolution(sample, "ptosis")  # published: 3-6 weeks
    assert 21 <= ptosis.median() <= 42
    local = pd.concat([days_to_resolution(sample, effect) for effect in ("bruising", "swelling")])
    assert 4 <= local.mean() <= 7.5  # published: 5.5 days, BMC Dermatol 2009
    assert local.quantile(0.95) <= 18  # published: mostly within 14 days, PMC4482214
    nodules = sample.side_effects.query("effect == 'nodule'").merge(
        sample.treatments[["treatment_id", "treatment_type"]], on="treatment_id"
    )
    nodules = nodules[nodules.treatment_type == "dermal_filler"]
    assert 60 <= (nodules.onset_on - nodules.treated_on).dt.days.median() <= 150  # published: 4 months


def test_cannulas_bruise_less_than_needles(sample: Sample, evaluable: pd.DataFrame) -> None:
    filler = evaluable[evaluable.is_evaluable & (evaluable.treatment_type == "dermal_filler")]
    bruised = filler.treatment_id.isin(sample.side_effects.query("effect == 'bruising'").treatment_id)
    by_technique = bruised.groupby(filler.technique).mean()
    assert by_technique["cannula"] < 0.75 * by_technique["needle"]


@pytest.mark.parametrize(
    ("kind", "touch_up_window", "low", "high"),
    [("neuromodulator", 28, 115, 150), ("dermal_filler", 42, 250, 420), ("skincare", 0, 35, 49)],
)
def test_patients_return_after_the_intended_interval(
    sample: Sample, kind: str, touch_up_window: int, low: int, high: int
) -> None:
    sessions = sample.treatments.query("treatment_type == @kind").drop_duplicates(SESSION)
    after = sessions.groupby("patient_id").treated_on.diff().dt.days
    assert touch_up_window == 0 or 0.04 < (after <= touch_up_window).mean() < 0.2
    starts = sessions[~(after <= touch_up_window)]
    # Courses that began two years before the cut-off: nearly all who return have.
    intervals = -starts.groupby("patient_id").treated_on.diff(-1).dt.days
    early = intervals[starts.treated_on < pd.Timestamp(CUT_OFF) - pd.Timedelta(days=730)]
    assert low <= early.median() <= high
    assert 0.1 < early.isna().mean() < 0.5  # never returned


def test_about_a_third_as_many_side_effects_as_treatment_records(sample: Sample) -> None:
    assert 0.28 <= len(sample.side_effects) / TREATMENTS <= 0.38


def test_follow_up_differs_by_practitioner(evaluable: pd.DataFrame) -> None:
    sessions = evaluable[evaluable.practitioner != ""].drop_duplicates(SESSION)
    assert 0.55 <= sessions.is_evaluable.mean() <= 0.70
    completeness = sessions.groupby("practitioner").is_evaluable.mean().sort_values()
    assert len(completeness) == 11
    assert completeness.iloc[1] < 0.48
    assert completeness.iloc[2] > 0.55


def test_some_patients_bruise_more(sample: Sample) -> None:
    filler = sample.treatments.query("treatment_type == 'dermal_filler'")
    bruises = sample.side_effects.query("effect == 'bruising'")
    bruised = filler.treatment_id.isin(bruises.treatment_id)
    by_patient = bruised.groupby(filler.patient_id).agg(["sum", "size"])
    several = by_patient[by_patient["size"] >= 4]
    share = several["sum"].sum() / several["size"].sum()
    spread = ((several["sum"] - share * several["size"]) ** 2).sum() / (share * (1 - share) * several["size"]).sum()
    assert spread > 1.2  # 1 without frailty


def test_results_fade_as_published(sample: Sample) -> None:
    rows = sample.follow_ups.merge(sample.treatments.drop_duplicates(SESSION)[[*SESSION, "treatment_type"]], on=SESSION)
    days = (rows.followed_up_on - rows.treated_on).dt.days
    improved = (rows.gais <= 3).where(rows.gais.notna())
    filler = rows.treatment_type == "dermal_filler"
    assert 0.93 <= improved[filler & days.between(30, 119)].mean() <= 0.99  # published: 97 % at week 8
    assert 0.74 <= improved[filler & days.between(150, 209)].mean() <= 0.93  # published: 74 % (lips) to 92.8 % (cheek)
    assert rows.asymmetry.notna().any()
