"""The figures that R's survival package gave; survival_reference.R says for what, and made the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

REFERENCE: dict[str, Any] = json.loads(Path(__file__).with_name("survival_reference.json").read_text())
