"""The rules that no reviewer should have to check: who imports whom, file sizes, docstrings."""

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400

# A module imports only from modules before it; a package counts as one module.
ORDER = {
    "autograd_lite": (
        "errors",
        "lines",
        "traps",
        "trees",
        "random",
        "kernels",
        "graph",
        "updates",
        "record",
        "op",
        "ops",
        "engine",
        "watching",
        "forward",
        "batched",
        "anomaly",
        "programs",
        "numpy_protocol",
        "methods",
        "tensor",
        "scope",
        "transforms",
        "testing",
        "inspection",
        "numpy_names",
        "catalogue",
        "__main__",
        "__init__",
    ),
    "nn": (
        "checks",
        "structures",
        "masking",
        "rehearsal",
        "foreign",
        "declaring",
        "configs",
        "symbolic",
        "gathering",
        "initializers",
        "regularizers",
        "constraints",
        "activations",
        "parameters",
        "layer",
        "inputs",
        "functional",
        "blueprints",
        "layers",
        "targets",
        "losses",
        "metrics",
        "optimizers",
        "data",
        "preprocessing",
        "datasets",
        "serialization",
        "resuming",
        "callbacks",
        "progress",
        "convert",
        "saving",
        "summary",
        "drawing",
        "outputs",
        "feeding",
        "replay",
        "trainer",
        "loop",
        "model",
        "models",
        "utils",
        "finder",
        "__init__",
    ),
}
# What `nn` may import names from, besides `autograd_lite` itself.
PUBLIC_MODULES = {"errors", "ops", "programs", "random", "updates"}
DANGEROUS_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
DANGEROUS_CALLS = {"eval", "exec", "__import__"}
# The kernels' cache holds machine code, which is run as it is read however it is wrapped.
DANGEROUS_BY_NATURE = {"autograd_lite.kernels.compiled.cache"}
# Slow to import, or only needed by some: loaded on first use.
HEAVY = "matplotlib scipy torch jax pytest numba pandas tensorboardX numpy.f2py unittest".split()


class Import(NamedTuple):
    """One name taken from a module, or the module itself where `name` is empty."""

    line: int
    module: str
    name: str = ""


class Module(NamedTuple):
    """A source file and the dotted name it is imported by."""

    name: str
    source: str
    is_package: bool = False


def modules(package: str) -> Iterator[Module]:
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        yield Module(name, path.read_text(encoding="utf-8"), is_package)


