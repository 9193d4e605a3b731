"""What was measured on, and with."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.commands import ROOT

PACKAGES = ("duckdb", "streamlit", "pandas", "numpy", "pyarrow", "plotly")


def machine() -> dict[str, str | int]:
    """The processor, how many may be used, memory in MB, the system."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    return {
        "processor": next((line.partition(":")[2].strip() for line in told if "model name" in line), "unknown"),
        "processors": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    return {"Python": platform.python_version(), **{package: version(package) for package in PACKAGES}}


def commit() -> str:
    """The state of the project, with a + where files are changed."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--abbrev=10"]
    told = subprocess.run(git, capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"
