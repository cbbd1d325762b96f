"""A network: layers and one flat vector of parameters, with the views of its parts.

`Model` is a network that predicts (prediction.py), is made from arguments, and can be saved (model.py).
"""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cregnet import Layout, Plan
from cregnet.spec import ActivationName, LossName

from .._support.randomness import check_seed
from .._support.threads import resolve_threads
from ..data.losses import Loss, predicts_classes
from . import compression
from .initializers import fill_weights
from .layers import Dense, Layer
from .losses import plan_loss
from .parameters import aligned_vector, column_views, weight_views
from .state import TrainingState
from .structure import ComputeDType, Structure

__all__ = ["Network"]

Array = NDArray[Any]
# A prediction with fewer rows times parameters gains little from threads: asking how many there may be takes
# some microseconds.
ASK_THREADS = 1 << 20
START_OPEN = 0.9  # of a gate: the probability that it starts more open than closed


class Network:
    """Layers and parameters; the attributes are described in `Model`."""

    layers: tuple[Layer, ...]
    dtype: np.dtype[Any]
    seed: int
    classes: Array | None
    feature_names: tuple[str, ...] | None = None
    training_state: TrainingState | None
    parameters: Array
    _plan: Plan
    _folds: bool  # whether there is something to fold into the weights
    _n_inputs: int
    _quick_shape: tuple[int, int] | None  # of one row, unless the net is so large that threads pay for it
    _classifies: bool  # whether the loss is one of classes

    def _set_structure(self, structure: Structure) -> None:
        """Set everything but the parameters; `layout` then says how many there are."""
        self.layers = structure.layers
        self.dtype = structure.dtype
        self.seed = structure.seed
        self._plan = structure.plan
        self._folds = any(self._plan.batch_norm + self._plan.gates)
        self._classifies = predicts_classes(self._plan.loss)
        self._n_inputs = self.layers[0].units
        self._quick_shape = (1, self._n_inputs) if self.layout.size < ASK_THREADS else None
        self.classes = structure.classes
        self.feature_names = None
        self.training_state = None

    @property
    def loss(self) -> LossName:
        """Name of the loss."""
        return cast(LossName, self._plan.loss)

    @property
    def loss_options(self) -> dict[str, float]:
        """Options of the loss with their values; empty for a loss that has none.

        >>> import regnet as rn
        >>> rn.Model.mlp([2, 3, 1]).loss_options
        {}
        """
        return self._loss.options

    @property
    def compute_dtype(self) -> ComputeDType:
        """dtype of the factors in the products of training.

        >>> import regnet as rn
        >>> rn.Model.mlp([2, 3, 1]).compute_dtype
        'float32'
        """
        return cast(ComputeDType, self._plan.compute_dtype or self.dtype.name)

    @property
    def _loss(self) -> Loss:
        return plan_loss(self._plan)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units n[0] to n[L]."""
        return tuple(layer.units for layer in self.layers)

    @property
    def activations(self) -> tuple[ActivationName, ...]:
        """Activations of layers 1 to L."""
        return tuple(layer.activation for layer in self.layers[1:])

    @property
    def keep_prob(self) -> tuple[float, ...]:
        """Probabilities of keeping a unit, layers 0 to L - 1."""
        return tuple(layer.keep_prob for layer in self.layers[:-1])

    @property
    def layout(self) -> Layout:
        """Where the parts lie in `parameters`."""
        return self._plan.layout

    @property
    def weights(self) -> list[Array]:
        """Views of W[1] to W[L]; entry l has shape (n[l+1], n[l])."""
        return weight_views(self._plan, self.parameters)

    @property
    def biases(self) -> list[Array]:
        """Views of b[1] to b[L], which with batch norm is beta; entry l has shape (n[l+1], 1)."""
        return column_views(self.parameters, self.layout.b)

    @property
    def gammas(self) -> list[Array | None]:
        """Views of gamma of layers 1 to L; entry l has shape (n[l+1], 1) or is None."""
        return column_views(self.parameters, self.layout.gamma)

    @property
    def log_alphas(self) -> list[Array | None]:
        """Views of log_alpha of layers 0 to L - 1; entry l has shape (n[l], 1) or is None."""
        return column_views(self.parameters, self.layout.log_alpha)

    @property
    def gates(self) -> list[Array | None]:
        """The gates z at prediction, layers 0 to L - 1: entry l has shape (n[l],) or is None.

        0 is a closed gate: `pruned` leaves its unit out. See `L0` for the formula.

        >>> import regnet as rn
        >>> model = rn.Model([rn.Input(2, gates=True), rn.Dense(1, "sigmoid")])
        >>> model.log_alphas[0] = [[5.0], [-5.0]]
        >>> model.gates
        [array([1., 0.], dtype=float32)]
        """
        return [None if x is None else compression.gate_values(x[:, 0]) for x in self.log_alphas]

    @property
    def plan(self) -> Plan:
        """The model as a plan for the kernels, without penalties."""
        if self._plan.seed != self.seed:
            self._plan = replace(self._plan, seed=check_seed(self.seed))
        return self._plan

    def initialize(self) -> None:
        """Set the parameters to their initial values, a function of the seed; forget earlier training."""
        self.training_state = None
        self.feature_names = None
        places = self.layout
        # only the parts without draws: to clear the whole vector would write the weights twice, by one thread
        for start, parts in (
            (0.0, (*places.b, *places.mean, *places.variance, places.weight)),
            (1.0, places.gamma),
            (log(START_OPEN / (1 - START_OPEN)), places.log_alpha),
        ):
            for part in parts:
                if part is not None:
                    self.parameters[part] = start
        n_threads = resolve_threads(None)
        for l, (layer, W) in enumerate(zip(self.layers[1:], self.weights, strict=True), start=1):
            assert isinstance(layer, Dense)
            fill_weights(layer.initializer, W, self.seed, l, n_threads)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # unpickled arrays are not aligned to 64 bytes, as `parameters` is
        self.__dict__.update(state)
        self.parameters = aligned_vector(state["parameters"].size, self.dtype)
        self.parameters[:] = state["parameters"]

    def __repr__(self) -> str:
        sizes, activations = "-".join(map(str, self.sizes)), "-".join(self.activations)
        n = self.layout.n_trained
        return f"{type(self).__name__}({sizes}, {activations}, {self._loss}, {self.dtype}, {n} parameters)"
