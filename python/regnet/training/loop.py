"""`train`: check everything, then run epochs until there are enough or something stops the training."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from cregnet.spec import OptimizerName

from .. import data
from .._support.interrupts import GRACE_SECONDS, Section
from .._support.keywords import suggests_keywords
from .._support.progress import Progress
from .._support.threads import resolve_threads
from ..models.model import Model, check_model
from ..models.penalties import Penalty
from .arguments import Checked, check_examples, check_run, check_state, complete_examples, engine_class
from .averaging import Averaging, WeightAverage, as_averaging
from .batches import resolve_batch_size
from .callbacks import Callback, after_epoch, as_callbacks
from .divergence import DivergenceWarning, divergence
from .engine import Backend, Engine, EpochRun
from .history import History
from .optimizers import Optimizer
from .settings import check_step_settings
from .state import Training

if TYPE_CHECKING:
    from ..augment.compose import Compose

__all__ = ["DivergenceWarning", "train"]


@suggests_keywords
def train(
    model: Model,
    X: ArrayLike,
    y: ArrayLike,
    *,
    epochs: int = 100,
    batch_size: int | Literal["auto"] | None = "auto",
    optimizer: Optimizer | OptimizerName | None = None,
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
        Finite numbers. Not copied if C-contiguous and of the model's dtype. From a frame the model takes
        the names of the columns, which later frames must have: see `Model`.
    y : array-like (n_samples,) or (n_samples, n_outputs)
        Class labels of any dtype for a cross-entropy, numbers for the squared error.
    epochs : int
        Passes over the data, at least 0; with `resume` those of earlier trainings count.
    batch_size : int, "auto" or None
        None is the full batch, "auto" the full batch below 200 examples, else 128. Small batches
        are shuffled anew in each epoch; a full batch keeps the order of the rows. At least 2 with batch
        norm, and then a last batch of one example joins the batch before it.
    optimizer : Optimizer or str, optional
        Default ``Adam(0.001)``. A name stands for that optimiser with its defaults: see `regnet.optimizer`.
    penalty : Penalty, optional
        ``L2(0.7)``, ``L1(0.1) + L2(0.7)`` and so on, for all layers without a penalty of their own.
    label_smoothing : float
        Share of each target that is spread evenly over the K classes, ``(1 - s) y + s / K``, K = 2 for a
        sigmoid; ``0 <= label_smoothing < 1`` (Szegedy et al. 2016, section 7). Only for a cross-entropy.
        Validation uses the labels without smoothing.
    clip_norm : float, optional
        Bound on the norm of the whole gradient, penalties included: a longer gradient is scaled to this
        norm before each step (Pascanu, Mikolov & Bengio 2013, algorithm 1).
    clip_value : float, optional
        Bound on each number of the gradient; applied before `clip_norm` if both are given.
    validation : (X, y) or float, optional
        Data to evaluate after each epoch, or the share of X to hold out for it (stratified).
    callbacks : sequence of Callback or function
        Called after each epoch; True stops the training, None and False do not.
    sample_weight : array-like (n_samples,), optional
        At least 0; scaled to a mean of 1. Each example's loss is multiplied by its weight.
    class_weight : "balanced" or dict, optional
        Weights of the classes: a weight per label, 1 for labels not in the dict, or in inverse proportion
        to the training examples of each class. They multiply `sample_weight`; the products are scaled to
        a mean of 1. Validation curves are not weighted.
    averaging : SWA or EMA, optional
        Average the weights from epoch to epoch. From its start on the average is validated and shown to
        callbacks, and the model has it in the end; see the notes.
    dropout_masks : sequence of arrays or None, optional
        Masks for the layers 0 to L - 1, each (n_samples, units) of 0 and 1, or None to draw that layer's;
        used in every step in place of drawn ones. Full batch only.
    augment : Compose, optional
        Random transformations of rows that are images, drawn anew in each epoch, such as
        ``rn.augment.Compose([rn.augment.Shift(2)], shape=(28, 28))``. The draws depend on the model's
        seed, epoch and row. With two threads or more one of them prepares the next rows. Validation data
        are not transformed.
    n_threads : int, optional
        Largest number of threads; None means the cores this process may use, or OMP_NUM_THREADS if
        that is fewer. The result does not depend on it, to the bit; steps that are too small to gain
        from threads use fewer.
    progress : bool
        Whether to show a progress bar on standard error, or a line every ten seconds if that is a file or
        pipe.
    resume : bool
        Continue the model's last training (with the same optimiser) up to `epochs`; also after one that
        an error ended between two epochs. Not possible after a training that ended within an epoch
        (Ctrl-C), diverged, was averaged, or whose early stopping restored earlier weights.
    backend : {"compiled", "reference"}
        The compiled core, or its NumPy twin.
    cancel : threading.Event, optional
        When another thread sets it, the training ends as it does on Ctrl-C, within 0.2 s unless a step
        takes longer, and the history is returned.
    on_interrupt : {"raise", "return"}
        Whether Ctrl-C raises KeyboardInterrupt or returns the history so far; see the notes.

    Returns
    -------
    History

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it and nothing has been changed. Also if a callback
        returns anything but True, False or None. After such an error, and any other one in a callback or
        schedule, the model is as it was after the last epoch.
    KeyboardInterrupt
        On Ctrl-C, with the history as its attribute `result`, unless `on_interrupt` is "return".

    Warns
    -----
    DivergenceWarning
        If the cost stops being finite, or ends above a thousand times both its start and the baseline, the
        loss of outputs or logits of 0. The model then has its best weights.

    Notes
    -----
    The cost is ``(1/m) sum of losses + penalty``; see `History` for how an epoch is averaged.

    Ctrl-C stops the training cleanly: the best or the average weights are restored as at a normal end,
    ``after_training`` of the callbacks is called, `stop_reason` is "interrupted". Then KeyboardInterrupt
    is raised, so that a script does not continue with a half-trained model. In an interactive session
    the history is ``sys.last_value.result``. Before the first epoch there is no result.

    With `averaging`, the training itself continues from its own weights, to which the costs belong;
    changes that a callback makes to the averaged weights are lost. `EarlyStopping` keeps and restores
    averages, since it sees them. After Ctrl-C, or if a callback stops the training, the model has the
    average so far; after a divergence the best weights of the training itself. With batch norm the
    statistics of the average are computed by a pass over the training data, which takes about as long as
    an epoch: after each averaged epoch if there are validation data or callbacks, else once at the end.

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
    settings = check_step_settings(model, optimizer, penalty, label_smoothing, clip_norm, clip_value)
    callbacks, averaging = as_callbacks(callbacks), as_averaging(averaging)
    check_run(epochs, backend, on_interrupt, progress, cancel)
    n_threads = resolve_threads(n_threads)
    state = check_state(model, settings.optimizer, resume)
    examples, held_out = check_examples(model, X, y, validation, sample_weight)
    batch_size = resolve_batch_size(batch_size, examples.n, any(model.plan.batch_norm))
    examples = complete_examples(model, examples, class_weight, dropout_masks, augment, batch_size)
    average = None if averaging is None else WeightAverage(averaging, model.parameters, epochs)

    section = Section(on_interrupt)
    engine = engine_class(examples)(
        model, examples, settings, batch_size, epochs, backend, n_threads, section, cancel, state, average
    )
    training = Training(
        model,
        History(engine.epoch),
        epochs,
        held_out is not None,
        learning_rate_scale=1.0 if state is None else state.learning_rate_scale,
        base_rate=settings.optimizer.learning_rate,
    )
    for callback in callbacks:
        callback.before_training(training)
    feature_names = data.feature_names(X) if model.feature_names is None else model.feature_names
    run_training(engine, training, callbacks, held_out, feature_names, progress)
    return training.history


def run_training(
    engine: Engine,
    training: Training,
    callbacks: Sequence[Callback],
    held_out: Checked | None,
    feature_names: tuple[str, ...] | None,
    progress: bool,
) -> None:
    """Run the epochs, and finish however they end; Ctrl-C is noted meanwhile."""
    model, section = engine.model, engine.section
    with section:
        section.result = training.history
        before = model.classes, model.feature_names, model.training_state
        if model.classes is None:
            model.classes = engine.examples.targets.classes
        model.feature_names, model.training_state = feature_names, None
        try:
            with Progress(training.n_epochs - engine.epoch, progress) as bar:
                run_epochs(engine, training, callbacks, held_out, bar)
        except KeyboardInterrupt:  # only user code raises it; otherwise the section notes Ctrl-C
            section.set()
        finally:
            finish(engine, training, callbacks, before)


def run_epochs(
    engine: Engine,
    training: Training,
    callbacks: Sequence[Callback],
    held_out: Checked | None,
    bar: Progress,
) -> None:
    """The loop: a call into the core, then everything that uses the result."""
    model, history, section = training.model, training.history, engine.section
    every_epoch = bool(callbacks) or held_out is not None or engine.average is not None
    while engine.epoch < training.n_epochs and not engine.stopped:
        n = 1 if every_epoch else min(engine.epochs_per_call(), training.n_epochs - engine.epoch)
        run = engine.run(n, training.learning_rate_scale)
        training.epoch = engine.epoch - 1
        complete = run.complete and not engine.stopped
        if complete and (callbacks or held_out is not None):
            engine.update_batch_norm()
        shown = record(engine, history, run, held_out, complete)
        if engine.stopped:
            break
        if not complete:
            restore_best(engine, history, f"the cost stopped being finite in epoch {engine.epoch}")
            return
        with section.user_code(GRACE_SECONDS):
            bar.advance(n, **shown)
        if callbacks and engine.average is None:  # so that a model saved by a callback can be resumed
            model.training_state = engine.state(training.learning_rate_scale)
        for callback in callbacks:
            with section.user_code():
                stops = after_epoch(callback, training)
            if stops:
                history.stop_reason = callback.stop_reason
        if history.stop_reason:
            return
    if engine.stopped:
        history.stop_reason = "interrupted"
    elif reason := divergence(engine, history):
        restore_best(engine, history, reason)
    else:
        history.stop_reason = "epochs"


def record(
    engine: Engine, history: History, run: EpochRun, held_out: Checked | None, complete: bool
) -> dict[str, float]:
    """Add completed epochs to the history, validated if `complete`; the last values, for the progress bar."""
    n = run.n_completed
    costs, rates = run.costs[:n], run.rates[:n, 0]
    curves: dict[str, Any] = {"cost": costs, "learning_rate": rates, "seconds": [run.seconds / max(n, 1)] * n}
    shown = {"cost": float(costs[-1])} if n else {}
    if held_out is not None:
        curves |= {"val_cost": [math.nan] * n, "val_score": [math.nan] * n}
    try:
        if held_out is not None and complete:
            with engine.section.user_code():
                result = engine.model.evaluate_checked(*held_out, np.empty(0), engine.core.n_threads)
            curves |= {"val_cost": [result.cost], "val_score": [result.score]}
            shown |= {"val_cost": result.cost, f"val_{result.metric}": result.score}
    finally:
        history.append(**curves)
    return shown


def restore_best(engine: Engine, history: History, reason: str) -> None:
    """After a divergence: restore the best weights and warn."""
    history.stop_reason = "diverged"
    engine.restore_best()
    warnings.warn(
        f"{reason}; the model was set back to its best weights (a smaller learning rate may help)",
        DivergenceWarning,
        stacklevel=6,  # the caller of train, which is called by the wrapper of suggests_keywords
    )


def finish(
    engine: Engine, training: Training, callbacks: Sequence[Callback], before: tuple[Any, Any, Any]
) -> None:
    """Clean up, however the training ended: every callback is told, even if another one raises.

    `before` holds the model's classes, feature names and state; they are restored if no epoch was run.
    """
    model, history, section = engine.model, training.history, engine.section
    errors: list[Exception] = []
    note_interrupt(section, history)
    model.training_state = None
    try:
        if history.stop_reason != "diverged":
            engine.update_batch_norm()
    except Exception as error:  # of a transformation
        errors.append(error)
    for callback in callbacks:
        try:
            with section.user_code(GRACE_SECONDS):
                callback.after_training(training)
        except KeyboardInterrupt:
            section.set()
        except Exception as error:
            errors.append(error)
    note_interrupt(section, history)
    ended_early = history.stop_reason in ("", "interrupted")
    unchanged = engine.epoch == history.first_epoch and np.array_equal(model.parameters, engine.core.best)
    if ended_early and unchanged:
        model.classes, model.feature_names, model.training_state = before
    elif can_resume(engine, training):
        model.training_state = engine.state(training.learning_rate_scale)
    if errors:
        raise errors[0]


def note_interrupt(section: Section, history: History) -> None:
    """Record in the history that Ctrl-C ended the training."""
    if section.acknowledge() and history.stop_reason != "diverged":
        history.stop_reason = "interrupted"


def can_resume(engine: Engine, training: Training) -> bool:
    """Whether the weights are those after the last epoch, so that a later training can resume from them."""
    history, average = training.history, engine.average
    restored = history.best_epoch is not None and history.best_epoch != training.epoch
    averaged = average is not None and average.n > 0
    return not engine.mid_epoch and history.stop_reason != "diverged" and not restored and not averaged