def imports(module: Module) -> Iterator[Import]:
    """Every import in a file, wherever it hides: a function, a TYPE_CHECKING block, a call."""
    for node in ast.walk(ast.parse(module.source)):
        match node:
            case ast.Import(names=names):
                yield from (Import(node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(names=names):
                source = absolute(module, node)
                yield from (Import(node.lineno, source, alias.name) for alias in names)
            case ast.Call(ast.Name(f) | ast.Attribute(attr=f), [name, *_]) if f == "import_module":
                literal = isinstance(name, ast.Constant) and isinstance(name.value, str)
                yield Import(node.lineno, name.value if literal else "?")


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The module that `from ... import` names, its leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    base = parts[: len(parts) - node.level + module.is_package]
    return ".".join(base + ([node.module] if node.module else []))


def layer(module: str, name: str = "") -> tuple[str, str]:
    """The package, and the entry of its order, that a name imported from a module belongs to."""
    package, _, rest = module.partition(".")
    if not rest and name in ORDER.get(package, ()):
        rest = name
    return package, rest.split(".")[0] or "__init__"


def misplaced(module: Module) -> list[str]:
    """The imports of a module that point up, or sideways into what is not its own."""
    package, own = layer(module.name)
    order = ORDER[package]
    if own not in order:
        return [f"{module.name}: not in the order of {package}"]
    found = []
    for imported in imports(module):
        target, entry = layer(imported.module, imported.name)
        if target == "?":
            why = "imports a module whose name is computed"
        elif target == package and entry not in order:
            why = f"imports {target}.{entry}, which is not in the order"
        elif target == package and order.index(entry) > order.index(own):
            why = f"imports upwards from {target}.{entry}"
        elif target == "nn" and package == "autograd_lite":
            why = "imports nn"
        else:
            continue
        found.append(f"{module.name}:{imported.line}: {why}")
    return found


def private_uses(module: Module, public: set[str]) -> list[str]:
    """Where `nn` reaches past the public names of `autograd_lite`."""
    found = []
    for line, source, name in imports(module):
        package, _, rest = source.partition(".")
        if package != "autograd_lite":
            continue
        if rest:
            allowed = rest in PUBLIC_MODULES and name and not name.startswith("_")
        else:
            allowed = not name or name in public or name in PUBLIC_MODULES
        if not allowed:
            found.append(f"{module.name}:{line}: {source} {name}".rstrip())
    return found + private_attributes(module, public)


def private_attributes(module: Module, public: set[str]) -> list[str]:
    """Attributes of `autograd_lite`, by whatever name it was imported, that are not public."""
    tree = ast.parse(module.source)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "autograd_lite"
    }
    return [
        f"{module.name}:{node.lineno}: {node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in names
        and node.attr not in public | PUBLIC_MODULES
    ]


def dangerous(module: Module) -> list[str]:
    """Ways of running what was read: no file or argument may become code."""
    found = [
        f"{module.name}:{imported.line}: {imported.module}"
        for imported in imports(module)
        if imported.module.split(".")[0] in DANGEROUS_MODULES
    ]
    for node in ast.walk(ast.parse(module.source)):
        match node:
            case ast.Call(func=ast.Name(called)) if called in DANGEROUS_CALLS:
                found.append(f"{module.name}:{node.lineno}: {called}")
            case ast.keyword(arg="allow_pickle", value=value) if (
                not isinstance(value, ast.Constant) or value.value is not False
            ):
                found.append(f"{module.name}:{node.lineno}: allow_pickle")
    return found


def undocumented(module: str) -> list[str]:
    """The names in a module's `__all__` that are missing, or have no docstring of their own."""
    loaded = importlib.import_module(module)
    found = [] if loaded.__doc__ else [module]
    for name in getattr(loaded, "__all__", ()):
        value = getattr(loaded, name, None)
        # A class inherits its base's docstring, which says nothing about what it adds.
        text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
        if not hasattr(loaded, name) or not text:
            found.append(f"{module}.{name}")
    return found


ALL_MODULES = [module for package in ORDER for module in modules(package)]
each_module = pytest.mark.parametrize("module", ALL_MODULES, ids=lambda module: module.name)


@each_module
def test_imports_follow_the_order(module):
    assert misplaced(module) == []


@pytest.mark.parametrize("module", [*modules("nn")], ids=lambda module: module.name)
def test_nn_uses_public_names_only(module):
    public = set(importlib.import_module("autograd_lite").__all__)
    assert private_uses(module, public) == []


@each_module
def test_nothing_read_is_run(module):
    assert dangerous(module) == [] or module.name in DANGEROUS_BY_NATURE


@pytest.mark.parametrize("folder", ["autograd_lite", "nn", "tests", "examples", "benchmarks"])
def test_files_are_short(folder):
    lines = {p: len(p.read_text("utf-8").splitlines()) for p in (ROOT / folder).rglob("*.py")}
    assert {str(p.relative_to(ROOT)): n for p, n in lines.items() if n > LONGEST_FILE} == {}


@each_module
def test_public_names_are_documented(module):
    assert undocumented(module.name) == []


def test_importing_is_light():
    program = (
        "import sys, autograd_lite, nn\n"
        "loaded = {*sys.modules, *(m.split('.')[0] for m in sys.modules)}\n"
        f"print(*sorted(loaded & set({HEAVY!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


# The walkers themselves, on sources that break each rule.


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("autograd_lite.graph", "from autograd_lite.op import op"),
        ("autograd_lite.graph", "from autograd_lite import engine"),
        ("autograd_lite.graph", "from autograd_lite import Tensor"),
        ("autograd_lite.graph", "import autograd_lite"),
        ("autograd_lite.graph", "import numpy, autograd_lite.tensor as t"),
        ("autograd_lite.graph", "from .op import op"),
        ("autograd_lite.graph", "from . import tensor"),
        ("autograd_lite.kernels.gemm", "from ..graph import Node"),
        ("autograd_lite.kernels.gemm", "from .. import ops"),
        ("autograd_lite.ops.reduce", "def f():\n    from autograd_lite.engine import backprop"),
        ("autograd_lite.op", "if TYPE_CHECKING:\n    from autograd_lite.tensor import Tensor"),
        ("autograd_lite.op", "import importlib\nimportlib.import_module('autograd_lite.tensor')"),
        ("autograd_lite.op", "import importlib\nimportlib.import_module(f'autograd_lite.{x}')"),
        ("autograd_lite.op", "from autograd_lite.novelty import f"),
        ("autograd_lite.novelty", ""),
        ("autograd_lite.testing", "class A:\n    def f(self):\n        import nn.layer"),
        ("autograd_lite", "from nn import layers"),
        ("nn.layer", "from nn.layers.dense import Dense"),
        ("nn.layer", "from nn import model"),
        ("nn.data", "try:\n    import nn\nexcept ImportError:\n    pass"),
    ],
)
def test_order_catches(name, source):
    assert len(misplaced(Module(name, source))) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("autograd_lite.op", "import numpy as np\nfrom autograd_lite.graph import Node"),
        ("autograd_lite.ops.reduce", "from autograd_lite.ops import shape\nfrom . import index"),
        ("autograd_lite.ops.reduce", "from ..op import op\nfrom .shape import reshape"),
        ("autograd_lite.tensor", "from autograd_lite import ops"),
        ("nn.model", "import autograd_lite as ag\nfrom nn import data, layers"),
    ],
)
def test_order_allows(name, source):
    assert misplaced(Module(name, source)) == []


