"""One selection, four languages: it must survive the way to a link, to options and back, and say itself in words."""

from __future__ import annotations

import datetime
from dataclasses import fields

import pytest

import queries
from dashboard.filters import BOUND_FILTERS, VALUE_FILTERS, FilterError, Filters

EVERYTHING = Filters(
    treated_from=datetime.date(2024, 1, 1),
    treated_to=datetime.date(2024, 12, 31),
    dose_from=0.5,
    dose_to=20.0,
    **{column: ("", f"a {column}", "b=c&d, 'é") for column in VALUE_FILTERS},
)


@pytest.mark.parametrize("filters", [Filters(), EVERYTHING, Filters(product=("",))])
def test_filters_survive_a_link(filters: Filters) -> None:
    assert Filters.from_query(filters.to_query()) == filters


def test_the_order_in_which_values_are_chosen_makes_no_other_selection() -> None:
    assert Filters(area=("lips", "chin", "lips")) == Filters(area=("chin", "lips"))
    assert hash(Filters(area=("lips", "chin"))) == hash(Filters(area=("chin", "lips")))


def test_every_field_is_a_filter_that_the_sql_knows() -> None:
    sql = queries.read("cohort") + queries.read("cohort_side_effects")
    for field in fields(Filters):
        assert field.name in (*BOUND_FILTERS, *VALUE_FILTERS)
        assert f"filters['{field.name}']" in sql


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"treated_from": ["yesterday"]}, "treated_from is 'yesterday', which is not a date such as 2025-06-30"),
        ({"dose_to": ["much"]}, "dose_to is 'much', which is not a number"),
        ({"treated_from": ["2025-01-02"], "treated_to": ["2025-01-01"]}, "before it begins"),
        ({"dose_from": ["3"], "dose_to": ["2"]}, "before it begins"),
    ],
)
def test_a_link_that_makes_no_sense_is_an_error(query: dict[str, list[str]], said: str) -> None:
    with pytest.raises(FilterError, match=said):
        Filters.from_query(query)


def test_an_unknown_column_is_an_error_that_lists_what_there_is() -> None:
    with pytest.raises(FilterError, match=r"'colour'.*treatment_type, product"):
        Filters.of([("colour", "red")])


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(), "all treatment records"),
        (Filters(treated_from=datetime.date(2024, 1, 1)), "treated from 1 January 2024 on"),
        (
            Filters(treated_to=datetime.date(2024, 12, 31), area=("lips", "chin"), product=("",)),
            "treated up to 31 December 2024; product not recorded; area chin or lips",
        ),
        (Filters(dose_from=2.5), "dose 2.5 or more"),
    ],
)
def test_filters_say_themselves_in_words(filters: Filters, words: str) -> None:
    assert filters.describe() == words
