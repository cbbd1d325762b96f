"""Prediction: what a model says of new examples, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet
from cregnet import Plan

from .. import data
from ..data import losses
from .compression import fold
from .layers import Layer

if TYPE_CHECKING:
    from .monte_carlo import MonteCarlo

__all__ = ["Evaluation", "Predictor"]

Array = NDArray[Any]

# the kernel of each dtype, chosen once: a single row is predicted in the time that the choice takes
PREDICT: Any = cregnet.network_predict
NETWORK_PREDICT = {"f": PREDICT["float"], "d": PREDICT["double"]}

# From so many rows on, folding takes less time than it saves: it saves one pass over the activations
# of a layer, 5 % of a prediction, and costs three passes over its weights (AVX-512, 2 to 3,800 units).
FOLD_ROWS = 8192


@dataclass(frozen=True)
class Evaluation:
    """What `Model.evaluate` returns.

    Attributes
    ----------
    cost : float
        Mean loss, without penalty and dropout.
    score : float
        Accuracy for classes, the coefficient of determination R^2 for numbers.
    metric : {"accuracy", "r2"}
        What the score is.
    """

    cost: float
    score: float
    metric: str


class Predictor:
    """The part of a `Model` that predicts; what it needs of the rest is declared here."""

    layers: tuple[Layer, ...]
    loss: losses.Loss
    dtype: np.dtype[Any]
    classes: Array | None
    feature_names: tuple[str, ...] | None = None
    parameters: Array
    _plan: Plan
    _folds: bool

    def _forward(self, X: Array, logits: bool) -> tuple[Array, bool]:
        """Outputs (n_samples, n_outputs) for checked inputs, and whether these are finite.

        For very many rows batch norm and gates are folded into the weights first, which is faster.
        """
        plan, parameters, dtype = self._plan, self.parameters, self.dtype
        if self._folds and len(X) >= FOLD_ROWS:
            plan, parameters = fold(plan, parameters)
        out = np.empty((len(X), plan.sizes[-1]), dtype)
        return out, NETWORK_PREDICT[dtype.char](plan, parameters, X, out, logits)

    def _outputs(self, X: ArrayLike, logits: bool = False) -> Array:
        """Outputs (n_samples, n_outputs), or what goes into their sigmoid or softmax."""
        array = data.as_inputs(X, self.dtype, self.layers[0].units, "X", self.feature_names)
        out, finite = self._forward(array, logits)
        if not finite:
            data.check_finite("X", array, data.feature_names(X))
        return out

    def predict(self, X: ArrayLike) -> Array:
        """Predicted class labels, or predicted numbers for the squared error.

        Parameters
        ----------
        X : array-like (n_samples, n_features)

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
        if self.loss == losses.SQUARED:
            out = self._outputs(X)
            return out[:, 0] if out.shape[1] == 1 else out
        return self._labels(self._outputs(X, logits=True))

    def _labels(self, Z: Array) -> Array:
        """Labels from logits."""
        if self.loss == losses.BINARY and self.layers[-1].units > 1:
            return (Z > 0).astype(np.int64)
        numbers = Z.argmax(axis=1) if Z.shape[1] > 1 else (Z[:, 0] > 0).astype(np.int64)
        return numbers if self.classes is None else self.classes[numbers]

    @overload
    def predict_proba(self, X: ArrayLike) -> Array: ...
    @overload
    def predict_proba(self, X: ArrayLike, mc_samples: None, seed: int = 0) -> Array: ...
    @overload
    def predict_proba(self, X: ArrayLike, mc_samples: int, seed: int = 0) -> MonteCarlo: ...

    def predict_proba(self, X: ArrayLike, mc_samples: int | None = None, seed: int = 0) -> Array | MonteCarlo:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        mc_samples : int, optional
            Predict so many times with dropout on, at least 2, and return mean and spread: see
            `regnet.models.monte_carlo`.
        seed : int
            Of these masks.

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
            If the loss is the squared error, X is not as `predict` wants it, or `mc_samples` is given
            and no layer has dropout.

        Examples
        --------
        >>> import regnet as rn
        >>> model = rn.Model.mlp([1, 1], dtype="float64")
        >>> model.weights[0] = [[1.0]]
        >>> model.predict_proba([[0.0]])
        array([[0.5, 0.5]])
        """
        if self.loss == losses.SQUARED:
            raise ValueError("predict_proba wants a model with a cross-entropy; this one predicts numbers")
        if mc_samples is not None:
            from .monte_carlo import sample

            return sample(self._plan, self.parameters, X, self.feature_names, mc_samples, seed)
        out = self._outputs(X)
        return np.hstack([1 - out, out]) if out.shape[1] == 1 else out

    def predict_mc(self, X: ArrayLike, mc_samples: int = 50, seed: int = 0) -> MonteCarlo:
        """Predicted numbers with their spread, by predicting many times with dropout on.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        mc_samples, seed
            As for `predict_proba`.

        Returns
        -------
        MonteCarlo
            `mean` and `spread`, each of the shape that `predict` returns.

        Raises
        ------
        ValueError, TypeError
            If the loss is a cross-entropy (`predict_proba` is for these), X is not as `predict` wants
            it, or no layer has dropout.

        Examples
        --------
        >>> import regnet as rn
        >>> model = rn.Model.mlp([1, 8, 1], output="identity", keep_prob=0.5, seed=1)
        >>> model.predict_mc([[0.0], [9.0]]).spread.round(1)
        array([ 0. , 18.9], dtype=float32)
        """
        from .monte_carlo import sample

        if self.loss != losses.SQUARED:
            raise ValueError("predict_mc wants a model that predicts numbers; this one has predict_proba")
        return sample(self._plan, self.parameters, X, self.feature_names, mc_samples, seed)

    def evaluate(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Evaluation:
        """Cost and score on data, without dropout and penalty.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
        y : array-like (n_samples,) or (n_samples, n_outputs)
            As for training.
        sample_weight : array-like (n_samples,), optional
            At least 0; scaled to a mean of 1.

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
        X = data.check_inputs(X, self.dtype, self.layers[0].units, "X", self.feature_names)
        targets = self.check_targets(y, len(X))
        weight = data.check_weights(sample_weight, len(X), self.dtype)
        return self.evaluate_checked(X, targets, weight)

    def check_targets(self, y: ArrayLike, n: int, name: str = "y") -> data.Targets:
        """y as the core takes it; see `regnet.data.check_targets`."""
        return data.check_targets(y, self.loss, self.layers[-1].units, n, self.classes, self.dtype, name)

    def evaluate_checked(self, X: Array, targets: data.Targets, weight: Array) -> Evaluation:
        """`evaluate` for data that have been checked: one forward pass."""
        n_outputs = self.layers[-1].units
        out, _ = self._forward(X, logits=True)
        Y, Z = targets.columns(n_outputs), np.ascontiguousarray(out.T)
        each = weight if weight.size else np.ones(len(X), self.dtype)
        cost, _ = getattr(cregnet, self.loss)(Z, Y, each / len(X))
        if self.loss == losses.SQUARED:
            return Evaluation(cost, r_squared(Y, Z, each), "r2")
        if n_outputs > 1 and self.loss == losses.CATEGORICAL:
            right = Z.argmax(axis=0) == Y.argmax(axis=0)
        else:
            right = ((Z > 0) == (Y > 0.5)).mean(axis=0)
        return Evaluation(cost, float(np.average(right, weights=each.astype(np.float64))), "accuracy")


def r_squared(Y: Array, A: Array, weight: Array) -> float:
    """1 - residual / total sum of squares, averaged over the outputs; columns are examples."""
    if Y.dtype == np.float64 and (exponents := data.power_of_two(np.abs(Y).max(axis=1))).any():
        Y, A = (np.ldexp(array, -exponents[:, None]) for array in (Y, A))
    Y, weight = Y.astype(np.float64), weight.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):  # outputs of a net that diverges
        mean = np.average(Y, axis=1, weights=weight)[:, None]
        residual = ((Y - A) ** 2 * weight).sum(axis=1)
        total = ((Y - mean) ** 2 * weight).sum(axis=1)
        # a constant target has no variance to explain: 1 when it is met exactly, else 0, as scikit-learn
        constant = np.where(residual == 0, 1.0, 0.0)
        return float(np.mean(np.where(total > 0, 1 - residual / np.where(total > 0, total, 1), constant)))
