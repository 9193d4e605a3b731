"""The pages in reading order, by the sections of the menu. A page has a TITLE, a URL_PATH and `render(filters)`."""

from dashboard.pages import (
    audit,
    compare,
    data,
    face_map,
    healing_clock,
    maintenance,
    overview,
    patients,
    records,
    results,
    side_effects,
    sql,
    time_to_resolution,
    watch,
    what_changed,
)

SECTIONS = {
    "": (overview,),
    "Outcomes": (side_effects, time_to_resolution, maintenance, results),
    "Explore": (compare, face_map),
    "For a patient": (patients, healing_clock),
    "Monitor": (watch, what_changed),
    "Data": (records, sql, data, audit),
}
PAGES = tuple(page for pages in SECTIONS.values() for page in pages)
