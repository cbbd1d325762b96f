"""Plans: what they refuse, so that the core need not look."""

import re

import numpy as np
import pytest

from cregnet import Plan

GOOD = {
    "sizes": (2, 3, 1),
    "activations": ("relu", "sigmoid"),
    "loss": "binary_cross_entropy",
    "keep_prob": (1.0, 0.5),
    "l1": (0.0, 0.0),
    "l2": (0.1, 0.0),
}


def test_numbers_of_numpy_are_taken():
    plan = Plan(
        **GOOD | {"sizes": tuple(np.array([2, 3, 1])), "keep_prob": tuple(np.array([1.0, 0.5], np.float32))}
    )
    assert plan.layout.size == 13


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sizes", (2,), "sizes is (2,), wanted at least the inputs and the outputs"),
        ("sizes", (2, 0, 1), "sizes is (2, 0, 1), wanted at least 1 unit in each layer"),
        ("sizes", (2, -3, 1), "sizes is (2, -3, 1), wanted at least 1 unit in each layer"),
        (
            "sizes",
            (1, 2**62, 2),
            f"sizes is (1, {2**62}, 2) and asks for {3 * 2**62} weights, wanted fewer than 2**48",
        ),
        ("sizes", (1, 2**47, 1), "wanted fewer than 2**48"),
        ("activations", ("relu", "step"), "activation is 'step', wanted one of 'identity', 'sigmoid'"),
        ("activations", ("relu",), "activations has 1 entries, wanted 2"),
        ("loss", "hinge", "loss is 'hinge', wanted one of 'binary_cross_entropy'"),
        ("optimizer", "adagrad", "optimizer is 'adagrad', wanted one of 'gradient_descent'"),
        ("hyper", (0.9,), "hyper has 1 entries, wanted 0 of gradient_descent"),
        ("keep_prob", (1.0, -1.0), "keep_prob is -1.0, wanted 0 < keep_prob <= 1"),
        ("keep_prob", (0.0, 1.0), "keep_prob is 0.0, wanted 0 < keep_prob <= 1"),
        ("keep_prob", (np.nan, 1.0), "keep_prob is nan, wanted 0 < keep_prob <= 1"),
        ("l1", (-1.0, 0.0), "l1 is -1.0, wanted a number >= 0"),
        ("l2", (0.0, np.inf), "l2 is inf, wanted a number >= 0"),
        ("proximal", (0.0, np.nan), "proximal is nan, wanted a number >= 0"),
        ("max_norm", (-2.0, 0.0), "max_norm is -2.0, wanted a number >= 0"),
        ("l0", (0.0, -1.0), "l0 is -1.0, wanted a number >= 0"),
        ("noise", -0.1, "noise is -0.1, wanted a number >= 0"),
        ("clip_value", np.nan, "clip_value is nan, wanted a number >= 0"),
        ("clip_norm", -1.0, "clip_norm is -1.0, wanted a number >= 0"),
        ("smoothing", 1.0, "smoothing is 1.0, wanted 0 <= smoothing < 1"),
        ("batch_norm", (2, False), "batch_norm is 2, wanted True or False"),
        ("gates", (False, "x"), "gates is 'x', wanted True or False"),
        ("seed", -1, "seed is -1, wanted a whole number from 0 to 2**64 - 1"),
        ("seed", 2**64, f"seed is {2**64}, wanted a whole number from 0 to 2**64 - 1"),
    ],
)
def test_values_out_of_range_are_refused_by_name(field, value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Plan(**GOOD | {field: value})


@pytest.mark.parametrize(
    ("optimizer", "hyper", "message"),
    [
        ("adam", (0.9, 0.999), "hyper has 2 entries, wanted 3 of adam: beta1, beta2, epsilon"),
        ("adam", (0.9, 1.0, 1e-8), "beta2 is 1.0, wanted 0 <= beta2 < 1"),
        ("rmsprop", (0.9, -1e-8), "epsilon is -1e-08, wanted a number >= 0"),
        ("adamw", (0.9, 0.999, 1e-8, np.nan), "decay is nan, wanted a number >= 0"),
    ],
)
def test_numbers_of_the_optimiser_are_checked(optimizer, hyper, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Plan(**GOOD, optimizer=optimizer, hyper=hyper)


@pytest.mark.parametrize(
    ("field", "value"), [("sizes", (2, 1.5, 1)), ("seed", 1.9), ("keep_prob", ("a", 1.0))]
)
def test_values_of_the_wrong_type_are_refused(field, value):
    with pytest.raises(TypeError):
        Plan(**GOOD | {field: value})


def test_the_core_takes_a_plan_alone(core):
    class Other:
        sizes = (2, 3, 1)
        parsed = None

    with pytest.raises(TypeError, match=r"plan is .*, wanted a cregnet.Plan"):
        core.network_predict(Other(), np.zeros(13), np.zeros((1, 2)), np.zeros((1, 1)))
