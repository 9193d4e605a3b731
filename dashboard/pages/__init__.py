"""The pages in reading order. A page has a TITLE, a URL_PATH and `render(filters)`: sentences and sections."""

from dashboard.pages import (
    data,
    healing_clock,
    maintenance,
    overview,
    patients,
    records,
    side_effects,
    time_to_resolution,
)

PAGES = (overview, side_effects, time_to_resolution, healing_clock, maintenance, patients, records, data)
