"""What rules must keep besides being right: cheap checks, a few evaluations each.

Each function yields findings. They compare what the library computes with itself, so they need no
step, and hold in every dtype.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite import ops
from autograd_lite.graph import Traced
from autograd_lite.op import raw
from autograd_lite.tensor import Tensor
from autograd_lite.testing.level import draw
from autograd_lite.testing.problem import Problem, _flat, flat_of, floating, nodes_of, split
from autograd_lite.testing.report import Finding, describe
from autograd_lite.transforms import gradients, jvp

ROUNDING = 1e-10


class Base:
    """One recorded call, and what a random seed pulls back to."""

    def __init__(self, problem: Problem, rng: Any) -> None:
        self.problem, self.rng = problem, rng
        self.leaves, self.outs = problem.record()
        self.seed = draw(rng, problem.middle.size)
        self.gradients = self.pull(self.seed)
        self.vector = problem.vector(self.gradients)
        coarsest = max(
            (np.finfo(d).eps for d in self._dtypes() if np.dtype(d).kind in "fc"), default=0
        )
        self.rounding = max(ROUNDING, 64 * float(coarsest))

    def _dtypes(self) -> set[Any]:
        """Of all that was computed."""
        return {node.dtype for node in nodes_of(self.outs)}

    def pull(self, seed: Any) -> list[Any]:
        """Gradients by the leaves, None where there is no path."""
        return self.problem.chain(self.leaves, self.outs, [seed])

    def pulled(self, seed: Any) -> Any:
        """The same as a vector."""
        return self.problem.vector(self.pull(seed))


def findings(base: Base) -> Iterator[Finding]:
    """All checks, the ones that explain most first."""
    for check in (
        repeatable,
        untouched,
        linear,
        transposed,
        accumulated,
        separate,
        same_twice,
        strided,
        own_dtype,
    ):
        yield from check(base)


def agree(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two vectors are the same but for rounding; NaN and infinity only equal themselves."""
    one, other = np.asarray(one), np.asarray(other)
    plain = np.isfinite(one) & np.isfinite(other)
    scale = max(np.abs(one[plain]).max(initial=0), np.abs(other[plain]).max(initial=0))
    with np.errstate(all="ignore"):
        near = np.abs(one - other) <= tolerance * scale * np.sqrt(one.size)
    return bool((near | (one == other) | (np.isnan(one) & np.isnan(other))).all())


def _same(one: Any, other: Any) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _difference(one: Any, other: Any) -> tuple[str, str]:
    """Both vectors where they differ most."""
    with np.errstate(all="ignore"):
        off = np.nan_to_num(np.abs(one - other), nan=np.inf)
    k = int(off.argmax())
    return f"{one[k]:.10g}, in entry {k}", f"{other[k]:.10g}"


def repeatable(base: Base) -> Iterator[Finding]:
    """Twice the same, with and without recording."""
    problem = base.problem
    again, recorded = problem.value(problem.x), flat_of(base.outs)
    fix = "draw random numbers outside of the function, or seed them inside"
    if not _same(again, problem.middle) or not _same(problem.value(problem.x), again):
        got, expected = _difference(again, problem.middle)
        problem_text = "not deterministic: two calls with the same arguments differ"
        yield Finding("repeatable", problem_text, got, f"{expected}, as in the first call", fix)
    elif not _same(recorded, problem.middle):
        got, expected = _difference(recorded, problem.middle)
        yield Finding(
            "recording",
            "the value differs when it is recorded for a gradient",
            got,
            f"{expected}, as without recording",
        )
    elif not _same(base.pulled(base.seed), base.vector):
        yield Finding(
            "repeatable",
            "not deterministic: two backward passes over the same graph differ",
            fix="a rule must not draw random numbers, nor write to what it is given",
        )


