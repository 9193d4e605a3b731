"""The mapping omop_5_4 on a small synthetic export in the shape of the OMOP Common Data Model 5.4."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data import ImportRefused
from tests.data.conftest import Practice
from tests.data.shipped_mappings.naive import accounts

TABLES = {
    "procedure_occurrence.csv": """
procedure_occurrence_id,person_id,procedure_concept_id,procedure_date,procedure_datetime,procedure_end_date,\
procedure_end_datetime,procedure_type_concept_id,modifier_concept_id,quantity,provider_id,visit_occurrence_id,\
visit_detail_id,procedure_source_value,procedure_source_concept_id,modifier_source_value
1,11,901,2024-01-10,2024-01-10 23:30:00,,,32817,0,1,5,21,,64612,0,LT
2,11,902,2024-05-10,,,,32817,0,1,,23,,11950,0,
3,12,0,2024-02-01,,,,32817,0,,6,24,,901,0,50
4,12,999,2024-02-01,,,,32817,0,,6,,,X,0,59
""",
    "condition_occurrence.csv": """
condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_start_datetime,\
condition_end_date,condition_end_datetime,condition_type_concept_id,condition_status_concept_id,stop_reason,\
provider_id,visit_occurrence_id,visit_detail_id,condition_source_value,condition_source_concept_id,\
condition_status_source_value
31,11,911,2024-01-12,,2024-01-20,,32817,0,Resolved,,,,R23.3,0,
32,11,911,2024-05-11,,2024-05-12,,32817,0,,,,,R23.3,0,
33,12,0,2024-02-02,,2024-02-09,,32817,0,Discharged,,,,bruise,0,
34,12,911,2024-01-31,,,,32817,0,,,,,R23.3,0,
35,12,911,2024-02-03,,,,32817,0,,,,,R23.3,0,
""",
    "visit_occurrence.csv": """
visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_start_datetime,visit_end_date,\
visit_end_datetime,visit_type_concept_id,provider_id,care_site_id,visit_source_value,visit_source_concept_id,\
admitted_from_concept_id,admitted_from_source_value,discharged_to_concept_id,discharged_to_source_value,\
preceding_visit_occurrence_id
20,11,9202,2024-01-09,,2024-01-09,,32817,5,77,,0,0,,0,,
21,11,9202,2024-01-10,,2024-01-10,,32817,5,77,,0,0,,0,,
22,11,9202,2024-01-24,,2024-01-24,,32817,5,77,,0,0,,0,,
23,11,9202,2024-05-10,,2024-05-10,,32817,5,78,,0,0,,0,,
24,12,9202,2024-02-01,,2024-02-01,,32817,5,,,0,0,,0,,
""",
    "person.csv": """
person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id,\
ethnicity_concept_id,location_id,provider_id,care_site_id,person_source_value,gender_source_value,\
gender_source_concept_id,race_source_value,race_source_concept_id,ethnicity_source_value,ethnicity_source_concept_id
11,8532,1980,,,,0,0,,,,a,F,0,,0,,0
12,8507,1990,,,,0,0,,,,b,M,0,,0,,0
13,0,1970,,,,0,0,,,,c,,0,,0,,0
""",
    "concept.csv": """
concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,valid_start_date,\
valid_end_date,invalid_reason
0,No matching concept,Metadata,None,Undefined,,No matching concept,19700101,20991231,
901,"Injection of ""toxin"", face",Procedure,SNOMED,Procedure,S,1,20020131,20991231,
902,Injection of filler,Procedure,SNOMED,Procedure,S,2,20020131,20991231,
911,Ecchymosis,Condition,SNOMED,Disorder,S,3,20020131,20991231,
""",
}


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    practice = Practice(tmp_path)
    for name, content in TABLES.items():
        practice.write(name, content)
    return practice


def test_the_tables_become_those_of_the_contract(practice: Practice) -> None:
    report = practice.imports("omop_5_4")
    assert accounts(report) == {
        ("procedure_occurrence.csv", "treatments"): (4, 4, 0, 0, 0),
        ("condition_occurrence.csv", "side_effects"): (5, 4, 0, 0, 1),
        ("visit_occurrence.csv", "follow_ups"): (5, 1, 0, 3, 1),
        ("person.csv", "patients"): (3, 3, 0, 0, 0),
    }
    assert sorted((one.file, one.line, one.reason) for one in report.rejects) == [
        ("condition_occurrence.csv", 5, "no treatment on or before 2024-01-31"),
        ("visit_occurrence.csv", 2, "no treatment on or before 2024-01-09"),
    ]
    # A concept has its name; none goes by the source's code (901 here, which is no concept's number); an unknown one
    # would go by its number, but has a code of the source as well.
    assert practice.rows(
        "select treatment_id, patient_id, treated_on, treatment_type, side, practitioner, clinic, dose from treatments "
        "order by all"
    ) == [
        ("1", "11", date(2024, 1, 10), 'Injection of "toxin", face', "left", "5", "77", None),
        ("2", "11", date(2024, 5, 10), "Injection of filler", None, None, "78", None),
        ("3", "12", date(2024, 2, 1), "901", "both", "6", None, None),
        ("4", "12", date(2024, 2, 1), "X", None, "6", None, None),
    ]
    assert practice.rows("select patient_id, birth_year, sex from patients order by all") == [
        ("11", 1980, "female"),
        ("12", 1990, "male"),
        ("13", 1970, None),
    ]
    assert practice.rows("select follow_up_id, patient_id, followed_up_on from follow_ups") == [
        ("22", "11", date(2024, 1, 24))
    ]


def test_an_end_date_is_a_resolution_only_where_the_stop_reason_says_so(practice: Practice) -> None:
    practice.imports("omop_5_4")
    assert practice.rows(
        "select side_effect_id, effect, onset_on, resolved_on, last_present_on, treated_on from side_effects "
        "join side_effect_links using (side_effect_no) join treatments using (treatment_no) order by all"
    ) == [
        ("31", "Ecchymosis", date(2024, 1, 12), date(2024, 1, 20), None, date(2024, 1, 10)),
        ("32", "Ecchymosis", date(2024, 5, 11), None, date(2024, 5, 12), date(2024, 5, 10)),
        ("33", "bruise", date(2024, 2, 2), None, date(2024, 2, 9), date(2024, 2, 1)),
        ("35", "Ecchymosis", date(2024, 2, 3), None, None, date(2024, 2, 1)),
    ]


def test_the_vocabulary_as_athena_hands_it_out(practice: Practice) -> None:
    (practice.exports / "concept.csv").unlink()
    lines = TABLES["concept.csv"].lstrip().replace('"Injection of ""toxin"", face"', 'Injection of "toxin"; face')
    practice.write("CONCEPT.csv", lines.replace(",", "\t"))
    mapping = (Path("data") / "mappings" / "omop_5_4.toml").read_text(encoding="utf-8")
    practice.imports(
        practice.mapping(mapping.replace('\nfile = "concept*.csv"', '\nfile = "concept*.csv"\nquote = ""'))
    )
    assert practice.rows("select treatment_type from treatments where treatment_id = '1'") == [
        ('Injection of "toxin"; face',)
    ]


def test_without_the_concepts_it_is_refused(practice: Practice) -> None:
    (practice.exports / "concept.csv").unlink()
    with pytest.raises(ImportRefused, match=r"lookups, [a-z]+: there is no file concept\*.csv"):
        practice.imports("omop_5_4")
