"""Other frameworks behind one interface: where a function is found, what its gradients are."""

from __future__ import annotations

import importlib.metadata
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag


class Framework:
    """What is asked of every framework. `m` stands for its counterpart of NumPy's namespace."""

    package: str
    title: str
    m: Any
    namespaces: tuple[Any, ...]
    others: Mapping[str, Callable[..., Any]]
    """Functions of another name or another order of arguments than NumPy's."""

    twice = True
    """Whether second derivatives are compared as well."""

    @property
    def version(self) -> str:
        return importlib.metadata.version(self.package).partition("+")[0]

    def function(self, op: str) -> Callable[..., Any] | None:
        """Its function of the meaning of an op of ours, if it has one."""
        return self.others.get(op) or self.own(op)

    def own(self, name: str) -> Callable[..., Any] | None:
        """Its function of that name, whatever it means there."""
        found = (getattr(space, name, None) for space in self.namespaces)
        return next(filter(callable, found), None)

    def array(self, x: Any) -> Any:
        """An argument as the framework wants it."""
        return x

    def plain(self, x: Any) -> Any:
        """An array of NumPy's."""
        return np.asarray(x)

    def joined(self, out: Any) -> Any:
        """Several results as one vector."""
        if not isinstance(out, (list, tuple)):
            return out
        return self.m.concatenate([self.m.reshape(part, (-1,)) for part in out])

    def gradients(self, f: Callable[..., Any], arrays: list[Any], of: list[int]) -> list[Any]:
        """Of a real number f, by some of its arguments."""
        raise NotImplementedError

    def second(
        self, f: Callable[..., Any], arrays: list[Any], of: list[int], along: list[Any]
    ) -> list[Any]:
        """The Hessian of f times a direction."""

        def slope(*arrays: Any) -> Any:
            gradients = self.gradients(f, list(arrays), of)
            return sum(self.m.sum(g * u) for g, u in zip(gradients, along, strict=True))

        return self.gradients(slope, arrays, of)


class Ours(Framework):
    package, title, m = "autograd_lite", "autograd_lite", np
    namespaces = (ag, ag.linalg, ag.special, ag.fft)
    others = types.MappingProxyType({})

    def gradients(self, f, arrays, of):
        return list(ag.grad(f, argnums=tuple(of))(*arrays))


class Hips(Framework):
    package, title = "autograd", "HIPS autograd"

    def __init__(self):
        import autograd
        import autograd.numpy as m
        import autograd.scipy.linalg
        import autograd.scipy.special

        self.grad, self.m = autograd.grad, m
        special, linalg = autograd.scipy.special, autograd.scipy.linalg
        self.namespaces = (m, m.linalg, special, m.fft, linalg)
        self.others = {"sigmoid": special.expit}

    def gradients(self, f, arrays, of):
        return list(self.grad(f, argnum=tuple(of))(*arrays))


class Jax(Framework):
    package, title = "jax", "JAX"
    twice = False

    def __init__(self):
        import jax
        import jax.numpy as m
        import jax.scipy.linalg
        import jax.scipy.special

        jax.config.update("jax_enable_x64", True)
        self.jax, self.m = jax, m
        special = jax.scipy.special
        self.namespaces = (m, m.linalg, special, m.fft, jax.nn, jax.scipy.linalg, jax.lax)
        self.others = {"gelu": lambda x, approximate=False: jax.nn.gelu(x, approximate)}

    def array(self, x):
        return self.m.asarray(x) if isinstance(x, np.ndarray) else x

    def gradients(self, f, arrays, of):
        return list(self.jax.grad(f, argnums=tuple(of))(*arrays))


class Torch(Framework):
    package, title = "torch", "PyTorch"

    def __init__(self):
        import torch

        from peers.torch_names import NAMES

        self.m = torch
        torch.set_num_threads(1)
        functional, linalg = torch.nn.functional, torch.linalg
        self.namespaces = (torch, linalg, torch.special, functional, torch.fft)
        self.others = NAMES

    def array(self, x):
        x = np.array(x) if isinstance(x, np.ndarray) else x
        return self.m.as_tensor(x) if isinstance(x, np.ndarray) else x

    def plain(self, x):
        return x.detach().resolve_conj().numpy() if hasattr(x, "detach") else np.asarray(x)

    def gradients(self, f, arrays, of):
        # Within an outer `gradients` the arrays are its own, and the graph goes on through them.
        nested = any(getattr(x, "requires_grad", False) for x in arrays)
        if not nested:
            arrays = [x.clone().requires_grad_() if i in of else x for i, x in enumerate(arrays)]
        sources = [arrays[i] for i in of]
        out = f(*arrays)
        if not out.requires_grad:
            return [self.m.zeros_like(x) for x in sources]
        return list(self.m.autograd.grad(out, sources, create_graph=nested, materialize_grads=True))


FRAMEWORKS: dict[str, type[Framework]] = {
    "autograd_lite": Ours,
    "autograd": Hips,
    "torch": Torch,
    "jax": Jax,
}
