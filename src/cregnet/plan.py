"""What the network kernels need to know of a model, as one frozen record.

The compiled network and its NumPy twin read the same record. The parameters of a network lie in
one vector, ``W[1], b[1], W[2], b[2], ...``, each row-major; `parameter_slices` says where.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Plan", "n_moments", "parameter_slices"]


@dataclass(frozen=True)
class Plan:
    """A network with L layers, its loss, its penalties and its optimiser.

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
        Key of the dropout masks, 0 <= seed < 2**64.
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
    # what the compiled core made of this plan; belongs to this process, so it is never copied
    parsed: Any = field(default=None, init=False, repr=False, compare=False)

    def keep(self, parsed: Any) -> None:
        """Keep what the compiled core made of this plan."""
        object.__setattr__(self, "parsed", parsed)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "parsed": None}

    def __post_init__(self) -> None:
        n_layers = len(self.sizes) - 1
        for name in ("activations", "keep_prob", "l1", "l2"):
            if len(getattr(self, name)) != n_layers:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries, wanted {n_layers}")


def parameter_slices(sizes: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Slices of W[l] and b[l], l = 1 to L, in the parameter vector.

    >>> parameter_slices((2, 3, 1))
    [(slice(0, 6, None), slice(6, 9, None)), (slice(9, 12, None), slice(12, 13, None))]
    """
    slices, at = [], 0
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        W = slice(at, at + n_out * n_in)
        b = slice(W.stop, W.stop + n_out)
        slices.append((W, b))
        at = b.stop
    return slices


def n_moments(optimizer: str) -> int:
    """Vectors of parameter size that an optimiser keeps between steps."""
    return {"gradient_descent": 0, "adam": 2, "adamw": 2}.get(optimizer, 1)
