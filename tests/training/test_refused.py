"""What `train` refuses, with nothing changed."""

import re

import numpy as np
import pytest

import regnet as rn
from training.classifiers import classifier, points

GOOD = points(30)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": GOOD[0].astype(object)}, TypeError, "X has dtype object, wanted numbers (float, integer or bool)"),
        ({"X": GOOD[0] + 1j}, TypeError, "X has dtype complex128, wanted numbers"),
        ({"X": np.full((30, 2), "a")}, TypeError, "X has dtype <U1, wanted numbers"),
        ({"X": GOOD[0][:, 0]}, ValueError, "X has shape (30,), wanted (n_samples, 2)"),
        ({"X": np.ones((30, 3))}, ValueError, "X has 3 features, wanted 2 as the model's input"),
        ({"X": np.empty((0, 2)), "y": []}, ValueError, "X is empty: shape (0, 2), wanted at least one row"),
        ({"X": np.where(np.eye(30, 2) == 1, np.nan, 1)}, ValueError, "X is nan at row 0, column 0, wanted finite"),
        ({"X": np.where(np.arange(60).reshape(30, 2) == 7, np.inf, 1)}, ValueError, "X is inf at row 3, column 1"),
        ({"y": GOOD[1][:-1]}, ValueError, "y has shape (29,) and X has 30 rows, wanted one target per row"),
        ({"y": np.arange(30)}, ValueError, "y has 30 classes, wanted 2 as the model's output"),
        ({"y": np.zeros(30)}, ValueError, "y has 1 class, wanted 2 as the model's output"),
        ({"y": np.where(GOOD[1] == 1, np.nan, 0.0)}, ValueError, "y is nan at row"),
        ({"epochs": -1}, ValueError, "epochs is -1, wanted a whole number >= 0"),
        ({"epochs": 1.5}, TypeError, "epochs is 1.5, wanted a whole number >= 0"),
        ({"batch_size": 0}, ValueError, "batch_size is 0, wanted a whole number >= 1"),
        ({"batch_size": "big"}, ValueError, "batch_size is 'big', wanted a whole number >= 1, 'auto' or None"),
        ({"optimizer": "adamm"}, ValueError, "optimizer is 'adamm', wanted one of 'gradient_descent', 'momentum', "),
        ({"penalty": 0.7}, TypeError, "penalty is 0.7, wanted None or L1(...), L2(...), L0(...) or a sum of them"),
        ({"backend": "cuda"}, ValueError, "backend is 'cuda', wanted one of 'compiled', 'reference'"),
        ({"n_threads": 0}, ValueError, "n_threads is 0, wanted a whole number >= 1"),
        ({"callbacks": [3]}, TypeError, "callbacks has 3, wanted a Callback or a function of one argument"),
        ({"sample_weight": np.ones(29)}, ValueError, "sample_weight has shape (29,), wanted (30,) as X has 30 rows"),
        ({"sample_weight": -np.ones(30)}, ValueError, "sample_weight has a negative value or is all zero"),
        ({"sample_weight": np.full(30, np.nan)}, ValueError, "sample_weight is nan at row 0"),
        ({"validation": (GOOD[0],)}, ValueError, "validation has 1 entries, wanted (X, y) or a share of X"),
        ({"validation": "x"}, TypeError, "validation is 'x', wanted (X, y) or a share of X between 0 and 1"),
        ({"validation": GOOD[0]}, TypeError, "validation is an array of shape (30, 2), wanted (X, y) or a share of X"),
        ({"validation": 1.5}, ValueError, "validation is 1.5, wanted 0 < validation < 1"),
        ({"validation": 0.001}, ValueError, "validation is 0.001 of 30 rows, wanted at least one row on each side"),
        ({"validation": (np.ones((3, 5)), [0, 1, 0])}, ValueError, "validation X has 5 features, wanted 2"),
        ({"validation": (np.ones((3, 2)), [0, 1, 9])}, ValueError, "validation y has the label 9, wanted one of 0, 1"),
        ({"dropout_masks": 5}, TypeError, "dropout_masks is 5, wanted None or a sequence of arrays, one per layer"),
        ({"dropout_masks": "x"}, TypeError, "dropout_masks is 'x', wanted None or a sequence of arrays"),
        ({"dropout_masks": [None, [[1, 0], [1]]]}, ValueError, "dropout_masks[1] has 1 value in row 1 and 2 values in"),
        ({"X": [[1.0, 2.0], [3.0]]}, ValueError, "X has 1 value in row 1 and 2 values in row 0, wanted rows of one"),
        ({"y": [[1.0], [3.0, 4.0]]}, ValueError, "y has 2 values in row 1 and 1 value in row 0, wanted rows of one"),
        ({"epochs": -10**400}, ValueError, "epochs is an integer of 1329 bits, wanted"),
        ({"label_smoothing": 10**400}, ValueError, "label_smoothing is an integer of 1329 bits, wanted 0 <= label"),
        ({"clip_norm": -10**400}, ValueError, "clip_norm is an integer of 1329 bits, wanted a number > 0"),
        ({"resume": "x"}, TypeError, "resume is 'x', wanted True or False"),
        ({"progress": "x"}, TypeError, "progress is 'x', wanted True or False"),
        ({"dropout_masks": [None]}, ValueError, "dropout_masks has 1 entries, wanted 2: all layers but the last"),
        ({"dropout_masks": [None, np.ones((30, 3))]}, ValueError, "dropout_masks[1] has shape (30, 3), wanted (30, 8)"),
        ({"dropout_masks": [None, np.full((30, 8), 2)]}, ValueError, "dropout_masks[1] has values other than 0 and 1"),
        ({"dropout_masks": [None, np.ones((30, 8))]}, ValueError, "keep_prob of that layer is 1"),
        ({"dropout_masks": [None, None], "batch_size": 8}, ValueError, "batch_size is 8, wanted the full batch (None)"),
        ({"resume": True}, ValueError, "resume is True but the model has no training to go on from"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_before_anything_is_changed(arguments, error, message):
    model = classifier()
    before = model.parameters.copy()
    with pytest.raises(error, match=re.escape(message)):
        rn.train(model, **({"X": GOOD[0], "y": GOOD[1], "epochs": 1} | arguments))
    np.testing.assert_array_equal(model.parameters, before)
    assert model.classes is None


def test_no_resuming_after_weights_were_set_back():
    X, y = points()
    model = classifier()
    history = rn.train(
        model,
        X,
        y,
        epochs=60,
        validation=(X, 1 - y),
        callbacks=[rn.EarlyStopping(patience=2)],
        optimizer=rn.Adam(0.1),
    )
    assert history.stop_reason == "early stopping"
    with pytest.raises(ValueError, match="was set back to earlier weights"):
        rn.train(model, X, y, epochs=100, optimizer=rn.Adam(0.1), resume=True)


def test_something_other_than_a_model_is_refused():
    with pytest.raises(TypeError, match="model is 'net', wanted a Model"):
        rn.train("net", *GOOD)


def test_a_label_outside_the_set_is_refused():
    X, y = points()
    model = classifier()
    rn.train(model, X, y, epochs=1)
    with pytest.raises(ValueError, match=re.escape("y has the label 5, wanted one of 0, 1")):
        rn.train(model, X, np.where(y == 1, 5, 0), epochs=1)


def test_another_optimizer_cannot_resume():
    X, y = points()
    model = classifier()
    rn.train(model, X, y, epochs=1)
    with pytest.raises(ValueError, match="the last training used 'adam', not 'momentum'"):
        rn.train(model, X, y, epochs=2, optimizer=rn.Momentum(), resume=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rn.Dense(3, keep_prob=0), "keep_prob is 0, wanted 0 < keep_prob <= 1"),
        (lambda: rn.Dense(3, keep_prob=1.1), "keep_prob is 1.1, wanted 0 < keep_prob <= 1"),
        (lambda: rn.Input(3, keep_prob=-0.1), "keep_prob is -0.1, wanted 0 < keep_prob <= 1"),
        (lambda: rn.Dense(0), "units is 0, wanted a whole number >= 1"),
        (lambda: rn.Dense(3, "swish"), "activation is 'swish', wanted one of 'identity', 'sigmoid', 'tanh'"),
        (
            lambda: rn.Dense(3, init="orthogonal"),
            "init is 'orthogonal', wanted an initialiser or one of 'zeros', 'normal'",
        ),
        (lambda: rn.L2(-0.7), "lam is -0.7, wanted a number >= 0"),
        (lambda: rn.L1(float("nan")), "lam is nan, wanted a number >= 0"),
        (lambda: rn.L2(1, scale="epoch"), "scale is 'epoch', wanted one of 'examples', 'batch', 'none'"),
        (lambda: rn.Adam(-1), "learning_rate is -1, wanted a number > 0"),
        (
            lambda: rn.Momentum(form="heavy"),
            "form is 'heavy', wanted one of 'average', 'velocity', 'nesterov'",
        ),
    ],
)
def test_bad_records_are_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
