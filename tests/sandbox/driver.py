"""Many statements in one child with its walls up and no statement check: what each gave, a line of JSON each."""

from __future__ import annotations

import json
import sys

from dashboard.sandbox.child import Request, answer, prepared


def main() -> None:
    request = Request(**json.loads(sys.stdin.buffer.readline()))
    statements = json.loads(sys.stdin.buffer.readline())
    connection = prepared(request, sys.stdin.buffer)
    for statement in statements:
        told, rows = answer(statement, request, connection)
        found = [column.to_string(window=2_000) for column in rows.columns] if rows is not None else ""
        print(json.dumps({"told": told, "found": str(found)}), flush=True)


if __name__ == "__main__":
    main()
