# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "lifelines==0.30.3", "autograd==1.9.1", "autograd-gamma==0.5.0", "formulaic==1.2.2", "matplotlib==3.11.2",
#     "numpy==2.4.6", "pandas==2.3.3", "scipy==1.17.1",
# ]
# ///
"""The fastest Python library for curves at work on the rows that it is given; see libraries.py.

It needs a pandas before 3, so it is run by `uv run --script`, in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

folder = Path(sys.argv[1])
kind, day, is_event = (
    np.fromfile(folder / f"intervals-{name}", dtype=np.int32) for name in ("kind", "day", "is_event")
)
KaplanMeierFitter().fit([1, 2, 3], [1, 1, 0])  # what it does once is done

began = time.perf_counter()
curves = [KaplanMeierFitter().fit(day[kind == each], is_event[kind == each]) for each in np.unique(kind)]
test = multivariate_logrank_test(day, kind, is_event)
seconds = time.perf_counter() - began

figures: dict[str, list[float | None]] = {"share": [], "low": [], "high": [], "chi2": [float(test.test_statistic)]}
for curve in curves:
    has_event = (curve.event_table["observed"] > 0).to_numpy()
    limits = curve.confidence_interval_.to_numpy()
    columns = {"share": curve.survival_function_.iloc[:, 0].to_numpy(), "low": limits[:, 0], "high": limits[:, 1]}
    for name, values in columns.items():
        figures[name] += [None if np.isnan(value) else float(value) for value in values[has_event]]
sys.stdout.write(json.dumps({"seconds": {"intervals": seconds}, "intervals": figures}))