def test_relative_imports_of_a_package_start_in_it():
    inside = Module("autograd_lite.ops", "from . import reduce\nfrom .. import tensor", True)
    assert misplaced(inside) == ["autograd_lite.ops:2: imports upwards from autograd_lite.tensor"]


@pytest.mark.parametrize(
    "source",
    [
        "from autograd_lite import _hidden",
        "from autograd_lite import graph",
        "from autograd_lite.errors import _secret",
        "from autograd_lite.graph import Node",
        "import autograd_lite.graph",
        "import autograd_lite as ag\nag.graph.Node",
        "import autograd_lite as ag\ndef f():\n    return ag._hidden",
        "def f():\n    import autograd_lite\n    return autograd_lite.hidden",
    ],
)
def test_private_uses_are_caught(source):
    assert len(private_uses(Module("nn.layer", source), {"tensor"})) == 1


def test_public_uses_are_allowed():
    source = (
        "import autograd_lite as ag\nfrom autograd_lite import tensor\n"
        "from autograd_lite.errors import explain\nag.tensor(1).graph\nag.errors.explain"
    )
    assert private_uses(Module("nn.layer", source), {"tensor"}) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "def f():\n    from pickle import loads",
        "eval('1')",
        "x = [exec(s) for s in t]",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "__import__('os')",
    ],
)
def test_dangerous_code_is_caught(source):
    assert len(dangerous(Module("nn.data", source))) == 1


def test_harmless_namesakes_are_allowed():
    source = "model.eval()\nnp.load(path, allow_pickle=False)\nast.literal_eval(text)"
    assert dangerous(Module("nn.data", source)) == []


def test_missing_docstrings_are_caught(tmp_path, monkeypatch):
    source = '"""Doc."""\n__all__ = ["f", "g", "A", "B", "x", "gone"]\nx = 1\n'
    source += 'def f(): pass\ndef g():\n    "Doc."\n'
    source += 'class A:\n    "Doc."\nclass B(A): pass\n'
    (tmp_path / "sample_of_docstrings.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    assert undocumented("sample_of_docstrings") == [
        f"sample_of_docstrings.{name}" for name in ("f", "B", "gone")
    ]
