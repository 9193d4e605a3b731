"""A report as a PDF, set by typst from the same content: all of it is handed over as data, none of it as markup."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dashboard.report.content import Report, Section

SETTING = Path(__file__).with_name("report.typ")
PAPERS = {"a4": "a4", "letter": "us-letter"}


def to_pdf(report: Report, paper: str = "a4") -> bytes:
    """The PDF on one of PAPERS, with tags for who listens to it; the same report is the same bytes.

    Its fonts come with the packages, none of this machine's is used, and nothing is fetched. A letter that they do not
    have is an empty box, which PDF/UA would not allow.
    """
    import font_source_sans_pro
    import typst

    told = asdict(report) | {"sections": [_section(section) for section in report.sections]}
    told["made_at"] = report.made_at.isoformat(timespec="seconds")
    pdf: bytes = typst.compile(
        SETTING.read_bytes(),
        root=SETTING.parent,
        font_paths=[font_source_sans_pro.font_directory],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(told), "paper": PAPERS[paper]},
        timestamp=report.made_at.replace(tzinfo=datetime.UTC),
    )
    return pdf


def _section(section: Section) -> dict[str, Any]:
    """The section with the kind of each part beside what it holds."""
    parts = [asdict(part) | {"part": type(part).__name__.lower()} for part in section.parts]
    return {"heading": section.heading, "parts": parts}
