"""Bringing in records, step by step; nothing here reads an upload, child processes do (dashboard/jobs.py).

draft      what one session has dropped in and answered so far
dropping   files are dropped in, or found waiting
watching   a job's progress, and what to do where it failed
files      step 1: what each file is taken for
columns    step 2: which column is which
values     step 3: treatments, days and other values, as they will be read
checking   step 4: ten rows before and after, the account, the rejected rows; then "Import" or "Not yet"
done       what an import did, and where to go from there
"""

from dashboard.ui.importing.steps import bring_in

__all__ = ["bring_in"]