def untouched(base: Base) -> Iterator[Finding]:
    """No rule writes to its gradient, nor to what the graph has saved."""
    seen: list[tuple[Any, str, Any, Any]] = []
    nodes = nodes_of(base.outs)
    for node in nodes:
        for value in node.saved or ():
            if isinstance(array := raw(value), np.ndarray):
                seen.append((node, "to a value that was saved for it", array, array.copy()))

        def look(g: Any, node: Any = node) -> None:
            seen.append((node, "to the gradient `g` that it is given", raw(g), raw(g).copy()))

        node.hooks = [*(node.hooks or ()), look]
    try:
        base.pull(base.seed)
    finally:
        for node in nodes:
            node.hooks = node.hooks[:-1] or None if node.hooks else None
    for node, what, array, copy in seen:
        if not _same(array, copy):
            name = node.plan.op.name
            fix = f"in the rule of `{name}`, compute out of place: g * x, not g *= x"
            yield Finding("writes", f"a rule of `{name}` writes {what}", fix=fix)
            return


def linear(base: Base) -> Iterator[Finding]:
    """The pullback is linear, and gives zeros for zeros."""
    if not np.isfinite(base.vector).all():
        return
    other = draw(base.rng, base.seed.size)
    got, expected = base.pulled(base.seed / 2 - other), base.vector / 2 - base.pulled(other)
    zero = base.pulled(np.zeros_like(other))
    fix = "every rule must be linear in `g`: a product with it, a sum or a selection of it"
    if np.any(zero):
        text = "the pullback of zero is not zero: a rule ignores `g`, or adds to it"
        yield Finding("linearity", text, f"{np.abs(zero).max():.10g}", "0", fix)
    elif not agree(got, expected, max(base.rounding, 1e-6)):
        text = "the pullback is not linear: pull(v/2 - w) differs from pull(v)/2 - pull(w)"
        yield Finding("linearity", text, *_difference(got, expected), fix)


def transposed(base: Base) -> Iterator[Finding]:
    """``<v, J u>`` by `jvp` is ``<J^T v, u>`` by the pullback."""
    problem = base.problem
    inputs = [leaf for leaf in problem.leaves if leaf.parameter is None]
    kinds = {raw(out).dtype.kind for out in base.outs}
    if not inputs or len(kinds) != 1 or not np.isfinite(base.vector).all():
        return
    u = draw(base.rng, problem.x.size) * problem.steps
    tangents = [leaf.fill(u) for leaf in inputs]

    def flat(*xs: Any) -> Any:
        tensors = iter(xs)
        parts = problem.apply(
            [next(tensors) if leaf.parameter is None else leaf.parameter for leaf in problem.leaves]
        )
        parts = [ops.ravel(part) for part in floating(parts)]
        return parts[0] if len(parts) == 1 else ops.concatenate(parts)

    if not any(isinstance(out, Traced) for out in base.outs):
        return
    _, tangent = jvp(flat, [leaf.array for leaf in inputs], tangents)
    tangent = _flat(raw(tangent))
    terms = [(base.vector * u)[leaf.span] for leaf in inputs]
    reverse = sum(float(part.sum()) for part in terms)
    forward = float(base.seed @ tangent)
    size = sum(float(np.abs(part).sum()) for part in terms)
    size += float(np.abs(base.seed * tangent).sum())
    if not abs(forward - reverse) <= base.rounding * size:
        yield Finding(
            "transpose",
            "`jvp` and `vjp` contradict each other: <v, J u> is not <J^T v, u>",
            f"{forward:.10g} by jvp, forward",
            f"{reverse:.10g} by vjp, backward",
            "the one that differences contradict has the wrong rule",
        )


