"""Everything that the network kernels need to know about a model, as one frozen record.

The compiled network and its NumPy twin read the same record. The parameters of a network are in one
vector; `Layout` has the slice of each.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from .spec import ACTIVATIONS, LOSSES, OPTIMIZERS, REGULARIZERS, Option

__all__ = ["Layout", "Plan", "layout", "n_moments", "parameter_slices"]

MOST_PARAMETERS = 2**48  # the core counts bytes of blocks of examples in 64 bits


@dataclass(frozen=True)
class Plan:
    """A network with L layers, its loss, its regularisers and its optimiser.

    Fields whose default is ``()`` may be left out; they then mean 0 or False for each of the L layers.

    Attributes
    ----------
    sizes : tuple of int, length L + 1
        Units n[0] (inputs) to n[L] (outputs), each at least 1.
    activations : tuple of str, length L
        Activations of layers 1 to L. A loss with a link is computed from the logits of the last
        layer, whose activation is then not applied in training.
    loss : str
        Name of a loss kernel.
    keep_prob : tuple of float, length L
        Probability of keeping a unit of layers 0 (the input) to L - 1; 1 is no dropout.
    l1, l2 : tuple of float, length L
        Coefficients of ``sum |W|`` and ``1/2 sum W^2`` of layers 1 to L. The caller has scaled them,
        for example to ``lambda / m``.
    optimizer : str
        Name of an optimiser kernel.
    hyper : tuple of float
        The optimiser's options, in the order of its row in `cregnet.spec`.
    seed : int
        Key of all random draws, 0 <= seed < 2**64.
    proximal : tuple of float, length L
        Coefficients of ``sum |W|`` of layers 1 to L. They are part of the cost, but not of the gradient:
        after each step, the weights get a soft threshold of the learning rate times the coefficient.
    max_norm : tuple of float, length L
        Bounds on the norms of the rows of W of layers 1 to L, enforced after each step; 0 is none.
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
        Label smoothing: the fraction of each target that is spread evenly over the classes.
    clip_value, clip_norm : float
        Bounds on each element of the gradient and on its norm, penalties included; 0 is none.
    loss_options : tuple of float
        The loss kernel's options; its defaults if left out.
    compute_dtype : None or "bfloat16"
        With "bfloat16", operands of a layer's products are rounded to bfloat16 in training; parameters, sums
        and everything else stay float32. None is the dtype of the parameters.

    Raises
    ------
    ValueError, TypeError
        If a field has the wrong length, an unknown name, or a number outside its range.
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
    loss_options: tuple[float, ...] = ()
    compute_dtype: str | None = None
    # the compiled core's copy of this plan; it belongs to this process, so it is neither copied nor pickled
    parsed: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_sizes(self.sizes)
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
        self.check_names()
        if not self.loss_options:
            defaults = tuple(option.default for option in LOSSES[self.loss].options)
            object.__setattr__(self, "loss_options", defaults)
        check_options("loss_options", self.loss_options, self.loss, LOSSES[self.loss].options)
        check_options("hyper", self.hyper, self.optimizer, OPTIMIZERS[self.optimizer].options)
        self.check_numbers()

    def check_names(self) -> None:
        """Check the names of activations, loss and optimiser."""
        for activation in self.activations:
            check_name("activation", activation, ACTIVATIONS)
        check_name("loss", self.loss, LOSSES)
        check_name("optimizer", self.optimizer, OPTIMIZERS)
        if self.compute_dtype not in (None, "bfloat16"):
            raise ValueError(f"compute_dtype is {self.compute_dtype!r}, wanted None or 'bfloat16'")

    def check_numbers(self) -> None:
        """Check the ranges; a NaN is outside every range."""
        for value in self.keep_prob:
            if not 0 < value <= 1:
                raise ValueError(f"keep_prob is {value!r}, wanted 0 < keep_prob <= 1")
        for name, regularizer in REGULARIZERS.items():
            for value in getattr(self, name):
                regularizer.range.check(value)
        for name in ("noise", "clip_value", "clip_norm"):
            check_number(name, getattr(self, name), 0, math.inf)
        check_number("smoothing", self.smoothing, 0, 1)
        for name in ("gaussian", "batch_norm", "gates"):
            for value in getattr(self, name):
                if value not in (False, True):
                    raise ValueError(f"{name} is {value!r}, wanted True or False")
        if not 0 <= operator.index(self.seed) < 2**64:
            raise ValueError(f"seed is {self.seed!r}, wanted a whole number from 0 to 2**64 - 1")

    def keep(self, parsed: Any) -> None:
        """Store the compiled core's copy of this plan."""
        object.__setattr__(self, "parsed", parsed)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "parsed": None}

    @property
    def layout(self) -> Layout:
        """The slices of the parts in the vector of parameters."""
        return layout(self.sizes, self.batch_norm, self.gates)

    def count_batches(self, n_examples: int, batch_size: int) -> int:
        """The number of batches of an epoch; with batch norm, a last batch of one joins the one before it.

        >>> plain = Plan((2, 1), ("identity",), "squared_error", (1.0,), (0.0,), (0.0,))
        >>> normed = Plan((2, 1), ("identity",), "squared_error", (1.0,), (0.0,), (0.0,), batch_norm=(True,))
        >>> plain.count_batches(9, 4), normed.count_batches(9, 4)
        (3, 2)
        """
        n_full, rest = divmod(n_examples, batch_size)
        merged = any(self.batch_norm) and rest == 1 and n_full > 0
        return n_full + (rest > 0 and not merged)


