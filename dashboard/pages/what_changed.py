"""For the owner: what is new, edited or gone since an earlier snapshot, and which figures moved."""

from dashboard.filters import Filters
from dashboard.ui import cache
from dashboard.ui.awaiting import drawn
from dashboard.ui.changes.choosing import earlier_snapshot
from dashboard.ui.changes.figures import figures_that_moved, headlines
from dashboard.ui.changes.quality import data_quality
from dashboard.ui.changes.records import records_changed
from dashboard.ui.changes.summing_up import summary
from dashboard.ui.heading import heading

TITLE = "What changed"
URL_PATH = "what-changed"


def render(filters: Filters) -> None:
    if not heading(TITLE, "What is new, edited or gone since an earlier snapshot, and which figures moved.", filters):
        return
    earlier = earlier_snapshot()
    if earlier is None:
        return
    cache.changes(earlier)  # whoever may not see single patients is told so here

    def figures() -> bool:
        compared = headlines(earlier, filters)
        summary(earlier, compared)
        figures_that_moved(compared)
        return any(one.is_awaited for one in compared)

    drawn(figures, any(one.is_awaited for one in headlines(earlier, filters)))
    records_changed(earlier)
    data_quality(earlier, filters)
