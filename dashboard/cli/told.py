"""The command `outcomes` with its arguments told on stdin, as a JSON list, where nobody else can read them."""

from __future__ import annotations

import json
import sys

from dashboard.cli import main

if __name__ == "__main__":
    main(json.load(sys.stdin))
