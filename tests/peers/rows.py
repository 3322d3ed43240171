"""Values and derivatives of the rows of op_cases, by a peer and by us."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from op_cases import CASES, Case, flat

from peers.frameworks import Framework, Ours

OURS = Ours()


class Outcome(NamedTuple):
    """What came of a row: "same" and in what, "cannot" and the error, or "differs" and how."""

    op: str
    row: str
    what: str
    detail: str = ""


def rows(most: int) -> Iterator[Case]:
    """The rows that peers are asked: no empty arrays, and at most so many of each op."""
    seen: dict[str, int] = {}
    for case in CASES:
        sizes = [case.arrays()[i].size for i in case.floating]
        if case.spelled or not case.floating or 0 in sizes or case.op.startswith("_"):
            continue
        seen[case.op] = seen.get(case.op, 0) + 1
        if seen[case.op] <= most:
            yield case


def compare(peer: Framework, most: int, every: int = 1) -> Iterator[Outcome]:
    """The outcome of each row, or of some, for which the peer has a function of the name."""
    for case in [*rows(most)][::every]:
        function = peer.function(case.op)
        if function is not None:
            yield _outcome(peer, function, case)


def _outcome(peer: Framework, function: Any, case: Case) -> Outcome:
    try:
        theirs = _results(peer, _call(peer, function, case), case)
    except Exception as error:
        return Outcome(case.op, str(case), "cannot", f"{type(error).__name__}: {error}"[:200])
    ours = _results(OURS, case.call, case)
    for name, one in theirs.items():
        try:
            np.testing.assert_allclose(one, ours[name], rtol=1e-7, atol=1e-9)
        except AssertionError:
            detail = f"{name}: theirs {_short(one)}, ours {_short(ours[name])}"
            return Outcome(case.op, str(case), "differs", detail)
    return Outcome(case.op, str(case), "same", ", ".join(theirs))


def _short(x: Any) -> str:
    return f"{np.shape(x)} {np.ravel(x)[:4]}"


def _call(peer: Framework, function: Any, case: Case) -> Any:
    nested = flat(case.arguments) is not case.arguments

    def call(*arrays: Any) -> Any:
        arguments = (list(arrays),) if nested else arrays
        return peer.joined(function(*arguments, **case.settings))

    return call


def _results(framework: Framework, call: Any, case: Case) -> dict[str, Any]:
    """Value, gradients, and the second derivatives along a direction if there are any."""
    m, of = framework.m, case.floating
    arrays = [framework.array(a) for a in case.arrays()]
    value = framework.plain(call(*arrays))
    rng = np.random.default_rng(zlib.crc32(str(case).encode()))

    def random(shape: Any) -> Any:
        return framework.array(np.asarray(rng.uniform(0.5, 1.5, shape)))

    weights, along = random(value.shape), [random(arrays[i].shape) for i in of]

    def weighted(*arrays: Any) -> Any:
        out = call(*arrays)
        return m.sum((m.real(out) + m.imag(out) if value.dtype.kind == "c" else out) * weights)

    def squared(*arrays: Any) -> Any:
        return weighted(*arrays) ** 2

    results = {"value": value}
    gradients = framework.gradients(weighted, arrays, of)
    results |= {f"gradient {i}": framework.plain(g) for i, g in zip(of, gradients, strict=True)}
    if framework.twice:
        try:
            gradients = framework.second(squared, arrays, of, along)
        except Exception:
            return results
        results |= {f"second {i}": framework.plain(g) for i, g in zip(of, gradients, strict=True)}
    return results
