"""The tables of docs/differences.md: read, or measured anew by ``python -m peers.document``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from peers.frameworks import FRAMEWORKS
from peers.points import DERIVATIVES, VALUES, Point

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "differences.md"
TABLES: dict[str, list[Point]] = {"derivatives": DERIVATIVES, "values": VALUES}


def ask(name: str, rows: bool = False) -> dict[str, Any]:
    """What `python -m peers` tells of a framework: both columns, or what came of the rows."""
    done = subprocess.run(
        [sys.executable, "-m", "peers", name, *(["--rows"] * rows)],
        cwd=TESTS,
        env=os.environ | {"PYTHONPATH": str(TESTS.parent), "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def table_of(kind: str, page: str) -> list[list[str]]:
    """The cells of a table in the page, the heading first."""
    block = re.search(rf"<!-- {kind} -->\n((?:\|.*\n)+)", page)
    assert block, f"no table of {kind}"
    lines = [line[2:-2].split(" | ") for line in block[1].splitlines()]
    return [lines[0], *lines[2:]]


def column(kind: str, title: str, page: str) -> tuple[str, list[str]]:
    """The heading and the cells below it of the framework with that title."""
    heading, *rows = table_of(kind, page)
    i = next(i for i, cell in enumerate(heading) if cell.startswith(title))
    return heading[i], [row[i] for row in rows]


def _written(kind: str, told: dict[str, Any]) -> str:
    titles = [f"{FRAMEWORKS[name].title} {told[name]['version']}" for name in FRAMEWORKS]
    titles[0] = FRAMEWORKS["autograd_lite"].title
    rows = [["function", *titles], ["---"] * (1 + len(titles))]
    for i, point in enumerate(TABLES[kind]):
        rows.append([point.label, *(told[name][kind][i] for name in FRAMEWORKS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure all frameworks, and write both tables into the page."""
    told = {name: ask(name) for name in FRAMEWORKS}
    page = PAGE.read_text(encoding="utf-8")
    for kind in TABLES:
        table = f"<!-- {kind} -->\n{_written(kind, told)}\n"
        page = re.sub(rf"<!-- {kind} -->\n(\|.*\n)*", lambda _, t=table: t, page)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
