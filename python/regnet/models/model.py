"""The model: layers and one flat vector of parameters. How it predicts is in prediction.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import log
from os import PathLike
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from cregnet import Layout, Plan

from .._support.checks import fraction, shown
from .._support.keywords import suggests_keywords
from .._support.randomness import check_seed
from ..data.losses import Loss
from . import compression
from .initializers import Initializer, InitializerName
from .layers import Activation, Dense, Input, Layer
from .parameters import aligned_vector, column_views, weight_views
from .prediction import Predictor
from .state import TrainingState
from .structure import DType, Structure, check_structure

if TYPE_CHECKING:
    from .saving import Saved

__all__ = ["Model"]

Array = NDArray[Any]
START_OPEN = 0.9  # of a gate: the probability that it starts more open than closed


class Model(Predictor):
    """A feed-forward network on NumPy arrays.

    Parameters
    ----------
    layers : sequence of Input, Dense, Dense, ...
        One `Input` and at least one `Dense`.
    dtype : {"float32", "float64"}
        Of parameters, computation and output.
    seed : int
        For the initial weights, the shuffling and the dropout masks.
    loss : {"binary_cross_entropy", "categorical_cross_entropy", "squared_error"}, optional
        Default: what the output activation implies, sigmoid, softmax or anything else.
    classes : array-like, optional
        Class labels, sorted on entry; learnt from y in training when not given.

    Attributes
    ----------
    parameters : array (n,)
        All that the model knows in one aligned vector: W[1], b[1], W[2], b[2], ..., then the gates,
        then the statistics of batch norm, which no optimiser touches (`layout` says where).
    weights, biases : lists of views into `parameters`
        weights[l] has shape (n[l+1], n[l]), biases[l] (n[l+1], 1); writable. With batch norm biases[l]
        is beta.
    gammas : list of views or None
        gammas[l] has shape (n[l+1], 1), None for a layer without batch norm. It starts at 1.
    log_alphas : list of views or None
        log_alphas[l] has shape (n[l], 1), of the gates of layer l from the input (0) on, None where
        there are none. It starts at log(0.9 / 0.1): with probability 0.1 a gate is more closed than
        open in a step, with probability 0.02 it is 0; at prediction it starts at 0.98.
    classes : array or None
        Sorted class labels, for a classifier that has seen labels.
    feature_names : tuple of str or None
        Names of the columns of X, when the first training after the start saw a frame whose columns all
        have names that are text. A frame given later must have the same columns in the same order; arrays
        are taken as they lie.

    Raises
    ------
    ValueError, TypeError
        If the layers do not make a network, or an argument is out of range.

    Examples
    --------
    >>> model = Model([Input(2), Dense(3, "relu"), Dense(1, "sigmoid")], dtype="float64", seed=3)
    >>> model
    Model(2-3-1, relu-sigmoid, binary_cross_entropy, float64, 13 parameters)
    >>> model.weights[0].shape, model.biases[0].shape
    ((3, 2), (3, 1))
    """

    @suggests_keywords
    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        dtype: DType = "float32",
        seed: int = 0,
        loss: Loss | None = None,
        classes: ArrayLike | None = None,
    ) -> None:
        self._set_structure(check_structure(layers, dtype, seed, loss, classes))
        self.parameters = aligned_vector(self.layout.size, self.dtype)
        self.initialize()

    @classmethod
    def _from_saved(cls, saved: Saved) -> Model:
        """The model that a file holds; no initial weights are drawn."""
        model = cls.__new__(cls)
        model._set_structure(saved.structure)
        model.parameters = saved.parameters
        model.feature_names = saved.feature_names
        model.training_state = saved.training_state
        return model

    def _set_structure(self, structure: Structure) -> None:
        """Set everything but the parameters; `layout` then says how many there are."""
        self.layers = structure.layers
        self.dtype = structure.dtype
        self.seed = structure.seed
        self.loss = structure.loss
        self._plan = structure.plan
        self._folds = any(self._plan.batch_norm + self._plan.gates)
        self.classes = structure.classes
        self.feature_names: tuple[str, ...] | None = None
        self.training_state: TrainingState | None = None

    @classmethod
    @suggests_keywords
    def mlp(
        cls,
        sizes: Sequence[int],
        *,
        activation: Activation = "relu",
        output: Activation | None = None,
        init: Initializer | InitializerName | None = None,
        keep_prob: float | Sequence[float] = 1.0,
        max_norm: float | None = None,
        batch_norm: bool = False,
        dtype: DType = "float32",
        seed: int = 0,
        loss: Loss | None = None,
        classes: ArrayLike | None = None,
    ) -> Model:
        """The short form: equal hidden layers between an input and an output.

        Parameters
        ----------
        sizes : sequence of int
            Units n[0] (features) to n[L] (outputs).
        activation, init
            Of the hidden layers and of all layers: see `Dense`.
        output : str, optional
            Activation of the output. Default: sigmoid for one output, softmax for more.
        keep_prob : float, or one for each of the layers 0 to L - 1
            One number is for the hidden layers; the input is then kept whole.
        max_norm, batch_norm
            Of the hidden layers.

        Other parameters and errors are those of `Model`.

        Examples
        --------
        >>> Model.mlp([2, 20, 3, 1], init="he", keep_prob=0.86).keep_prob
        (1.0, 0.86, 0.86)
        """
        try:
            sizes = list(sizes)
        except TypeError:
            raise TypeError(f"sizes is {shown(sizes)}, wanted a sequence such as [2, 20, 1]") from None
        if len(sizes) < 2:
            raise ValueError(f"sizes is {shown(sizes)}, wanted at least the inputs and the outputs")
        if output is None:
            output = "sigmoid" if sizes[-1] == 1 else "softmax"
        if isinstance(keep_prob, Iterable) and not isinstance(keep_prob, str):
            keep = list(keep_prob)
        else:
            keep = [1.0] + [fraction("keep_prob", keep_prob, one=True)] * (len(sizes) - 2)
        if len(keep) != len(sizes) - 1:
            raise ValueError(
                f"keep_prob has {len(keep)} entries, wanted {len(sizes) - 1}, one per layer but the last"
            )
        # made also where there is no hidden layer, so that what is given for them is checked
        hidden = Dense(1, activation, 1.0, init, max_norm=max_norm, batch_norm=batch_norm)
        between = [replace(hidden, units=n, keep_prob=k) for n, k in zip(sizes[1:-1], keep[1:], strict=True)]
        layers = [Input(sizes[0], keep[0]), *between, Dense(sizes[-1], output, 1.0, init)]
        return cls(layers, dtype=dtype, seed=seed, loss=loss, classes=classes)

    # -------------------------------------------------------------------------- structure

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units n[0] to n[L]."""
        return tuple(layer.units for layer in self.layers)

    @property
    def activations(self) -> tuple[Activation, ...]:
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

        >>> model = Model([Input(2, gates=True), Dense(1, "sigmoid")])
        >>> model.log_alphas[0] = [[5.0], [-5.0]]
        >>> model.gates
        [array([1., 0.], dtype=float32)]
        """
        return [None if x is None else compression.gate_values(x[:, 0]) for x in self.log_alphas]

    @property
    def plan(self) -> Plan:
        """The model as the kernels read it, without penalty."""
        if self._plan.seed != self.seed:
            self._plan = replace(self._plan, seed=check_seed(self.seed))
        return self._plan

    def initialize(self) -> None:
        """Set the parameters to their initial values, a function of the seed; forget earlier training."""
        self.training_state = None
        self.feature_names = None
        self.parameters[:] = 0
        for gamma in self.layout.gamma:
            if gamma is not None:
                self.parameters[gamma] = 1
        for log_alpha in self.layout.log_alpha:
            if log_alpha is not None:
                self.parameters[log_alpha] = log(START_OPEN / (1 - START_OPEN))
        for l, (layer, W) in enumerate(zip(self.layers[1:], self.weights, strict=True), start=1):
            assert isinstance(layer, Dense)
            W[...] = layer.initializer.weights(W.shape[1], W.shape[0], self.seed, l)

    def copy(self) -> Model:
        """An independent copy, parameters and all."""
        from copy import deepcopy

        return deepcopy(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # a pickled array comes back where the allocator likes; ours is aligned
        self.__dict__.update(state)
        self.parameters = aligned_vector(state["parameters"].size, self.dtype)
        self.parameters[:] = state["parameters"]

    def __repr__(self) -> str:
        sizes, activations = "-".join(map(str, self.sizes)), "-".join(self.activations)
        n = self.layout.n_trained
        return f"Model({sizes}, {activations}, {self.loss}, {self.dtype}, {n} parameters)"

    # -------------------------------------------------------------------------- smaller models

    def sparsity(self) -> compression.Sparsity:
        """Share of the weights that are exactly 0; biases do not count.

        Returns
        -------
        Sparsity

        Examples
        --------
        >>> model = Model.mlp([2, 4, 1])
        >>> model.weights[0][:2] = 0
        >>> model.sparsity()
        Sparsity(whole=0.3333333333333333, by_layer=(0.5, 0.0))
        """
        return compression.sparsity(self.weights)

    def folded(self) -> Model:
        """The same net as dense layers without batch norm and gates: it predicts the same up to rounding.

        Returns
        -------
        Model
            A new one. Dropout, noise, max-norm and penalties of its layers are those of the model, but
            for `L0`, which has nothing left to act on, and the max-norm of a layer that had batch norm:
            it bounded the weights before they were folded.

        Examples
        --------
        >>> model = Model([Input(2, gates=True), Dense(8, "relu", batch_norm=True), Dense(1, "sigmoid")])
        >>> model
        Model(2-8-1, relu-sigmoid, binary_cross_entropy, float32, 43 parameters)
        >>> model.folded()
        Model(2-8-1, relu-sigmoid, binary_cross_entropy, float32, 33 parameters)
        """
        return self._rebuilt(*compression.folded(self.layers, self.plan, self.parameters))

    def pruned(self) -> Model:
        """The smaller dense net of the units that survive: it predicts the same up to rounding.

        A hidden unit survives if its gate is open and some weight that is not 0 leads on from it to a
        unit that survives. Gates and batch norm are folded into the weights. The inputs stay as many as
        they were, so that the same X can be given; `gates` tells which of them are closed.

        The model has gates (`L0`), exact zeros in its weights (``L1(..., proximal=True)``), or neither;
        then it is `folded`.

        Returns
        -------
        Model
            A new one. A layer keeps at least one unit; a softmax in between keeps all of its units,
            since each changes the others.

        Examples
        --------
        >>> model = Model([Input(2), Dense(8, "relu", gates=True), Dense(1, "sigmoid")], seed=1)
        >>> model.log_alphas[1][3:] = -5
        >>> model.pruned().sizes
        (2, 3, 1)
        """
        return self._rebuilt(*compression.pruned(self.layers, self.plan, self.parameters))

    def _rebuilt(self, layers: Sequence[Layer], parameters: Array) -> Model:
        """A model with these layers and parameters, and all else as in this one."""
        made = Model(layers, dtype=self.dtype, seed=self.seed, loss=self.loss, classes=self.classes)
        made.parameters[:] = parameters
        made.feature_names = self.feature_names
        return made

    # -------------------------------------------------------------------------- prediction

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a .safetensors or .npz file; an earlier file is replaced whole or not at all.

        The model goes to a new file in the same folder, which takes the place of the earlier one when it
        is on the disk: if the process is killed or the disk is full, the earlier file is as it was. The
        folder has to be one in which a new file can be created. A symbolic link stays one, and its target
        is replaced; the mode of the file is kept.

        Parameters
        ----------
        path : str or path
            The ending chooses the format.

        Raises
        ------
        ValueError, TypeError
            If the name ends otherwise, or the model has something that a file cannot hold, such as dates
            as class labels, or layers and penalties that are not regnet's.
        ImportError
            If it ends in .safetensors and that package is missing.
        OSError
            If the file cannot be written: no such folder, no permission, no space.

        Notes
        -----
        The file holds a SHA-256 digest of all that it says, which `load` checks. A process that is killed
        in the midst of saving leaves a hidden file ``.net.npz.<16 digits>.tmp`` beside ``net.npz``, which
        may be deleted.

        Examples
        --------
        >>> import tempfile, os
        >>> import regnet as rn
        >>> model = Model.mlp([2, 3, 1], seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(os.path.join(folder, "net.npz"))
        ...     same = rn.load(os.path.join(folder, "net.npz"))
        >>> bool((same.parameters == model.parameters).all())
        True
        """
        from .saving import Saved, save  # files take as long to import as the model, and few are written

        structure = Structure(self.layers, self.dtype, self.seed, self.loss, self._plan, self.classes)
        save(Saved(structure, self.parameters, self.feature_names, self.training_state), path)


def check_model(model: Any, *others: Any) -> Model:
    """The model that a function is given first; `others` are the arguments that may have its place."""
    if isinstance(model, Model):
        return model
    swapped = any(isinstance(other, Model) for other in others)
    where = " first: train(model, X, y), and other functions alike" if swapped else ""
    raise TypeError(f"model is {shown(model)}, wanted a Model{where}")
