"""`train`: check everything, then run epochs until there are enough or something says stop."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import data
from .._support.checks import boolean, choice, integer, number, shown
from .._support.interrupts import IMPATIENT, ON_INTERRUPT, Section
from .._support.keywords import suggests_keywords
from .._support.progress import Progress
from .._support.threads import resolve_threads
from ..models.losses import mean_loss
from ..models.model import Model, check_model
from ..models.penalties import Penalty
from ..models.state import TrainingState
from .averaging import Averaging, WeightAverage, as_averaging
from .batches import resolve_batch_size
from .callbacks import Callback, as_callbacks, asks_to_stop
from .engine import BACKENDS, Backend, Engine, Examples, check_rule
from .history import History
from .optimizers import Optimizer
from .state import Training

if TYPE_CHECKING:
    from ..augment.transforms import Compose

__all__ = ["DivergenceWarning", "train"]

BLOWN_UP = 1000  # a cost that ends so many times above its start, and above ignorance, has diverged

Array = NDArray[Any]
Checked = tuple[Array, data.Targets]


class DivergenceWarning(RuntimeWarning):
    """The cost grew out of all bounds; the model was set back to its best weights."""


@suggests_keywords
def train(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    epochs: int = 100,
    batch_size: int | Literal["auto"] | None = "auto",
    optimizer: Optimizer | None = None,
    penalty: Penalty | None = None,
    label_smoothing: float = 0.0,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    validation: tuple[ArrayLike, ArrayLike] | float | None = None,
    callbacks: Sequence[Any] = (),
    sample_weight: ArrayLike | None = None,
    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
    averaging: Averaging | None = None,
    dropout_masks: Sequence[ArrayLike | None] | None = None,
    augment: Compose | None = None,
    n_threads: int | None = None,
    progress: bool = False,
    resume: bool = False,
    backend: Backend = "compiled",
    cancel: Event | None = None,
    on_interrupt: str = "raise",
) -> History:
    """Train a model in place.

    Parameters
    ----------
    model : Model
    X : array-like (n_samples, n_features)
        Finite numbers. Not copied when C-contiguous and of the model's dtype. Of a frame the model
        learns the names of the columns, which later frames must have: see `Model`.
    y : array-like (n_samples,) or (n_samples, n_outputs)
        Class labels of any dtype for a cross-entropy, numbers for the squared error.
    epochs : int
        Passes over the data, at least 0; with `resume` counted from the very first.
    batch_size : int, "auto" or None
        None is the full batch, "auto" the full batch below 200 examples, else 128. Small batches
        are shuffled anew in each epoch; a full batch is taken as it lies. With batch norm at least 2,
        and a last batch of one example joins the batch before it.
    optimizer : Optimizer, optional
        Default ``Adam(0.001)``.
    penalty : Penalty, optional
        ``L2(0.7)``, ``L1(0.1) + L2(0.7)`` and so on, for all layers that have none of their own.
    label_smoothing : float
        Share of each target that is spread evenly over the K classes, ``(1 - s) y + s / K``, two for a
        sigmoid; ``0 <= label_smoothing < 1`` (Szegedy et al. 2016, section 7). For a cross-entropy.
        Validation is against the labels as they are.
    clip_norm : float, optional
        Bound on the norm of the whole gradient, penalties included: a longer one is scaled back to it
        before each step (Pascanu, Mikolov & Bengio 2013, algorithm 1).
    clip_value : float, optional
        Bound on each number of the gradient; where both are given it comes before `clip_norm`.
    validation : (X, y) or float, optional
        Data to evaluate after each epoch, or the share of X to hold out for it (stratified).
    callbacks : sequence of Callback or function
        Called after each epoch; True stops, None and False go on.
    sample_weight : array-like (n_samples,), optional
        At least 0; scaled to a mean of 1. Each example's loss is multiplied by its weight.
    class_weight : "balanced" or dict, optional
        Weights of the classes: of each label, 1 for one that is not named, or in inverse proportion to
        the training examples of each class. They multiply `sample_weight`; the products are scaled to
        a mean of 1. Validation curves are not weighted.
    averaging : SWA or EMA, optional
        Average the weights from epoch to epoch. From its start on the average is what is validated,
        what callbacks see, and what the model has in the end; see the notes.
    dropout_masks : sequence of arrays or None, optional
        Ready masks for the layers 0 to L - 1, each (n_samples, units) of 0 and 1 or None (drawn as
        usual), used in every step in place of drawn ones. Full batch only.
    augment : Compose, optional
        What to do to rows that are images, anew in each epoch, such as
        ``rn.augment.Compose([rn.augment.Shift(2)], shape=(28, 28))``. Drawn from the model's seed, by
        epoch and row; prepared ahead by one of the `n_threads` where there are two or more.
        Validation data stay as they are.
    n_threads : int, optional
        At most so many threads; None means the cores this process may use, or OMP_NUM_THREADS when
        that is fewer. The result does not depend on it, to the bit; a step too small to gain from a
        thread does without it.
    progress : bool
        Show a progress bar on standard error, or a line every ten seconds where that is a file or pipe.
    resume : bool
        Go on from where the model's last training (by the same optimiser) ended, up to `epochs`; also
        after one that an error ended between two epochs. Not possible after one that ended in the midst
        of an epoch (Ctrl-C), divergence, averaging, or early stopping that restored earlier weights.
    backend : {"compiled", "reference"}
        The compiled core, or its NumPy twin.
    cancel : threading.Event, optional
        When another thread sets it, the training ends as by Ctrl-C, within 0.2 s unless a step takes
        longer, and the history is returned.
    on_interrupt : {"raise", "return"}
        Whether Ctrl-C raises KeyboardInterrupt or returns the history so far; see the notes.

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it and nothing has been changed. Also if a callback
        returns anything but True, False or None. Such an error, as any that a callback or a schedule
        raises, leaves the model as it was after the last epoch.
    KeyboardInterrupt
        On Ctrl-C, with the history as its attribute `result`, unless `on_interrupt` is "return".

    Warns
    -----
    DivergenceWarning
        If the cost stops being finite, or ends above a thousand times both its start and the loss of
        outputs that say nothing (0, or all classes equally likely). The model then has its best weights.

    Notes
    -----
    The cost is ``(1/m) sum of losses + penalty``; see `History` for how an epoch is averaged.

    Ctrl-C stops the training cleanly: the model gets its best or its average weights where it would have
    them at the end, callbacks are told, `stop_reason` is "interrupted". Then KeyboardInterrupt is raised,
    so that a script ends and does not go on with a model that is half trained. In an interactive session
    the history is ``sys.last_value.result``. Before the first epoch there is no result.

    With `averaging`, the training itself goes on from its own weights, to which the costs belong;
    what a callback writes into the weights shown is lost. `EarlyStopping` keeps and restores averages,
    since it sees them. After Ctrl-C, or when a callback stops the training, the model has the
    average so far; after a divergence the best weights of the training itself. With batch norm the
    average gets statistics of its own by a pass over the training data that costs about an epoch: after
    each averaged epoch where validation or callbacks look at the model, and else once at the end.

    Examples
    --------
    >>> import regnet as rn
    >>> X, y, _, _ = rn.datasets.make_football(seed=0)
    >>> model = rn.Model.mlp([2, 20, 3, 1], dtype="float64", seed=3)
    >>> history = rn.train(model, X, y, epochs=500, batch_size=None, optimizer=rn.GradientDescent(0.3))
    >>> bool(history.cost[-1] < 0.5 * history.cost[0])
    True
    """
    check_model(model, X, y)
    rule = check_rule(model, optimizer, penalty, label_smoothing, clip_norm, clip_value)
    found, averaging = as_callbacks(callbacks), as_averaging(averaging)
    integer("epochs", epochs, least=0)
    choice("backend", backend, BACKENDS)
    choice("on_interrupt", on_interrupt, ON_INTERRUPT)
    boolean("progress", progress)
    resume = boolean("resume", resume)
    threads = resolve_threads(n_threads)
    if cancel is not None and not isinstance(cancel, Event):
        raise TypeError(f"cancel is {shown(cancel)}, wanted None or a threading.Event")
    state = check_state(model, rule.optimizer) if resume else None
    examples, held_out = check_examples(model, X, y, validation, sample_weight)
    size = resolve_batch_size(batch_size, examples.n, any(model.plan.batch_norm))
    masks = check_masks(model, dropout_masks, examples.n, size)
    weight = data.weigh_classes(class_weight, examples.weight, examples.targets, model.dtype)
    kind: type[Engine] = Engine
    if augment is not None or examples.rows is not None:
        from .augmented import AugmentedEngine, check_augment

        augment, kind = check_augment(augment, model.sizes[0]), AugmentedEngine
    examples = replace(examples, weight=weight, masks=masks, augment=augment)
    average = None if averaging is None else WeightAverage(averaging, model.parameters, epochs)

    engine = kind(model, examples, rule, size, epochs, backend, state, threads)
    engine.average = average
    training = Training(
        model,
        History(engine.epoch),
        epochs,
        held_out is not None,
        learning_rate_scale=engine.learning_rate_scale,
        base_rate=rule.optimizer.learning_rate,
    )
    for callback in found:
        callback.before_training(training)
    with Section(on_interrupt) as section:
        section.result = training.history
        engine.watch(section, cancel)
        before = model.classes, model.feature_names, model.training_state
        model.classes = examples.targets.classes if model.classes is None else model.classes
        if model.feature_names is None:
            model.feature_names = data.feature_names(X)
        model.training_state = None
        try:
            with Progress(epochs - engine.epoch, progress) as bar:
                run_epochs(engine, training, found, held_out, bar)
        except KeyboardInterrupt:  # in user code; all else is only told of it
            section.set()
        finally:
            finish(engine, training, found, before)
    return training.history


def run_epochs(
    engine: Engine,
    training: Training,
    callbacks: Sequence[Callback],
    held_out: Checked | None,
    bar: Progress,
) -> None:
    """The loop: a call into the core, then what wants to look at the result."""
    history, section = training.history, engine.section
    every_epoch = bool(callbacks) or held_out is not None or engine.average is not None
    take_scale(engine, training)
    while engine.epoch < training.n_epochs and not engine.stopped:
        n = 1 if every_epoch else min(engine.epochs_per_call(), training.n_epochs - engine.epoch)
        costs, rates, seconds = engine.run(n)
        training.epoch = engine.epoch - 1
        whole = len(costs) == n and not engine.stopped
        if whole and (callbacks or held_out is not None):
            engine.settle()
        shown = record(engine, history, (costs, rates, seconds), held_out, whole)
        if engine.stopped:
            break
        if not whole:
            set_back(engine, history, f"the cost stopped being finite in epoch {engine.epoch}")
            return
        with section.open(IMPATIENT):
            bar.advance(n, **shown)
        if callbacks and engine.average is None:  # what a callback saves can be gone on with
            training.model.training_state = engine.state()
        for callback in callbacks:
            with section.open():
                stops = asks_to_stop(callback, training)
            take_scale(engine, training)
            if stops:
                history.stop_reason = callback.stop_reason
        if history.stop_reason:
            return
    last = history.cost[-1:]
    if engine.stopped:
        history.stop_reason = "interrupted"
    elif not np.isfinite(training.model.parameters).all():
        set_back(engine, history, f"the weights stopped being finite in epoch {engine.epoch - 1}")
    elif (last > BLOWN_UP * engine.first_cost).any() and last[0] > BLOWN_UP * blind_cost(engine):
        # units that are all off leave the cost finite and enormous: as diverged as an infinite one
        set_back(
            engine, history, f"the cost ended at {last[0]:.3g}, having started at {engine.first_cost:.3g}"
        )
    else:
        history.stop_reason = "epochs"


def take_scale(engine: Engine, training: Training) -> None:
    """Let the engine have the scale that a callback may have set."""
    scale = number("training.learning_rate_scale", training.learning_rate_scale, least=0)
    engine.learning_rate_scale = scale


def record(
    engine: Engine,
    history: History,
    ran: tuple[Array, Array, float],
    held_out: Checked | None,
    whole: bool,
) -> dict[str, float]:
    """Add the epochs of a call to the history, validated if they are whole; the last values, to be shown."""
    costs, rates, seconds = ran
    n = len(costs)
    curves: dict[str, Any] = {"cost": costs, "learning_rate": rates, "seconds": [seconds / max(n, 1)] * n}
    shown = {"cost": float(costs[-1])} if n else {}
    if held_out is not None:
        curves |= {"val_cost": [math.nan] * n, "val_score": [math.nan] * n}
    try:
        if held_out is not None and whole:
            with engine.section.open():
                result = engine.model.evaluate_checked(*held_out, np.empty(0))
            curves |= {"val_cost": [result.cost], "val_score": [result.score]}
            shown |= {"val_cost": result.cost, f"val_{result.metric}": result.score}
    finally:
        history.append(**curves)
    return shown


def finish(
    engine: Engine, training: Training, callbacks: Sequence[Callback], before: tuple[Any, Any, Any]
) -> None:
    """Leave all in order, however the training ended: its end is told to all callbacks, whatever one raises.

    `before` are the classes, names and state that the model had; it has them again if nothing has changed it.
    """
    model, history, section = engine.model, training.history, engine.section
    errors: list[Exception] = []
    interrupt(section, history)
    model.training_state = None
    try:
        if history.stop_reason != "diverged":
            engine.settle()
    except Exception as error:  # of a transformation
        errors.append(error)
    for callback in callbacks:
        try:
            with section.open(IMPATIENT):
                callback.after_training(training)
        except KeyboardInterrupt:
            section.set()
        except Exception as error:
            errors.append(error)
    interrupt(section, history)
    ended_early = history.stop_reason in ("", "interrupted")
    if ended_early and engine.epoch == history.first_epoch and np.array_equal(model.parameters, engine.best):
        model.classes, model.feature_names, model.training_state = before
    elif is_at_its_end(engine, training):
        model.training_state = engine.state()
    if errors:
        raise errors[0]


def interrupt(section: Section, history: History) -> None:
    """If Ctrl-C was noted, say so in the history."""
    if section.acknowledge() and history.stop_reason != "diverged":
        history.stop_reason = "interrupted"


def is_at_its_end(engine: Engine, training: Training) -> bool:
    """Whether the weights are those after an epoch, so that a later training can go on from them."""
    history, average = training.history, engine.average
    restored = history.best_epoch is not None and history.best_epoch != training.epoch
    averaged = average is not None and average.n > 0
    return not engine.midway and history.stop_reason != "diverged" and not restored and not averaged


def blind_cost(engine: Engine) -> float:
    """Mean loss of outputs that say nothing: a training that starts far below it may end above its start."""
    examples = engine.examples
    Y = examples.targets.columns(engine.plan.sizes[-1])
    return mean_loss(engine.plan, np.zeros_like(Y), Y, np.full(examples.n, 1 / examples.n, Y.dtype))


def set_back(engine: Engine, history: History, reason: str) -> None:
    """After a divergence: the best weights, and a warning that says what happened."""
    history.stop_reason = "diverged"
    engine.set_back()
    warnings.warn(
        f"{reason}; the model was set back to its best weights (a smaller learning rate may help)",
        DivergenceWarning,
        stacklevel=5,  # train's caller: train is called by way of suggests_keywords
    )


# ------------------------------------------------------------------------------ arguments


def check_examples(
    model: Model, X: ArrayLike, y: ArrayLike, validation: Any, sample_weight: ArrayLike | None
) -> tuple[Examples, Checked | None]:
    """Training data, and validation data if any; a share is held out here."""
    names = data.feature_names(X) if model.feature_names is None else model.feature_names
    X = data.check_inputs(X, model.dtype, model.sizes[0], "X", names)
    targets = model.check_targets(y, len(X))
    weight = data.check_weights(sample_weight, len(X), model.dtype)
    if validation is None:
        return Examples(X, targets, weight, None), None
    if isinstance(validation, (tuple, list)):
        if len(validation) != 2:
            raise ValueError(f"validation has {len(validation)} entries, wanted (X, y) or a share of X")
        X_held = data.check_inputs(validation[0], model.dtype, model.sizes[0], "validation X", names)
        held = data.check_targets(
            validation[1],
            model.loss,
            model.sizes[-1],
            len(X_held),
            targets.classes,
            model.dtype,
            "validation y",
        )
        return Examples(X, targets, weight, None), (X_held, held)
    given = y.array if isinstance(y, data.SharedTargets) else y
    labels = None if targets.classes is None else data.target_array("y", given).reshape(-1)
    held_out, kept = data.hold_out(validation, len(X), labels, model.seed)
    kept_weight = data.check_weights(weight[kept] if weight.size else None, len(kept), model.dtype)
    examples = Examples(X, targets.take(kept), kept_weight, None, rows=kept)
    if not data.is_mapped(X):  # which would be in memory twice
        examples = replace(examples, X=X[kept], rows=None)
    return examples, (X[held_out], targets.take(held_out))


def check_masks(model: Model, masks: Any, n: int, batch_size: int) -> list[Array | None] | None:
    """Ready dropout masks, turned to columns = examples."""
    if masks is None:
        return None
    if batch_size < n:
        raise ValueError(
            f"dropout_masks is given and batch_size is {batch_size}, wanted the full batch (None)"
        )
    if isinstance(masks, (str, bytes)) or not hasattr(masks, "__iter__"):
        raise TypeError(
            f"dropout_masks is {shown(masks)}, wanted None or a sequence of arrays, one per layer"
        )
    masks = list(masks)
    if len(masks) != len(model.keep_prob):
        raise ValueError(
            f"dropout_masks has {len(masks)} entries, wanted {len(model.keep_prob)}: all layers but the last"
        )
    found: list[Array | None] = []
    for l, (mask, units, keep_prob) in enumerate(zip(masks, model.sizes, model.keep_prob, strict=False)):
        if mask is None:
            found.append(None)
            continue
        array = data.as_array(f"dropout_masks[{l}]", mask)
        if array.shape != (n, units):
            raise ValueError(f"dropout_masks[{l}] has shape {array.shape}, wanted ({n}, {units})")
        if not np.isin(array, (0, 1)).all():
            raise ValueError(f"dropout_masks[{l}] has values other than 0 and 1")
        if keep_prob == 1:
            raise ValueError(f"dropout_masks[{l}] is given but keep_prob of that layer is 1")
        if model.layers[l].dropout != "bernoulli":
            raise ValueError(f"dropout_masks[{l}] is given but dropout of that layer is 'gaussian'")
        found.append(np.ascontiguousarray(array.T, np.uint8))
    return found


def check_state(model: Model, optimizer: Optimizer) -> TrainingState:
    """The state of the model's last training, for the same kind of optimiser."""
    state = model.training_state
    if state is None:
        raise ValueError(
            "resume is True but the model has no training to go on from: its last one was interrupted, "
            "was averaged, was set back to earlier weights, or never was"
        )
    if state.optimizer != optimizer.kernel:
        raise ValueError(
            f"resume is True but the last training used {state.optimizer!r}, not {optimizer.kernel!r}"
        )
    return state