class Layout(NamedTuple):
    """The slices of a network's parts in its vector of parameters.

    The order is ``W[1], b[1], gamma[1], W[2], ...``, then the gates of the layers that have them. After these
    come the numbers that no optimiser changes: mean and variance of the layers with batch norm, and the
    sum of the weights of these statistics.

    Attributes
    ----------
    W, b : tuple of slice
        Of layers 1 to L; with batch norm b is beta.
    gamma, mean, variance : tuple of slice or None
        Of layers 1 to L.
    log_alpha : tuple of slice or None
        Of layers 0 to L - 1.
    weight : slice or None
        The sum of the weights of the exponentially weighted statistics, one number. Mean and variance are
        divided by it. It is 0 before the first step.
    n_trained, size : int
        How many numbers an optimiser updates, and how many there are.
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
    """The layout of a network with these sizes.

    Parameters
    ----------
    sizes : tuple of int, length L + 1
        Units n[0] (inputs) to n[L].
    batch_norm : tuple of bool, length L, or ()
        Whether layers 1 to L normalise; () is none.
    gates : tuple of bool, length L, or ()
        Whether layers 0 to L - 1 have gates; () is none.

    Returns
    -------
    Layout

    Examples
    --------
    >>> layout((2, 3, 1)).b
    (slice(6, 9, None), slice(12, 13, None))
    >>> layout((2, 3, 1), batch_norm=(True, False)).gamma
    (slice(9, 12, None), None)
    """
    n_layers, at = len(sizes) - 1, 0
    normed, gated = batch_norm or (False,) * n_layers, gates or (False,) * n_layers

    def next_slice(n: int) -> slice:
        nonlocal at
        at += n
        return slice(at - n, at)

    W, b, gamma = [], [], []
    for n_in, n_out, norm in zip(sizes[:-1], sizes[1:], normed, strict=True):
        W.append(next_slice(n_in * n_out))
        b.append(next_slice(n_out))
        gamma.append(next_slice(n_out) if norm else None)
    log_alpha = [next_slice(n) if gate else None for n, gate in zip(sizes[:-1], gated, strict=True)]
    n_trained, mean, variance = at, [], []
    for n_out, norm in zip(sizes[1:], normed, strict=True):
        mean.append(next_slice(n_out) if norm else None)
        variance.append(next_slice(n_out) if norm else None)
    weight = next_slice(1) if any(normed) else None
    parts = map(tuple, (W, b, gamma, log_alpha, mean, variance))
    return Layout(*parts, weight=weight, n_trained=n_trained, size=at)  # type: ignore[arg-type]


def parameter_slices(sizes: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Slices of W[l] and b[l], l = 1 to L, in the vector of a network without batch norm.

    Parameters
    ----------
    sizes : tuple of int, length L + 1
        Units n[0] (inputs) to n[L].

    Returns
    -------
    list of (slice, slice)

    Examples
    --------
    >>> parameter_slices((2, 3, 1))
    [(slice(0, 6, None), slice(6, 9, None)), (slice(9, 12, None), slice(12, 13, None))]
    """
    places = layout(tuple(sizes))
    return list(zip(places.W, places.b, strict=True))


def n_moments(optimizer: str) -> int:
    """The number of moments that an optimiser has, vectors of the size of the parameters.

    Parameters
    ----------
    optimizer : str
        A name of `cregnet.spec.OPTIMIZERS`.

    Returns
    -------
    int

    Examples
    --------
    >>> n_moments("adam")
    2
    """
    return len(OPTIMIZERS[optimizer].moments)


# ------------------------------------------------------------------------------ checks of a plan


def check_sizes(sizes: tuple[int, ...]) -> None:
    """Check that there are two sizes or more, each at least 1, and that the parameters can be addressed."""
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes!r}, wanted at least the inputs and the outputs")
    for n in sizes:
        if operator.index(n) < 1:
            raise ValueError(f"sizes is {sizes!r}, wanted at least 1 unit in each layer")
    n_weights = sum(int(n) * int(m) for n, m in zip(sizes[1:], sizes[:-1], strict=True))
    if n_weights >= MOST_PARAMETERS:
        raise ValueError(f"sizes is {sizes!r} and asks for {n_weights} weights, wanted fewer than 2**48")


def check_options(name: str, values: tuple[float, ...], of: str, options: tuple[Option, ...]) -> None:
    """Check that there is one number for each option of a kernel, in its range."""
    if len(values) != len(options):
        names = ", ".join(option.name for option in options)
        wanted = f"{len(options)} of {of}" + (f": {names}" if options else "")
        raise ValueError(f"{name} has {len(values)} entries, wanted {wanted}")
    for option, value in zip(options, values, strict=True):
        option.check(value)


def check_number(name: str, value: float, least: float, below: float) -> None:
    """Check that least <= value < below."""
    if not least <= value < below:
        wanted = f"a number >= {least}" if below == math.inf else f"{least} <= {name} < {below}"
        raise ValueError(f"{name} is {value!r}, wanted {wanted}")


def check_name(name: str, value: str, known: Iterable[str]) -> None:
    """Check that a name is a known one."""
    if value not in known:
        raise ValueError(f"{name} is {value!r}, wanted one of {', '.join(map(repr, known))}")
