"""Linear algebra. Where one triangle is read, rows are of the symmetric part of their argument."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.linalg

import autograd_lite as ag
from autograd_lite.ops import linalg
from autograd_lite.ops.linalg import determinants, factors, functions, parts, singular, spectral
from op_cases.case import Case, Given, joined

SPREAD = np.diag([0.0, 5.0, 11.0])
BATCH = (2, 3, 3)


def symmetric(a: Any) -> Any:
    """With eigenvalues far from each other."""
    return (a + ag.matrix_transpose(a)) / 2 + SPREAD.astype(a.dtype)


def definite(a: Any) -> Any:
    """Positive definite."""
    return ag.matmul(a, ag.matrix_transpose(a)) + np.eye(a.shape[-1], dtype=a.dtype)


def regular(a: Any) -> Any:
    """Far from singular, and with real eigenvalues that are far from each other."""
    return a / 2 + (SPREAD + 3 * np.eye(3)).astype(a.dtype)


def upright(a: Any) -> Any:
    """With columns that are far from dependent."""
    return a + 4 * np.eye(*a.shape[-2:], dtype=a.dtype)


def of(prepare: Any, function: Any) -> Any:
    """The function of a prepared first argument, several results joined."""
    return lambda a, *others, **s: joined(function(prepare(a), *others, **s))


def row(
    name: str, shapes: Any, prepare: Any, settings: Any = None, ours: Any = None, theirs: Any = None
) -> Case:
    """A call of a prepared argument; NumPy's function of the same name is the reference."""
    ours = ours or getattr(linalg, name)
    reference = of(prepare, theirs or getattr(np.linalg, name))
    return Case(name, shapes, settings or {}, reference, spelled=of(prepare, ours))


def packed(name: str, module: Any, shape: Any, prepare: Any, settings: Any = None) -> Case:
    """An op that joins several results for each matrix."""
    theirs = getattr(np.linalg, name[1:])

    def reference(a: Any, **s: Any) -> Any:
        n = len(a.shape) - 2
        found = theirs(prepare(a), **s)
        return np.concatenate([p.reshape(*a.shape[:n], math.prod(p.shape[n:])) for p in found], -1)

    ours = getattr(module, name)
    return Case(name, (shape,), settings or {}, reference, spelled=of(prepare, ours))


def inverse_or_zero(x: Any, values: Any) -> Any:
    """The reference where nothing is 0."""
    return 1 / x


def cofactors(a: Any) -> Any:
    """The reference for regular matrices."""
    return np.linalg.det(a)[..., None, None] * np.linalg.inv(a).swapaxes(-1, -2)


def cofactors_slope(h: Any, a: Any) -> Any:
    """By differences; cofactors of a 3 x 3 matrix are quadratic, so they are exact."""
    return (cofactors(a + h) - cofactors(a - h)) / 2


def sylvester(a: Any, b: Any, q: Any) -> Any:
    """Regular coefficients."""
    return linalg.solve_sylvester(regular(a), regular(b), q)


def triangular(name: str) -> Any:
    """The op of a regular matrix."""
    return of(regular, getattr(functions, name))


def held(a: Any, b: Any, lower: bool) -> Any:
    """`cho_solve` with the factor of a definite matrix."""
    c = linalg.cholesky(definite(a), upper=not lower)
    return linalg.cho_solve((c, lower), b)


VECTOR_ORDS = [None, math.inf, -math.inf, 0, 1, 2, -1, 3, 2.5]
MATRIX_ORDS: list[Any] = [None, "fro", "nuc", math.inf, -math.inf, 1, -1, 2, -2]

