"""The model as users make it. Its parts are in network.py, how it predicts in prediction.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from cregnet.spec import ActivationName, LossName

from .._support.checks import fraction, shown
from .._support.keywords import suggests_keywords
from ..data.losses import Loss
from . import compression
from .initializers import Initializer, InitializerName
from .layers import Dense, Input, Layer
from .losses import default_output
from .parameters import aligned_vector
from .prediction import Predictor
from .structure import ComputeDType, DType, Structure, check_structure

if TYPE_CHECKING:
    from .saving import Saved

__all__ = ["Model"]

Array = NDArray[Any]


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
    loss : str or Loss, optional
        One of the losses in the table of ``docs/guide/names.md``, with other options than the defaults as
        ``Loss(name, option=value)``. Default: the loss that is linked to the output activation, as binary
        cross-entropy to sigmoid; else the squared error.
    classes : array-like, optional
        Class labels, sorted on entry; learnt from y in training if not given.
    compute_dtype : {"float32", "float64", "bfloat16"}, optional
        Of the factors in the products of training; default: `dtype`. "bfloat16" is mixed precision, for a
        float32 model: operands of products are rounded to bfloat16, everything else is float32 [1]_ [2]_.
        Large nets take 0.6 of the time on processors with AVX512-BF16, and 1.5 times as long on others.
        Predictions are float32 unless `predict` is asked otherwise.

    Attributes
    ----------
    parameters : array (n,)
        All parameters in one aligned vector: W[1], b[1], W[2], b[2], ..., then the gates,
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
    loss : str
        Name of the loss.
    loss_options : dict
        Options of the loss with their values.
    classes : array or None
        Sorted class labels, for a classifier that has seen labels.
    feature_names : tuple of str or None
        Names of the columns of X, when the first training after the start saw a frame whose columns all
        have names that are text. A frame given later must have the same columns in the same order; arrays
        are used as they are.

    Raises
    ------
    ValueError, TypeError
        If the layers do not make a network, or an argument is out of range.

    References
    ----------
    .. [1] P. Micikevicius et al. 2018, "Mixed precision training", arXiv:1710.03740.
    .. [2] D. Kalamkar et al. 2019, "A study of bfloat16 for deep learning training", arXiv:1905.12322.

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
        loss: Loss | LossName | None = None,
        classes: ArrayLike | None = None,
        compute_dtype: ComputeDType | None = None,
    ) -> None:
        self._set_structure(check_structure(layers, dtype, seed, loss, classes, compute_dtype))
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

    @classmethod
    @suggests_keywords
    def mlp(
        cls,
        sizes: Sequence[int],
        *,
        activation: ActivationName = "relu",
        output: ActivationName | None = None,
        init: Initializer | InitializerName | None = None,
        keep_prob: float | Sequence[float] = 1.0,
        max_norm: float | None = None,
        batch_norm: bool = False,
        dtype: DType = "float32",
        seed: int = 0,
        loss: Loss | LossName | None = None,
        classes: ArrayLike | None = None,
        compute_dtype: ComputeDType | None = None,
    ) -> Model:
        """The short form: equal hidden layers between an input and an output.

        Parameters
        ----------
        sizes : sequence of int
            Units n[0] (features) to n[L] (outputs).
        activation, init
            Of the hidden layers and of all layers: see `Dense`.
        output : str, optional
            Activation of the output. Default: the one that `loss` is linked to, identity if `loss` has no
            link, as the squared error; without a loss, sigmoid for one output and softmax for more.
        keep_prob : float, or one for each of the layers 0 to L - 1
            One number is for the hidden layers; the input is then kept whole.
        max_norm, batch_norm
            Of the hidden layers.
        dtype, seed, loss, classes, compute_dtype
            As for `Model`.

        Returns
        -------
        Model

        Raises
        ------
        ValueError, TypeError
            If an argument is refused, as by `Model`, `Input` and `Dense`.

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
            output = default_output(loss, sizes[-1])
        if isinstance(keep_prob, Iterable) and not isinstance(keep_prob, str):
            keep = list(keep_prob)
        else:
            keep = [1.0] + [fraction("keep_prob", keep_prob, one=True)] * (len(sizes) - 2)
        if len(keep) != len(sizes) - 1:
            raise ValueError(
                f"keep_prob has {len(keep)} entries, wanted {len(sizes) - 1}, one per layer but the last"
            )
        # also made without hidden layers, so that their arguments are checked
        hidden = Dense(1, activation, 1.0, init, max_norm=max_norm, batch_norm=batch_norm)
        between = [replace(hidden, units=n, keep_prob=k) for n, k in zip(sizes[1:-1], keep[1:], strict=True)]
        layers = [Input(sizes[0], keep[0]), *between, Dense(sizes[-1], output, 1.0, init)]
        return cls(layers, dtype=dtype, seed=seed, loss=loss, classes=classes, compute_dtype=compute_dtype)

    def copy(self) -> Model:
        """An independent copy, parameters and all.

        Returns
        -------
        Model
        """
        from copy import deepcopy

        return deepcopy(self)

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
        """The model as dense layers without batch norm and gates; it predicts the same up to rounding.

        Returns
        -------
        Model
            A new one. Its layers keep dropout, noise, max-norm and penalties, except `L0`, which has
            nothing left to act on, and the max-norm of layers that had batch norm, since it bounded the
            weights before folding.

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
        """The smaller dense model of the units that have an effect; it predicts the same up to rounding.

        A hidden unit is kept if its gate is open and it has a weight other than 0 to a unit that is
        kept. Gates and batch norm are folded into the weights. All inputs are kept, so that X need not
        change; `gates` tells which of them are closed. A model without gates (`L0`) and without exact
        zeros in its weights (``L1(..., proximal=True)``) is only `folded`.

        Returns
        -------
        Model
            A new one. Each layer keeps at least one unit, and a hidden softmax all of its units, since
            each of them changes the others.

        Examples
        --------
        >>> model = Model([Input(2), Dense(8, "relu", gates=True), Dense(1, "sigmoid")], seed=1)
        >>> model.log_alphas[1][3:] = -5
        >>> model.pruned().sizes
        (2, 3, 1)
        """
        return self._rebuilt(*compression.pruned(self.layers, self.plan, self.parameters))

    def _rebuilt(self, layers: Sequence[Layer], parameters: Array) -> Model:
        """A model with these layers and parameters, otherwise like this one."""
        made = Model.__new__(Model)
        structure = check_structure(
            layers, self.dtype, self.seed, self._loss, self.classes, self.compute_dtype
        )
        made._set_structure(structure)
        made.parameters = aligned_vector(parameters.size, self.dtype)
        made.parameters[:] = parameters
        made.feature_names = self.feature_names
        return made

    # -------------------------------------------------------------------------- prediction

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a .safetensors or .npz file; an earlier file is replaced whole or not at all.

        The model goes to a new file in the same folder, which replaces the earlier one once it
        is on the disk: if the process is killed or the disk is full, the earlier file is unchanged. It
        must be possible to create a file in the folder. Of a symbolic link the target is replaced; the
        mode of the file is kept.

        Parameters
        ----------
        path : str or path
            Its suffix chooses the format.

        Raises
        ------
        ValueError, TypeError
            If the name has another suffix, or the model has something that a file cannot hold, such as dates
            as class labels, or layers and penalties of other classes than regnet's.
        ImportError
            If it ends in .safetensors and that package is missing.
        OSError
            If the file cannot be written: no such folder, no permission, no space.

        Notes
        -----
        The file holds a SHA-256 digest of its content, which `load` checks. A process that is killed
        while it saves leaves a hidden file ``.net.npz.<16 digits>.tmp`` beside ``net.npz``, which
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
        from .saving import Saved, save  # imported late: it takes as long as importing the model

        structure = Structure(self.layers, self.dtype, self.seed, self._loss, self._plan, self.classes)
        save(Saved(structure, self.parameters, self.feature_names, self.training_state), path)


def check_model(model: Any, *others: Any) -> Model:
    """The first argument of a function, checked; `others` are arguments it may have been swapped with."""
    if isinstance(model, Model):
        return model
    swapped = any(isinstance(other, Model) for other in others)
    where = " first: train(model, X, y), and other functions alike" if swapped else ""
    raise TypeError(f"model is {shown(model)}, wanted a Model{where}")
