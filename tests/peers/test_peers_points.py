"""docs/differences.md says what is so: our column always, a peer's if it is installed."""

from __future__ import annotations

import importlib.metadata

import pytest

from peers import document
from peers.frameworks import FRAMEWORKS, Ours
from peers.points import measured

PAGE = document.PAGE.read_text(encoding="utf-8")
OTHERS = [name for name in FRAMEWORKS if name != "autograd_lite"]


@pytest.fixture(scope="module")
def ours():
    return measured(Ours())


@pytest.mark.parametrize("kind", document.TABLES)
def test_our_column_is_what_we_give(kind, ours):
    _, cells = document.column(kind, "autograd_lite", PAGE)
    labels = [row[0] for row in document.table_of(kind, PAGE)[1:]]
    assert labels == [point.label for point in document.TABLES[kind]]
    assert dict(zip(labels, cells, strict=True)) == dict(zip(labels, ours[kind], strict=True))


@pytest.mark.slow
@pytest.mark.peers
@pytest.mark.parametrize("name", OTHERS)
def test_a_peers_column_is_what_it_gives(name):
    title = FRAMEWORKS[name].title
    heading, _ = document.column("values", title, PAGE)
    try:
        installed = importlib.metadata.version(name).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    if heading != f"{title} {installed}":
        pytest.skip(f"the table is of {heading}, and {installed} is installed")
    told = document.ask(name)
    for kind in document.TABLES:
        assert document.column(kind, title, PAGE)[1] == told[kind]