CASES = [
    *(row("inv", (s,), regular) for s in ((3, 3), BATCH)),
    *(row("solve", (s, t), regular) for s, t in (((3, 3), (3,)), (BATCH, (3,)), (BATCH, (3, 2)))),
    *(row("solve", (s, t), regular) for s, t in (((3, 3), (2, 3, 2)), ((2, 1, 3, 3), (4, 3, 1)))),
    *(Case(f, ((0, 0),)) for f in ("inv", "det")),
    *(Case("det", (s,)) for s in ((3, 3), (2, 2, 2), (1, 1))),
    *(row("slogdet", (s,), regular) for s in ((3, 3), BATCH)),
    Case(
        "_slogdet",
        ((3, 3),),
        {},
        of(regular, np.linalg.slogdet),
        spelled=of(regular, determinants._slogdet),
    ),
    *(
        Case(
            "_cofactors",
            (s,),
            {},
            of(regular, cofactors),
            spelled=of(regular, determinants._cofactors),
        )
        for s in ((3, 3), BATCH)
    ),
    *(
        Case(
            "_cofactors_slope",
            (s, s),
            {},
            lambda h, a: cofactors_slope(h, regular(a)),
            spelled=lambda h, a: determinants._cofactors_slope(h, regular(a)),
        )
        for s in ((3, 3), BATCH)
    ),
    *(row("pinv", (s,), upright) for s in ((2, 3), (2, 4, 2), (3, 3))),
    row("pinv", (BATCH,), symmetric, {"hermitian": True}),
    *(Case("pinv", ((4, 2),), {"rtol": r}) for r in (None, 1e-9)),
    *(
        row(
            "lstsq",
            ((4, 2), t),
            upright,
            ours=lambda a, b: linalg.lstsq(a, b)[0],
            theirs=lambda a, b: np.linalg.lstsq(a, b)[0],
        )
        for t in ((4,), (4, 3))
    ),
    *(
        Case(
            "_lstsq",
            (s, t),
            {"rcond": 1e-9},
            of(upright, lambda a, b, rcond: np.linalg.lstsq(a, b, rcond)[0]),
            spelled=of(upright, linalg.solving._lstsq),
        )
        for s, t in (((4, 2), (4,)), ((2, 4), (2, 3)))
    ),
    Case("tensorinv", ((2, 3, 6),)),
    Case("tensorinv", ((4, 2, 2),), {"ind": 1}),
    Case("tensorsolve", ((2, 3, 6), (2, 3))),
    Case("tensorsolve", ((2, 6, 3), (2, 3)), {"axes": (1,)}),
    *(row("cholesky", (s,), definite) for s in ((3, 3), BATCH)),
    row("cholesky", (BATCH,), definite, {"upper": True}),
    Case(
        "_cholesky",
        (BATCH,),
        {},
        of(definite, np.linalg.cholesky),
        spelled=of(definite, factors._cholesky),
    ),
    *(
        row("qr", (s,), upright, {"mode": m})
        for s in ((3, 2), (2, 3), BATCH)
        for m in ("reduced", "r")
    ),
    *(row("qr", (s,), upright, {"mode": "complete"}) for s in ((2, 3), BATCH)),
    *(packed("_qr", factors, s, upright) for s in ((3, 2), (2, 3))),
    *(row("eigh", (s,), symmetric, {"UPLO": u}) for s in ((3, 3), BATCH) for u in "LU"),
    *(row("eigvalsh", (s,), symmetric, {"UPLO": u}) for s in ((3, 3), BATCH) for u in "LU"),
    packed("_eigh", spectral, BATCH, symmetric),
    *(row(f, (s,), regular) for f in ("eig", "eigvals") for s in ((3, 3), BATCH)),
    packed("_eig", spectral, BATCH, regular),
    *(row("svd", (s,), upright, {"full_matrices": False}) for s in ((3, 2), (2, 2, 3))),
    *(row("svd", (s,), upright, {"compute_uv": False}) for s in ((3, 2), (2, 2, 3))),
    row("svd", (BATCH,), regular),
    row("svd", ((3, 3),), symmetric, {"hermitian": True}),
    row("svd", (BATCH,), symmetric, {"hermitian": True, "compute_uv": False}),
    *(row("svdvals", (s,), upright) for s in ((3, 2), (2, 2, 3))),
    packed("_svd", singular, (3, 2), upright, {"full_matrices": False}),
    *(Case("norm", ((4,),), {"ord": o}, domain=(0.5, 2)) for o in VECTOR_ORDS),
    *(Case("norm", ((2, 3, 4),), {"ord": o, "axis": 1}) for o in VECTOR_ORDS[1:]),
    *(Case("norm", ((3, 2),), {"ord": o}) for o in MATRIX_ORDS),
    *(
        Case("norm", ((2, 3, 4),), {"ord": o, "axis": (2, 0), "keepdims": True})
        for o in MATRIX_ORDS
    ),
    *(Case("norm", ((2, 3, 4),), {"keepdims": k}) for k in (True, False)),
    *(Case("_norm", ((2, 3),), {"ord": o}, np.linalg.norm) for o in (None, 1)),
    *(Case("matrix_norm", ((2, 3, 4),), {"ord": o}) for o in ("fro", "nuc")),
    Case("matrix_norm", ((2, 3),), {"keepdims": True}),
    *(Case("vector_norm", ((2, 3, 4),), {"ord": o, "axis": a}) for o in (1, 3) for a in (None, 1)),
    *(Case("vector_norm", ((2, 3, 4),), {"axis": (0, -1), "keepdims": k}) for k in (True, False)),
    Case("vector_norm", ((2, 3),), {"keepdims": True}),
    *(
        row("cond", (s,), regular, {"p": p})
        for p in (None, 1, "fro", 2, -2)
        for s in ((3, 3), BATCH)
    ),
    row("cond", ((3, 2),), upright),
    *(Case("expm", (s,), {}, scipy.linalg.expm, (-1, 1)) for s in ((3, 3), (2, 2, 2))),
    row("sqrtm", ((3, 3),), definite, theirs=scipy.linalg.sqrtm),
    *(
        Case(
            "_solve_triangular",
            ((3, 3), t),
            {"trans": trans, "lower": lower, "unit_diagonal": unit},
            of(regular, scipy.linalg.solve_triangular),
            spelled=triangular("_solve_triangular"),
        )
        for t in ((3,), (3, 2))
        for trans in (False, True)
        for lower in (False, True)
        for unit in (False, True)
    ),
    *(
        row(
            "solve_triangular",
            ((3, 3), (3, 2)),
            regular,
            {"trans": t},
            theirs=scipy.linalg.solve_triangular,
        )
        for t in (0, 1, 2, "T")
    ),
    Case(
        "solve_sylvester",
        ((3, 3), (3, 3), (3, 3)),
        {},
        lambda a, b, q: scipy.linalg.solve_sylvester(regular(a), regular(b), q),
        spelled=sylvester,
    ),
    *(
        Case(
            "cho_solve",
            ((3, 3), (3, 2)),
            {"lower": lower},
            lambda a, b, lower: np.linalg.solve(definite(a), b),
            spelled=held,
        )
        for lower in (True, False)
    ),
    *(
        Case(
            "_inverse_or_zero",
            (s, Given(np.array([1.0, 2.0]))),
            {},
            inverse_or_zero,
            (0.5, 3),
            spelled=parts._inverse_or_zero,
        )
        for s in ((2,), (2, 2))
    ),
]
