"""What the network kernels need to know of a model, as one frozen record.

The compiled network and its NumPy twin read the same record. What a network knows lies in one
vector; `Layout` says where.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Layout", "Plan", "layout", "n_moments", "parameter_slices"]


@dataclass(frozen=True)
class Plan:
    """A network with L layers, its loss, its regularisers and its optimiser.

    Fields with a default of ``()`` may be left out; they then read as L times "no".

    Attributes
    ----------
    sizes : tuple of int, length L + 1
        Units n[0] (inputs) to n[L] (outputs).
    activations : tuple of str, length L
        Activation of layers 1 to L. A cross-entropy starts from the logits of the last layer and
        does not apply its activation in training.
    loss : str
        ``"binary_cross_entropy"``, ``"categorical_cross_entropy"`` or ``"squared_error"``.
    keep_prob : tuple of float, length L
        Probability of keeping a unit of layers 0 (the input) to L - 1; 1 is no dropout.
    l1, l2 : tuple of float, length L
        Coefficients of ``sum |W|`` and ``1/2 sum W^2`` of layers 1 to L, scaled already.
    optimizer : str
        Name of an optimiser kernel.
    hyper : tuple of float
        Its arguments between the moments and ``t``, without the learning rate.
    seed : int
        Key of all random draws, 0 <= seed < 2**64.
    proximal : tuple of float, length L
        Coefficients of ``sum |W|`` of layers 1 to L that act by a soft threshold of the learning
        rate times the coefficient after each step, not by the gradient. They are part of the cost.
    max_norm : tuple of float, length L
        Bounds on the norms of the rows of W of layers 1 to L, kept after each step; 0 is none.
    gaussian : tuple of bool, length L
        Whether the dropout of layers 0 to L - 1 multiplies by N(1, (1 - keep_prob) / keep_prob).
    noise : float
        Standard deviation of Gaussian noise added to the inputs in training.
    batch_norm : tuple of bool, length L
        Whether layers 1 to L normalise Z over the batch; they then have gamma, and b is beta.
    gates : tuple of bool, length L
        Whether the units of layers 0 to L - 1 have hard-concrete gates with parameters log_alpha.
    l0 : tuple of float, length L
        Coefficients of the expected number of open gates of layers 0 to L - 1.
    smoothing : float
        Share of each target that is spread evenly over the classes.
    clip_value, clip_norm : float
        Bounds on each number of the gradient and on its norm, penalties included; 0 is none.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    keep_prob: tuple[float, ...]
    l1: tuple[float, ...]
    l2: tuple[float, ...]
    optimizer: str = "gradient_descent"
    hyper: tuple[float, ...] = ()
    seed: int = 0
    proximal: tuple[float, ...] = ()
    max_norm: tuple[float, ...] = ()
    gaussian: tuple[bool, ...] = ()
    noise: float = 0.0
    batch_norm: tuple[bool, ...] = ()
    gates: tuple[bool, ...] = ()
    l0: tuple[float, ...] = ()
    smoothing: float = 0.0
    clip_value: float = 0.0
    clip_norm: float = 0.0
    # what the compiled core made of this plan; belongs to this process, so it is never copied
    parsed: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n_layers = len(self.sizes) - 1
        no = {
            "proximal": 0.0,
            "max_norm": 0.0,
            "gaussian": False,
            "batch_norm": False,
            "gates": False,
            "l0": 0.0,
        }
        for name, value in no.items():
            if not getattr(self, name):
                object.__setattr__(self, name, (value,) * n_layers)
        for name in ("activations", "keep_prob", "l1", "l2", *no):
            if len(getattr(self, name)) != n_layers:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries, wanted {n_layers}")

    def keep(self, parsed: Any) -> None:
        """Keep what the compiled core made of this plan."""
        object.__setattr__(self, "parsed", parsed)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "parsed": None}

    @property
    def layout(self) -> Layout:
        """Where the parts lie in the vector of parameters."""
        return layout(self.sizes, self.batch_norm, self.gates)


class Layout(NamedTuple):
    """Where the parts of a network lie in its vector.

    ``W[1], b[1], gamma[1], W[2], ...``, then the gates of all layers that have them, then, which no
    optimiser touches, mean and variance of the layers with batch norm and the sum of their weights.

    Attributes
    ----------
    W, b : tuple of slice
        Of layers 1 to L; with batch norm b is beta.
    gamma, mean, variance : tuple of slice or None
        Of layers 1 to L.
    log_alpha : tuple of slice or None
        Of layers 0 to L - 1.
    weight : slice or None
        One number: the sum of the weights of the exponentially weighted statistics, by which mean and
        variance are divided; 0 before the first step.
    n_trained, size : int
        Numbers that an optimiser moves, and all of them.
    """

    W: tuple[slice, ...]
    b: tuple[slice, ...]
    gamma: tuple[slice | None, ...]
    log_alpha: tuple[slice | None, ...]
    mean: tuple[slice | None, ...]
    variance: tuple[slice | None, ...]
    weight: slice | None
    n_trained: int
    size: int


@lru_cache(maxsize=256)
def layout(sizes: tuple[int, ...], batch_norm: tuple[bool, ...] = (), gates: tuple[bool, ...] = ()) -> Layout:
    """The layout of a network of these sizes.

    >>> layout((2, 3, 1)).b
    (slice(6, 9, None), slice(12, 13, None))
    >>> layout((2, 3, 1), batch_norm=(True, False)).gamma
    (slice(9, 12, None), None)
    """
    n_layers, at = len(sizes) - 1, 0
    normed, gated = batch_norm or (False,) * n_layers, gates or (False,) * n_layers

    def take(n: int) -> slice:
        nonlocal at
        at += n
        return slice(at - n, at)

    W, b, gamma = [], [], []
    for n_in, n_out, norm in zip(sizes[:-1], sizes[1:], normed, strict=True):
        W.append(take(n_in * n_out))
        b.append(take(n_out))
        gamma.append(take(n_out) if norm else None)
    log_alpha = [take(n) if gate else None for n, gate in zip(sizes[:-1], gated, strict=True)]
    n_trained, mean, variance = at, [], []
    for n_out, norm in zip(sizes[1:], normed, strict=True):
        mean.append(take(n_out) if norm else None)
        variance.append(take(n_out) if norm else None)
    weight = take(1) if any(normed) else None
    parts = map(tuple, (W, b, gamma, log_alpha, mean, variance))
    return Layout(*parts, weight=weight, n_trained=n_trained, size=at)  # type: ignore[arg-type]


def parameter_slices(sizes: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Slices of W[l] and b[l], l = 1 to L, in the vector of a network without batch norm.

    >>> parameter_slices((2, 3, 1))
    [(slice(0, 6, None), slice(6, 9, None)), (slice(9, 12, None), slice(12, 13, None))]
    """
    places = layout(tuple(sizes))
    return list(zip(places.W, places.b, strict=True))


def n_moments(optimizer: str) -> int:
    """Vectors of parameter size that an optimiser keeps between steps."""
    return {"gradient_descent": 0, "adam": 2, "adamw": 2}.get(optimizer, 1)