def linear_in_seed(base: Base) -> Iterator[Finding]:
    """The pullback, differentiated by its seed, is the Jacobian: what second order relies on."""
    problem = base.problem
    outs = [out for out in base.outs if isinstance(out, Traced) and out.requires_grad]
    if len(outs) != len(base.outs) or not outs or not np.isfinite(base.vector).all():
        return
    seeds = [Tensor(part, True) for part in split(base.seed, outs)]
    pulled = gradients(outs, base.leaves, seeds, create_graph=True, allow_unused=True)
    u = draw(base.rng, problem.x.size) * problem.steps
    pairs = [
        (g, leaf.fill(u))
        for g, leaf in zip(pulled, problem.leaves, strict=True)
        if g is not None and g.requires_grad
    ]
    expected = float(base.vector @ u)
    found = gradients([g for g, _ in pairs], seeds, [t for _, t in pairs], allow_unused=True)
    terms = [
        np.zeros(1) if j is None else _flat(raw(j)) * _flat(raw(seed))
        for j, seed in zip(found, seeds, strict=True)
    ]
    got = sum(float(part.sum()) for part in terms)
    size = sum(float(np.abs(part).sum()) for part in terms) + float(np.abs(base.vector * u).sum())
    if not abs(got - expected) <= base.rounding * size:
        text = "the pullback is not differentiable by what is pulled back"
        fix = "a rule must use `g` through ops: NumPy on `g.data` hides it from second derivatives"
        yield Finding("second order", text, f"{got:.10g}", f"{expected:.10g}", fix)


def accumulated(base: Base) -> Iterator[Finding]:
    """`backward` adds to `.grad`, output by output, what one pull gives."""
    leaves, outs = base.problem.record()
    edges = [edge for node in nodes_of(outs) for edge in node.edges if isinstance(edge, Traced)]
    others = [(edge, edge.grad) for edge in edges]  # Tensors from outside keep what they have
    for leaf in leaves:
        leaf.grad = None
    for out, seed in zip(outs, split(base.seed, outs), strict=True):
        if isinstance(out, Traced) and out.requires_grad:
            out.backward(seed, retain_graph=True)  # type: ignore[attr-defined]
    parts = base.problem.vector([leaf.grad for leaf in leaves])
    for edge, grad in others:
        edge.grad = grad
    if not agree(parts, base.vector, base.rounding):
        yield Finding(
            "accumulation",
            "backward() from one output after the other does not add up to the whole gradient",
            *_difference(parts, base.vector),
        )


def separate(base: Base) -> Iterator[Finding]:
    """Gradients have their argument's shape and dtype, and memory of their own."""
    arrays = [raw(g) for g in base.gradients if g is not None]
    for leaf, g in zip(base.problem.leaves, base.gradients, strict=True):
        if g is None:
            continue
        data = raw(g)
        if data.shape != leaf.array.shape or data.dtype != leaf.array.dtype:
            text = f"the gradient by {leaf.name} is not like it"
            yield Finding("dtype", text, describe(data), describe(leaf.array))
        others = [other for other in arrays if other is not data]
        others += [own.array for own in base.problem.leaves]
        if any(np.may_share_memory(data, other) for other in others):
            text = f"the gradient by {leaf.name} shares memory with another array"
            yield Finding("aliasing", text, fix="a rule must not return its saved values")
            return
    declared = getattr(base.problem.f, "op", None)
    if declared is None or declared.view:
        return
    for leaf in base.problem.leaves:
        if any(np.may_share_memory(raw(out), leaf.array) for out in base.outs):
            text = f"the result shares memory with {leaf.name}, which the op does not declare"
            fix = "return a copy, or declare the op with view=True"
            yield Finding("aliasing", text, fix=fix)
            return


def same_twice(base: Base) -> Iterator[Finding]:
    """f(x, x) gets both partial derivatives."""
    problem = base.problem
    inputs = [leaf for leaf in problem.leaves if leaf.parameter is None]
    pair = next(
        (
            (a, b)
            for k, a in enumerate(inputs)
            for b in inputs[k + 1 :]
            if a.array.shape == b.array.shape and a.array.dtype == b.array.dtype
        ),
        None,
    )
    if pair is None:
        return
    first, second = (problem.leaves.index(leaf) for leaf in pair)
    arrays = [leaf.array for leaf in problem.leaves]
    arrays[second] = arrays[first]
    try:
        leaves, outs = problem.record(arrays)
        apart = problem.chain(leaves, outs, [base.seed])
        leaves = problem.tensors(arrays, True)
        leaves[second] = leaves[first]
        together = problem.chain(leaves, floating(problem.apply(leaves)), [base.seed])
    except Exception:  # the second argument may not take what the first one does
        return
    expected = problem.vector(apart)
    a, b = pair[0].span, pair[1].span
    total, got = expected[a] + expected[b], problem.vector(together)[a]
    if not agree(got, total, base.rounding):
        text = f"with the same array as {pair[0].name} and {pair[1].name} the gradient is not"
        text += " the sum of both partial derivatives"
        yield Finding("same twice", text, *_difference(got, total))


