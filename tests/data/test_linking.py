"""A follow-up or side effect belongs to the record it names, else to the patient's latest session by its date."""

from __future__ import annotations

from tests.data.conftest import Practice, reasons


def follow_up_links(practice: Practice) -> list[tuple[str, str]]:
    return list(
        practice.rows(
            "select follow_up_id, treatments.treatment_id from follow_up_links "
            "join follow_ups using (follow_up_no) join treatments using (treatment_no) order by all"
        )
    )


def side_effect_links(practice: Practice) -> list[tuple[str, str]]:
    return list(
        practice.rows(
            "select side_effect_id, treatments.treatment_id from side_effect_links "
            "join side_effects using (side_effect_no) join treatments using (treatment_no) order by all"
        )
    )


def test_a_follow_up_of_a_patient_belongs_to_every_record_of_the_latest_session(practice: Practice) -> None:
    practice.write(
        "follow_ups.csv",
        "follow_up_id,treatment_id,patient_id,followed_up_on\n"
        "named,T1,,2024-06-01\nlate,,P1,2024-05-09\nsame_day,,P1,2024-05-10\nfirst_day,,P1,2024-01-10\n"
        "early,,P1,2024-01-09\nnobody,,P9,2024-06-01\n",
    )
    report = practice.imports()
    assert follow_up_links(practice) == [
        ("first_day", "T1"),
        ("first_day", "T2"),
        ("late", "T1"),
        ("late", "T2"),
        ("named", "T1"),
        ("same_day", "T4"),
    ]
    assert reasons(report) == [
        (6, "patient_id", "P1", "no treatment on or before 2024-01-09"),
        (7, "patient_id", "P9", "no treatment on or before 2024-06-01"),
    ]


def test_a_side_effect_of_a_patient_belongs_to_the_record_of_its_area(practice: Practice) -> None:
    practice.write(
        "side_effects.csv",
        "side_effect_id,patient_id,onset_on,effect,area\n"
        "in_area,P1,2024-01-12,pain,Forehead\nno_area,P1,2024-01-12,pain,\nother_area,P1,2024-01-12,pain,chin\n"
        "later,P1,2024-05-12,pain,glabella\nearly,P1,2024-01-01,pain,glabella\n",
    )
    report = practice.imports()
    assert side_effect_links(practice) == [
        ("in_area", "T2"),
        ("later", "T4"),
        ("no_area", "T1"),
        ("other_area", "T1"),
    ]
    assert reasons(report) == [(6, "patient_id", "P1", "no treatment on or before 2024-01-01")]
    assert [(one.line, one.column, one.value) for one in report.warnings] == [(None, "area", "2")]
    assert report.warnings[0].reason.startswith("2 rows: ")
    assert practice.rows("select warnings from imports where file = 'side_effects.csv'") == [(1,)]


def test_where_both_are_given_the_record_counts(practice: Practice) -> None:
    practice.write("follow_ups.csv", "treatment_id,patient_id,followed_up_on\nT3,P1,2024-06-01\n")
    practice.write("side_effects.csv", "treatment_id,patient_id,onset_on,effect\nT3,P1,2024-06-01,pain\n")
    report = practice.imports()
    assert [link for _, link in follow_up_links(practice)] == ["T3"]
    assert [link for _, link in side_effect_links(practice)] == ["T3"]
    assert {(one.file, one.line, one.column, one.value, one.reason) for one in report.warnings} == {
        (file, 2, "patient_id", "P1", "treatment record 'T3' is of patient 'P2', who counts")
        for file in ("follow_ups.csv", "side_effects.csv")
    }


def test_a_follow_up_before_the_record_that_it_names_is_rejected(practice: Practice) -> None:
    practice.write("follow_ups.csv", "treatment_id,followed_up_on\nT1,2024-01-09\nT1,2024-01-10\n")
    report = practice.imports()
    assert reasons(report) == [(2, "followed_up_on", "2024-01-09", "before its treatment on 2024-01-10")]


def test_a_follow_up_is_linked_to_a_treatment_of_an_earlier_import(practice: Practice) -> None:
    practice.imports()
    practice.exports.joinpath("treatments.csv").unlink()
    practice.write("follow_ups.csv", "follow_up_id,patient_id,followed_up_on\nF1,P1,2024-06-01\n")
    practice.imports()
    assert follow_up_links(practice) == [("F1", "T4")]


def test_links_are_derived_again_when_a_session_is_added(practice: Practice) -> None:
    practice.write("follow_ups.csv", "follow_up_id,patient_id,followed_up_on\nF1,P2,2024-06-01\n")
    practice.imports()
    assert follow_up_links(practice) == [("F1", "T3")]
    practice.write("treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT5,P2,2024-05-30,skincare\n")
    practice.imports()
    assert follow_up_links(practice) == [("F1", "T5")]


def test_a_record_that_loses_its_treatment_is_rejected_and_not_forgotten(practice: Practice) -> None:
    """T3 moves to a day after its follow-up: the follow-up cannot stay, and its text is kept."""
    practice.write("follow_ups.csv", "follow_up_id,treatment_id,followed_up_on\nF1,T3,2024-02-10\n")
    practice.imports()
    practice.exports.joinpath("follow_ups.csv").unlink()
    practice.write(
        "treatments.csv", "treatment_id,patient_id,treated_on,treatment_type\nT3,P2,2024-03-01,dermal_filler\n"
    )
    report = practice.imports()
    assert practice.rows("select count(*) from follow_ups") == [(0,)]
    assert [(one.file, one.line, one.reason) for one in report.rejects] == [
        ("(earlier import)", None, "before its treatment on 2024-03-01")
    ]
    assert "F1" in str(report.rejects[0].raw)
    assert report.files[0].rows_replaced == 1
