"""The face map: a place for every area, and markers that say what the naive implementation counts."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from typing import Any

import pytest

import data
from dashboard.charts.face import MOST_BESIDE, PLACES, maintenance_summary_face, results_face, side_effect_rates_face
from dashboard.charts.head import BOTTOM, TOP
from dashboard.charts.style import DARK, LIGHT, SMALL, Figure
from dashboard.store import open_snapshot
from tests import oracle
from tests.conftest import RandomSnapshot, SnapshotOf, import_once
from tests.drawing import Exports, on

SIDES = ("left", "right", "both", "midline", None)
IN_WORDS = {"left": "left", "right": "right", "both": "both sides", "midline": "midline", "": "side not recorded"}


def treated(area: str | None, side: str | None, n: int, affected: int) -> tuple[list[dict[str, Any]], ...]:
    """So many patients treated there and followed up, the first of them affected, each back after 100 days."""
    who = [f"{area}-{side}-{i}" for i in range(n)]
    first = {"treated_on": on(0), "treatment_type": "neuromodulator", "area": area, "side": side}
    treatments = [{**first, "treatment_id": f"{one}-0", "patient_id": one} for one in who]
    treatments += [{**row, "treatment_id": f"{row['patient_id']}-1", "treated_on": on(100)} for row in treatments]
    follow_ups = [{"treatment_id": row["treatment_id"], "followed_up_on": on(110)} for row in treatments]
    side_effects = [{"treatment_id": f"{one}-0", "effect": "bruising", "onset_on": on(1)} for one in who[:affected]]
    return treatments, follow_ups, side_effects


def exports_of(*parts: tuple[list[dict[str, Any]], ...]) -> Exports:
    treatments, follow_ups, side_effects = (list(itertools.chain(*tables)) for tables in zip(*parts, strict=True))
    return Exports(treatments, [], follow_ups, side_effects)


EVERYWHERE = exports_of(*(treated(area, side, 2, 1) for area in (*PLACES, "earlobe", None) for side in SIDES))
SIZES = exports_of(treated("lips", "both", SMALL, 10), treated("chin", "midline", SMALL - 1, 9))


def trace(drawn: Figure, name: str) -> Figure:
    return next(each for each in drawn["data"] if each.get("name") == name)


def told(hover: str) -> tuple[str, int, int]:
    """Name, affected and evaluable as the pointer is told them."""
    name, _, counted, _ = hover.split("<br>")
    affected, evaluable = re.findall(r"[\d,]+", counted)
    return re.sub("</?b>", "", name), int(affected.replace(",", "")), int(evaluable.replace(",", ""))


def test_every_area_of_the_contract_has_a_place_of_its_own_on_the_drawing() -> None:
    contract = (Path(data.__file__).parent / "README.md").read_text()
    row = next(line for line in contract.splitlines() if line.startswith("| `area`"))
    assert set(PLACES) == set(re.findall("`([a-z_]+)`", row)) - {"area"}
    points = [point for place in PLACES.values() for point in (place.left, place.both, place.midline)]
    assert all(0 <= x < 0.8 and BOTTOM < y < TOP for x, y in points)
    shown = [place.left if place.is_paired else place.midline for place in PLACES.values()]
    assert all(math.dist(one, other) > 0.15 for one, other in itertools.combinations(shown, 2))


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_each_area_and_side_stands_where_it_is(snapshot_of: SnapshotOf, look: Any) -> None:
    rates = snapshot_of(EVERYWHERE).measure("side_effect_rates", by=("area", "side"))
    areas = trace(side_effect_rates_face(rates, look, ("area", "side")), "areas")
    for area, place in PLACES.items():
        name = look.name("area", area)
        points = {
            side: [
                (x, y)
                for x, y, hover in zip(areas["x"], areas["y"], areas["hovertext"], strict=True)
                if told(hover)[0] == f"{name}, {IN_WORDS[side]}" and y > BOTTOM
            ]
            for side in IN_WORDS
        }
        (x, y), (both_x, both_y) = place.left, place.both
        assert points["left"] == [(x, y)]
        assert points["right"] == [(-x, y)], "the patient's right is on the left of who looks"
        assert sorted(points["both"]) == [(-both_x, both_y), (both_x, both_y)]
        assert points["midline"] == [place.midline]
        assert points[""] == []
    named = [told(hover)[0] for hover in areas["hovertext"]]
    assert named.count("Earlobe, left") == named.count("Lips, side not recorded") == 1
    assert named.count("Area not recorded, both sides") == 1


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("by", [("area",), ("area", "side")], ids="-".join)
def test_markers_are_what_the_naive_implementation_counts(
    seed: int, by: tuple[str, ...], random_snapshot: RandomSnapshot
) -> None:
    exports, store = random_snapshot(seed)
    for effect in ("any", "bruising"):
        expected = {}
        for row in oracle.side_effect_rates(exports, {}, by):
            if row["effect"] == effect:
                area = LIGHT.name("area", row["area"]) if row["area"] else "Area not recorded"
                name = f"{area}, {IN_WORDS[row['side']]}" if "side" in by else area
                expected[name] = (row["affected"], row["evaluable"])
        drawn = side_effect_rates_face(store.measure("side_effect_rates", by=by), LIGHT, by, effect)
        said = [told(hover) for hover in trace(drawn, "areas")["hovertext"]]
        assert {name: counts for name, *counts in said} == {name: list(counts) for name, counts in expected.items()}
        labels = dict(zip(trace(drawn, "labels")["hovertext"], trace(drawn, "labels")["text"], strict=True))
        assert all("{:,}/{:,}".format(*told(hover)[1:]) in label for hover, label in labels.items())
        assert {told(hover)[0] for hover in labels} == set(expected)


def test_few_are_grey_and_hollow_and_many_are_larger_and_darker(snapshot_of: SnapshotOf) -> None:
    drawn = side_effect_rates_face(snapshot_of(SIZES).measure("side_effect_rates", by=("area",), unit="patient"))
    areas = trace(drawn, "areas")
    marks = {
        area: (size, fill, line)
        for area, size, fill, line in zip(
            areas["customdata"],
            areas["marker"]["size"],
            areas["marker"]["color"],
            areas["marker"]["line"]["color"],
            strict=True,
        )
    }
    assert marks["chin"][1:] == (LIGHT.ground, LIGHT.quiet)
    assert marks["lips"][1:] == (LIGHT.accent, LIGHT.accent)
    assert marks["lips"][0] > marks["chin"][0]
    assert any("fewer than 20" in note["text"] for note in drawn["layout"]["annotations"])


def test_only_so_many_are_listed_and_the_rest_are_counted(snapshot_of: SnapshotOf) -> None:
    own = exports_of(*(treated(f"spot {i}", None, 1 + (i == 7), 0) for i in range(MOST_BESIDE + 3)))
    drawn = side_effect_rates_face(snapshot_of(own).measure("side_effect_rates", by=("area",)))
    listed = trace(drawn, "areas")["customdata"]
    assert len(listed) == MOST_BESIDE
    assert listed[0] == "spot 7"
    assert "and 3 more, in the table" in [note["text"] for note in drawn["layout"]["annotations"]]


def test_intervals_are_medians_with_their_n(snapshot_of: SnapshotOf) -> None:
    drawn = maintenance_summary_face(snapshot_of(SIZES).measure("maintenance_summary", by=("area",)))
    labels = dict(zip(trace(drawn, "labels")["customdata"], trace(drawn, "labels")["text"], strict=True))
    assert labels["lips"].replace("\u00a0", " ") == "Lips<br><b>100 days</b>  n 20"
    assert labels["chin"].replace("\u00a0", " ") == "Chin<br><b>100 days</b>  n 19"


@pytest.mark.parametrize("by", [("area",), ("area", "side")], ids="-".join)
def test_asymmetry_is_the_mean_change_and_darker_is_more_symmetrical(
    by: tuple[str, ...], random_snapshot: RandomSnapshot
) -> None:
    exports, store = random_snapshot(3)
    rows = [row for row in oracle.results(exports, {}, by) if row["outcome"] == "asymmetry_change"]
    expected = {}
    for row in rows:
        area = LIGHT.name("area", row["area"]) if row["area"] else "Area not recorded"
        value = None if row["value"] is None else round(row["value"], 2)
        expected[f"{area}, {IN_WORDS[row['side']]}" if "side" in by else area] = (value, row["recorded"])
    assert any(value for value, _ in expected.values())
    areas = trace(results_face(store.measure("results", by=by), LIGHT, by), "areas")
    said = {}
    for hover in areas["hovertext"]:
        name, mean, counted, _ = hover.split("<br>")
        value = re.match("[+−][0-9.]+|0(?=\u00a0)|–", mean)
        assert value, mean
        number = None if value[0] == "–" else float(value[0].replace("−", "-"))
        said[re.sub("</?b>", "", name)] = (number, int(re.findall(r"\d+", counted)[0]))
    assert said == expected


def test_suppressed_numbers_are_said_to_be(snapshot_of: SnapshotOf, tmp_path: Path) -> None:
    import_once(SIZES, tmp_path)
    rates = open_snapshot(tmp_path / "outcomes.json", suppress_below=15).measure("side_effect_rates", by=("area",))
    drawn = side_effect_rates_face(rates)
    assert rates["affected"].isna().any()
    assert any("suppressed" in text for text in trace(drawn, "labels")["text"])
    assert "nan" not in str(trace(drawn, "labels")["text"]) + str(trace(drawn, "areas"))
