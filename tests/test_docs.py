"""What the documents show is run: Markdown blocks, docstring examples, example programs."""

import ast
import doctest
import importlib
import inspect
import math
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
import nn

ROOT = Path(__file__).parents[1]
DOCUMENTS = [p for p in (ROOT / "README.md", ROOT / "CONTRIBUTING.md") if p.exists()]
DOCUMENTS += sorted(ROOT.glob("docs/**/*.md"))
EXAMPLES = sorted(ROOT.glob("examples/[!_]*.py"))
SOURCES = [p for package in ("autograd_lite", "nn") for p in sorted((ROOT / package).rglob("*.py"))]
# What a docstring's example may use without importing it.
COMMON_NAMES = {"np": np, "ag": ag, "nn": nn}
SECONDS_FOR_AN_EXAMPLE = 120
# Empty axes take a few thousand bytes.
SMALLEST_PICTURE = 20_000
# The README trains on all of MNIST for five epochs; here `fit` sees this much of it, once.
MOST_SAMPLES = 4096


FLOAT = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")


class Checker(doctest.OutputChecker):
    """Compares text as doctest does, but floats by value: the last digit is the processor's."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if super().check_output(want, got, optionflags):
            return True
        pairs = zip(FLOAT.findall(want), FLOAT.findall(got), strict=False)
        return FLOAT.sub("#", want) == FLOAT.sub("#", got) and all(
            math.isclose(float(a), float(b), rel_tol=1e-6) for a, b in pairs
        )


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_blocks(text: str) -> Iterator[tuple[int, str]]:
    """The blocks fenced as Python, each with the number of the line above its first."""
    for block in re.finditer(r"^( *)```python\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, block.start(2)), textwrap.dedent(block[2])


def run_doctest(text: str, namespace: dict, name: str, path: Path, line: int) -> str:
    """Run the examples in a text. What went wrong, or an empty string."""
    test = doctest.DocTestParser().get_doctest(text, namespace, name, str(path), line)
    report = []
    runner = doctest.DocTestRunner(Checker(), optionflags=doctest.ELLIPSIS, verbose=False)
    runner.run(test, out=report.append, clear_globs=False)
    namespace.update(test.globs)
    return "".join(report)


def run_blocks(path: Path) -> None:
    """Run a document's blocks from top to bottom in one namespace."""
    namespace = {"__name__": "__main__"}
    for line, source in python_blocks(path.read_text(encoding="utf-8")):
        if source.lstrip().startswith(">>> "):
            assert run_doctest(source, namespace, path.name, path, line) == ""
        else:
            # Blank lines above, so that a traceback names the document's own line.
            exec(compile("\n" * line + source, str(path), "exec"), namespace)


def shorten_fit(monkeypatch) -> None:
    """Make every `fit` train on the first samples only, for one epoch."""
    fit = nn.Model.fit
    signature = inspect.signature(fit)

    def short(*args, **kwargs):
        call = signature.bind(*args, **kwargs)
        for name in ("x", "y", "sample_weight"):
            if call.arguments.get(name) is not None:
                call.arguments[name] = call.arguments[name][:MOST_SAMPLES]
        call.arguments["epochs"] = 1
        return fit(*call.args, **call.kwargs)

    monkeypatch.setattr(nn.Model, "fit", short)


def docstrings(source: str) -> Iterator[tuple[str, int, str]]:
    """Name, line and text of each docstring with an example, however its owner is decorated."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(source)):
        text = ast.get_docstring(node) if isinstance(node, kinds) else None
        if text and ">>> " in text:
            yield getattr(node, "name", "module"), node.body[0].lineno - 1, text


def failing_examples(path: Path, module: str) -> str:
    """What the docstrings of a module print that they do not say, or an empty string."""
    found = [*docstrings(path.read_text(encoding="utf-8"))]
    if not found:
        return ""
    names = COMMON_NAMES | vars(importlib.import_module(module)) | {"__name__": "__main__"}
    return "".join(run_doctest(text, dict(names), name, path, line) for name, line, text in found)


@pytest.mark.slow
@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_blocks_run(path, tmp_path, monkeypatch):
    shorten_fit(monkeypatch)
    monkeypatch.chdir(tmp_path)
    run_blocks(path)


def test_the_readme_has_blocks():
    assert [*python_blocks((ROOT / "README.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_and_commands_exist(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
        assert (path.parent / target).exists(), target
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for command in re.findall(r"^(?:\$ )?make ([a-z]+)|`make ([a-z]+)", text, re.MULTILINE):
        assert "".join(command) in targets


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_docstring_examples(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    failures = failing_examples(path, module)
    assert not failures, failures


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_examples_run_and_draw(path, tmp_path):
    draws = "--plot" in path.read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", path, "--quick", *(["--plot", "a.png"] if draws else [])],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_AN_EXAMPLE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()
    if draws:
        assert done.stdout.endswith("wrote a.png\n")
        picture = (tmp_path / "a.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) > SMALLEST_PICTURE


# The runners themselves.


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_blocks_share_a_namespace(tmp_path):
    text = "```python\nx = 1\n```\n\n```sh\nnot python\n```\n\n```python\nassert x == 1\n```\n"
    run_blocks(write(tmp_path / "a.md", text))


def test_a_failing_block_names_its_line(tmp_path):
    text = "# Title\n\n```python\nx = 1\nassert x == 2\n```\n"
    with pytest.raises(AssertionError) as error:
        run_blocks(write(tmp_path / "a.md", text))
    assert error.traceback[-1].lineno + 1 == 5


@pytest.mark.parametrize(
    ("asked", "shown", "right"),
    [
        ("1 + 2", "3", True),
        ("1 + 2", "4", False),
        ("1 + 2", "3.0", False),
        ("[1 / 3, 2]", "[0.3333333, 2]", True),
        ("[1 / 3, 2]", "[0.3333333, 3]", False),
        ("1 / 3", "0.3334", False),
        ("1e-20 / 3", "3.3333333e-21", True),
        ("1e-20 / 3", "3.3333333e-22", False),
    ],
)
def test_a_block_of_prompts_is_compared(tmp_path, asked, shown, right):
    path = write(tmp_path / "a.md", f"```python\n>>> {asked}\n{shown}\n```\n")
    if right:
        run_blocks(path)
    else:
        with pytest.raises(AssertionError, match="Expected:"):
            run_blocks(path)


def test_a_wrong_docstring_example_is_found(tmp_path, monkeypatch):
    source = "import functools\n\n\n@functools.cache\ndef f():\n"
    source += '    """F.\n\n    >>> f()\n    2\n    """\n    return 1\n'
    path = write(tmp_path / "sample_of_examples.py", source)
    monkeypatch.syspath_prepend(tmp_path)
    assert "Expected:\n    2\nGot:\n    1" in failing_examples(path, "sample_of_examples")
