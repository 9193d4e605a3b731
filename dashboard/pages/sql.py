"""For the analyst: one SELECT over the records and every measure, its answer as a table, a chart and a file."""

import streamlit as st

from dashboard.access import may_use_sql
from dashboard.filters import Filters
from dashboard.ui import sql
from dashboard.ui.heading import heading, told_of_engine, told_of_records

TITLE = "SQL"
URL_PATH = "sql"
IS_OF_PATIENTS = True
MAY_OPEN = may_use_sql


def render(filters: Filters) -> None:
    heading(TITLE, "One SELECT over the records and every measure. It reads a copy, and can change nothing.", Filters())
    if told_of_engine("SQL is run over a copy of one snapshot."):
        return
    if not filters.is_empty:
        st.caption("No filter cuts what SQL reads: a query says itself what it selects, with a where.")
    told_of_records()
    beside, tables = st.columns([2, 1], gap="large")
    with beside:
        sql.query()
    with tables:
        sql.tables()
    sql.answer()
