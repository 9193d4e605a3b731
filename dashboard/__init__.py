"""A snapshot becomes tables, charts, pages and files.

filters.py     what is selected: one frozen value
request.py     what is asked of a snapshot: one value for pages, commands, scripts and manifests
store/         a snapshot opened read-only: measures, records, definitions
measures/      from the counts of a measure's SQL to its figures
changes.py     which figures and signals differ between two snapshots
privacy.py     which small numbers, and what would give them away, do not leave
statistics/    estimators over counts
charts/        one function per measure: table -> figure
ui/            what all pages share
pages/         sentences and sections
export.py      tables as files; bundle.py: several of them with all that is needed to make them again;
               dictionary.py: what their columns mean; handout.py: the page that a patient takes home;
               patient_summary.py: everything about one person on one page
cli/           the command `outcomes`; ending.py: how each of its commands ends
"""