def strided(base: Base) -> Iterator[Finding]:
    """Fortran order, gaps and negative strides change nothing."""
    problem = base.problem
    arrays = [_odd(leaf.array) for leaf in problem.leaves]
    try:
        leaves, outs = problem.record(arrays)
    except ValueError:  # such as reshape(copy=False), which cannot do without a copy here
        return
    seeds = [_odd(part) for part in split(base.seed, outs)]
    got = problem.vector(problem.chain(leaves, outs, [seeds]))
    problem.restore()
    value = flat_of(outs)
    for name, one, other in (("value", value, problem.middle), ("gradient", got, base.vector)):
        if one.shape != other.shape or not agree(one, other, base.rounding):
            text = f"the {name} changes when the same numbers come in another memory layout"
            fix = "use the array's shape and strides, not its buffer"
            yield Finding("layout", text, *_difference(one, other), fix)
            return


def _odd(array: Any) -> Any:
    """The same values in Fortran order, with gaps, backwards."""
    flip = (slice(None, None, -1),) * array.ndim
    wide = np.zeros((*array.shape, 2), array.dtype, order="F")
    wide[..., 1][(*flip,)] = array
    odd = wide[..., 1][(*flip,)] if array.ndim else np.array(array)
    odd.flags.writeable = False
    return odd


def own_dtype(base: Base) -> Iterator[Finding]:
    """In the dtype that the inputs came in, all is as in float64, but for rounding."""
    problem = base.problem
    dtypes = [leaf.dtype for leaf in problem.leaves]
    if hasattr(problem.f, "op") and all(d == np.float64 for d in dtypes):
        dtypes = [np.dtype(np.float32)] * len(dtypes)
    if all(d.itemsize >= 8 for d in dtypes) or len(set(dtypes)) != 1:
        return
    given = [leaf.array.astype(d) for leaf, d in zip(problem.leaves, dtypes, strict=True)]
    fits = [
        np.isfinite(g).all() and ((g == 0) == (leaf.array == 0)).all()
        for g, leaf in zip(given, problem.leaves, strict=True)
    ]
    if not all(fits) or not np.isfinite(base.vector).all():
        return
    for array in given:
        array.flags.writeable = False
    leaves, outs = problem.record(given)
    pulled = problem.chain(leaves, outs, [base.seed])
    problem.restore()
    dtype, limit = dtypes[0], 100 * float(np.finfo(dtypes[0]).eps) ** 0.5
    for out in outs:
        if raw(out).dtype.itemsize > dtype.itemsize and hasattr(problem.f, "op"):
            text = f"given {dtype} the op computes in {raw(out).dtype}"
            fix = "keep the dtype: Python numbers do, np.float64 and new arrays do not"
            yield Finding("dtype", text, str(raw(out).dtype), str(dtype), fix)
            return
    for leaf, g in zip(problem.leaves, pulled, strict=True):
        if g is not None and raw(g).dtype != leaf.dtype and raw(g).dtype != dtype:
            text = f"the gradient by {leaf.name} has not its dtype"
            yield Finding("dtype", text, str(raw(g).dtype), str(dtype))
            return
    got = problem.vector(pulled)
    if not agree(got, base.vector, limit):
        text = f"the gradient computed in {dtype} is far from the one in float64"
        yield Finding("precision", text, *_difference(got, base.vector))
