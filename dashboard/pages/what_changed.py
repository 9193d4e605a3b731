"""For the owner: what is new, edited or gone since an earlier snapshot, and which signals and figures changed."""

from dashboard.filters import Filters
from dashboard.ui import cache
from dashboard.ui.awaiting import drawn
from dashboard.ui.changes.choosing import earlier_snapshot
from dashboard.ui.changes.comparing import known
from dashboard.ui.changes.figures import figures_that_moved
from dashboard.ui.changes.quality import data_quality
from dashboard.ui.changes.records import records_changed
from dashboard.ui.changes.signals import signals_changed
from dashboard.ui.changes.summing_up import summary
from dashboard.ui.heading import heading, told_of_engine

TITLE = "What changed"
URL_PATH = "what-changed"


def render(filters: Filters) -> None:
    if not heading(TITLE, "What is new, edited or gone since an earlier snapshot, and which figures moved.", filters):
        return
    if told_of_engine("What is shared is what it is now: earlier snapshots stay with their source."):
        return
    earlier = earlier_snapshot()
    if earlier is None:
        return
    cache.change_counts(earlier, "record_changes")  # at once, and before anything else; or refused

    def draw() -> bool:
        by_now = known(earlier, filters)
        summary(earlier, by_now)
        signals_changed(by_now.signals, earlier, filters)
        figures_that_moved(by_now.figures, earlier, filters)
        records_changed(earlier)
        data_quality(earlier, filters, by_now.figures.get("follow_up_completeness"))
        return not by_now.is_complete

    drawn(draw, not known(earlier, filters).is_complete)
