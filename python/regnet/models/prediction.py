"""Prediction for new examples, and its evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet
from cregnet.spec import LOSSES

from .. import data
from .._support.threads import MOST_THREADS, resolve_threads
from .compression import fold
from .losses import mean_loss
from .metrics import score
from .network import ASK_THREADS, Network
from .structure import ComputeDType, check_compute_dtype

if TYPE_CHECKING:
    from .monte_carlo import MonteCarlo

__all__ = ["Evaluation", "Predictor"]

Array = NDArray[Any]

# Least number of rows for which folding saves time: it saves one pass over the activations of a layer,
# 5 % of a prediction, and costs three passes over its weights (AVX-512, 2 to 3,800 units).
FOLD_ROWS = 8192


@dataclass(frozen=True)
class Evaluation:
    """What `Model.evaluate` returns.

    Attributes
    ----------
    cost : float
        Mean loss, without penalty and dropout.
    score : float
        Value of the metric, at most 1.
    metric : str
        The metric of the loss, as in the table of losses: "accuracy" for classes, "r2" (the coefficient
        of determination) for the squared error.
    """

    cost: float
    score: float
    metric: str


class Predictor(Network):
    """A network that predicts; the base of `Model`."""

    def _forward(
        self, X: Array, logits: bool, n_threads: int | None, compute_dtype: ComputeDType | None = None
    ) -> tuple[Array, bool]:
        """Outputs (n_samples, n_outputs) for checked inputs, and whether these are finite.

        For many rows batch norm and gates are first folded into the weights, which is faster.
        """
        plan, parameters, rows = self._plan, self.parameters, len(X)
        if self._folds and rows >= FOLD_ROWS:
            plan, parameters = fold(plan, parameters)
        if n_threads is None and compute_dtype is None and rows * parameters.size < ASK_THREADS:
            return cregnet.network_predict(plan, parameters, X, logits=logits)
        n_threads = min(resolve_threads(n_threads), MOST_THREADS)
        compute = check_compute_dtype(compute_dtype, self.dtype)
        return cregnet.network_predict(
            plan, parameters, X, logits=logits, n_threads=n_threads, compute_dtype=compute
        )

    def _outputs(
        self,
        X: ArrayLike,
        logits: bool,
        n_threads: int | None,
        compute_dtype: ComputeDType | None = None,
    ) -> Array:
        """Outputs (n_samples, n_outputs); with `logits` without the activation that the loss is linked to."""
        if (
            n_threads is None
            and compute_dtype is None
            and type(X) is np.ndarray
            and X.shape == self._quick_shape
            and X.dtype is self.dtype
        ):
            # one row, where a microsecond counts: the core checks the rest
            out, finite = cregnet.network_predict(self._plan, self.parameters, X, logits=logits)
            if finite:
                return out
        array = data.as_inputs(X, self.dtype, self._n_inputs, "X", self.feature_names)
        out, finite = self._forward(array, logits, n_threads, compute_dtype)
        if not finite:
            data.check_finite("X", array, data.feature_names(X))
        return out

    def predict(
        self, X: ArrayLike, *, n_threads: int | None = None, compute_dtype: ComputeDType | None = None
    ) -> Array:
        """Predicted class labels, or numbers for a loss of numbers.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        n_threads : int, optional
            Upper limit; little work uses fewer. Default: the cores that this process may use, limited as
            in `train`. The result does not depend on it. A program that predicts in several Python threads
            at once should pass 1: together they would use more threads than there are cores.
        compute_dtype : {"float32", "float64", "bfloat16"}, optional
            Of the factors in products; default: `dtype`, also for a model that was trained in mixed
            precision. With "bfloat16", for a float32 model, many rows through wide layers take half the time
            on processors with AVX512-BF16.

        Returns
        -------
        array (n_samples,), or (n_samples, n_outputs) for several numbers or sigmoid outputs
            Labels of the dtype that training saw; class numbers when it saw none.

        Raises
        ------
        ValueError, TypeError
            If X is empty, not finite, or not (n_samples, n_features) numbers, or is a frame whose columns
            are not those of the training, in its order.

        Examples
        --------
        >>> import regnet as rn
        >>> model = rn.Model.mlp([2, 1], classes=["no", "yes"], dtype="float64")
        >>> model.weights[0] = [[1.0, 0.0]]
        >>> model.predict([[3.0, 0.0], [-3.0, 0.0]])
        array(['yes', 'no'], dtype='<U3')
        """
        if not self._classifies:
            out = self._outputs(X, False, n_threads, compute_dtype)
            return out[:, 0] if out.shape[1] == 1 else out
        return self._labels(self._outputs(X, True, n_threads, compute_dtype))

    def _labels(self, Z: Array) -> Array:
        """Labels from logits."""
        n_outputs = Z.shape[1]
        if n_outputs > 1 and LOSSES[self._plan.loss].targets == "binary":
            return (Z > 0).astype(np.int64)
        numbers = Z.argmax(axis=1) if n_outputs > 1 else (Z[:, 0] > 0).astype(np.int64)
        return numbers if self.classes is None else self.classes[numbers]

    @overload
    def predict_proba(
        self,
        X: ArrayLike,
        mc_samples: None = None,
        seed: int = 0,
        *,
        n_threads: int | None = None,
        compute_dtype: ComputeDType | None = None,
    ) -> Array: ...
    @overload
    def predict_proba(
        self, X: ArrayLike, mc_samples: int, seed: int = 0, *, n_threads: int | None = None
    ) -> MonteCarlo: ...

    def predict_proba(
        self,
        X: ArrayLike,
        mc_samples: int | None = None,
        seed: int = 0,
        *,
        n_threads: int | None = None,
        compute_dtype: ComputeDType | None = None,
    ) -> Array | MonteCarlo:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        mc_samples : int, optional
            Predict this many times with dropout on, at least 2, and return mean and spread: see
            `regnet.models.monte_carlo`.
        seed : int
            Of the masks.
        n_threads, compute_dtype
            As for `predict`; samples have the model's dtype.

        Returns
        -------
        array (n_samples, n_classes), of the model's dtype
            Column k belongs to ``model.classes[k]``; one sigmoid output gives two columns. Several
            sigmoid outputs give one column each, the probability of a 1.
        MonteCarlo
            With `mc_samples`: `mean` and `spread`, each as that array.

        Raises
        ------
        ValueError, TypeError
            If the loss is one of numbers, X is not as `predict` wants it, or `mc_samples` is given
            and no layer has dropout.

        Examples
        --------
        >>> import regnet as rn
        >>> model = rn.Model.mlp([1, 1], dtype="float64")
        >>> model.weights[0] = [[1.0]]
        >>> model.predict_proba([[0.0]])
        array([[0.5, 0.5]])
        """
        if not self._classifies:
            raise ValueError("predict_proba wants a model with a cross-entropy; this one predicts numbers")
        if mc_samples is not None:
            from .monte_carlo import sample

            if check_compute_dtype(compute_dtype, self.dtype) is not None:
                raise ValueError("compute_dtype is 'bfloat16' with mc_samples, wanted None")
            return sample(self._plan, self.parameters, X, self.feature_names, mc_samples, seed, n_threads)
        out = self._outputs(X, False, n_threads, compute_dtype)
        return np.hstack([1 - out, out]) if out.shape[1] == 1 else out

    def predict_mc(
        self, X: ArrayLike, mc_samples: int = 50, seed: int = 0, *, n_threads: int | None = None
    ) -> MonteCarlo:
        """Predicted numbers with their spread, by predicting many times with dropout on.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        mc_samples, seed, n_threads
            As for `predict_proba`.

        Returns
        -------
        MonteCarlo
            `mean` and `spread`, each of the shape that `predict` returns.

        Raises
        ------
        ValueError, TypeError
            If the loss is one of classes (`predict_proba` is for these), X is not as `predict` wants
            it, or no layer has dropout.

        Examples
        --------
        >>> import regnet as rn
        >>> model = rn.Model.mlp([1, 8, 1], output="identity", keep_prob=0.5, seed=1)
        >>> model.predict_mc([[0.0], [9.0]]).spread.round(1)
        array([0. , 5.5], dtype=float32)
        """
        from .monte_carlo import sample

        if self._classifies:
            raise ValueError("predict_mc wants a model that predicts numbers; this one has predict_proba")
        return sample(self._plan, self.parameters, X, self.feature_names, mc_samples, seed, n_threads)

    def evaluate(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        n_threads: int | None = None,
    ) -> Evaluation:
        """Cost and score on data, without dropout and penalty.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        y : array-like (n_samples,) or (n_samples, n_outputs)
            As for training.
        sample_weight : array-like (n_samples,), optional
            At least 0; scaled to a mean of 1.
        n_threads : int, optional
            As for `predict`.

        Returns
        -------
        Evaluation
            With `cost`, `score` and `metric`.

        Raises
        ------
        ValueError, TypeError
            If the data are not as `train` wants them.

        Examples
        --------
        >>> import regnet as rn
        >>> model = rn.Model.mlp([1, 1], output="identity", dtype="float64")
        >>> model.weights[0] = [[2.0]]
        >>> model.evaluate([[1.0], [2.0]], [2.0, 5.0])
        Evaluation(cost=0.25, score=0.7777777777777778, metric='r2')
        """
        array = data.as_inputs(X, self.dtype, self._n_inputs, "X", self.feature_names)
        targets = self.check_targets(y, len(array))
        weight = data.check_weights(sample_weight, len(array), self.dtype)
        out, finite = self._forward(array, True, n_threads)
        if not finite:
            data.check_finite("X", array, data.feature_names(X))
        return self._evaluation(out, targets, weight)

    def check_targets(self, y: ArrayLike, n: int, name: str = "y") -> data.Targets:
        """Targets as the core takes them; see `regnet.data.check_targets`.

        Parameters
        ----------
        y : array-like (n,) or (n, n_outputs)
        n : int
            Rows of X.
        name : str
            Name of the argument in messages.

        Returns
        -------
        Targets

        Raises
        ------
        ValueError, TypeError
            If y does not fit the loss, the outputs or the rows of X.
        """
        return data.check_targets(y, self.loss, self.layers[-1].units, n, self.classes, self.dtype, name)

    def evaluate_checked(
        self, X: Array, targets: data.Targets, weight: Array, n_threads: int | None
    ) -> Evaluation:
        """`evaluate` for data that have been checked: one forward pass.

        Parameters
        ----------
        X : array (n, n_features) of the model's dtype
        targets : Targets
        weight : array (n,), may be empty
            Weights of the examples; empty: each counts 1.
        n_threads : int, optional
            As for `predict`.

        Returns
        -------
        Evaluation
        """
        out, _ = self._forward(X, True, n_threads)
        return self._evaluation(out, targets, weight)

    def _evaluation(self, out: Array, targets: data.Targets, weight: Array) -> Evaluation:
        """Cost and score of outputs (n, n_outputs): logits where the loss has a link."""
        Y, Z = targets.columns(self.layers[-1].units), np.ascontiguousarray(out.T)
        each = weight if weight.size else np.ones(len(out), self.dtype)
        cost = mean_loss(self._plan, Z, Y, each / len(out))
        return Evaluation(cost, score(self._loss, Y, Z, each), self._loss.row.metric)
