"""The report: what an owner hands on, of one selection of one snapshot, to be read without the dashboard.

content.py  what a report is: sections of sentences, figures, pictures and tables, all as text
making.py   a snapshot and a selection become a report
as_html.py  a report as one page that needs nothing else
as_pdf.py   the same report as a PDF, set by report.typ
"""

from dashboard.report.as_html import to_html
from dashboard.report.as_pdf import to_pdf
from dashboard.report.content import Report
from dashboard.report.making import Asked, check_compared, make_report

__all__ = ["Asked", "Report", "check_compared", "make_report", "to_html", "to_pdf"]
