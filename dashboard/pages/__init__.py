"""The pages in reading order. A page has a TITLE, a URL_PATH and `render(filters)`: sentences and sections."""

from dashboard.pages import (
    compare,
    data,
    healing_clock,
    maintenance,
    overview,
    records,
    side_effects,
    time_to_resolution,
)

PAGES = (overview, side_effects, time_to_resolution, healing_clock, maintenance, compare, records, data)
