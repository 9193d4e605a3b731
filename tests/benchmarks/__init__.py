"""Measurements that are no tests: one command runs them all, and none is part of the test run.

    uv run --group benchmarks python -m tests.benchmarks --json figures.json

Each is a module with one function, `measure(samples) -> Findings`; its docstring says what is measured, and how.

measures.py       the three headline measures, against a bare scan of the columns that they need
libraries.py      rates and curves, against statsmodels, scipy, pandas, polars, lifelines and R, on the same rows
imports.py        an import, against a bare read_csv
pages.py          a page in Chromium, against a bare Streamlit page
reruns.py         bytes and processor of a page's rerun, against an empty app
start.py          from the command to the first drawn chart, against `streamlit hello`
downloads.py      a download, against COPY
sessions.py       many sessions at once
memory.py         the server's memory over many sessions
meanwhile.py      one session while others ask for what takes long
snapshot_size.py  a snapshot's size, against gzip of its exports

findings.py has tables, figures and goals; samples.py what is measured; commands.py and serving.py
the processes, machine.py where it all ran; readme.py prints a run for the README.
"""
