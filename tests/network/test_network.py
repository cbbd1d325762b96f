"""The network kernels: twins and numerical derivatives."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import cregnet
from network.networks import (
    FEATURES,
    HIDDEN,
    LOSS_AND_OUTPUT,
    NETS,
    OPTIMIZERS,
    make_data,
    make_parameters,
    make_plan,
    training_arguments,
)
from twins import check_cases


def train_cases(rng, dtype):
    for optimizer, hyper in OPTIMIZERS.items():
        plan = make_plan(
            (3, 5, 4, 1), "tanh", keep=0.8, l2=0.01, optimizer=optimizer, hyper=hyper, seed=2**40 + 1
        )
        yield training_arguments(plan, rng, dtype, 33, 8)
    for hidden in HIDDEN:
        plan = make_plan((6, 9, 3), hidden, "softmax", "categorical_cross_entropy", keep=0.7, l1=0.01)
        yield training_arguments(plan, rng, dtype, 40, 13, with_labels=True)
        yield training_arguments(plan, rng, dtype, 40, 40, shuffled=False, with_weight=False)
    for loss, output in LOSS_AND_OUTPUT:
        plan = make_plan((2, 20, 3, 2), "leaky_relu", output, loss, keep=0.9)
        yield training_arguments(plan, rng, dtype, 17, 5)
        D = [None, rng.integers(0, 2, (20, 17)).astype(np.uint8), None]
        yield training_arguments(plan, rng, dtype, 17, 17, shuffled=False, masks=D)
    for sizes in ((1, 1), (1, 1, 1), (40, 70, 65, 12), (17, 16, 15, 14, 13, 2)):
        plan = make_plan(sizes, "sigmoid", "identity", "squared_error", l2=0.1)
        yield training_arguments(plan, rng, dtype, 1, 1)
        yield training_arguments(plan, rng, dtype, 70, 64)


def gradient_cases(rng, dtype):
    for (hidden, loss, output), keep in itertools.product(NETS, (1.0, 0.6)):
        plan = make_plan((4, 7, 5, 3), hidden, output, loss, keep=keep, l1=0.01, l2=0.02, seed=3)
        P = plan.layout.size
        for n in (1, 16, 33):
            data = make_data(plan, rng, n, dtype)
            yield plan, rng.normal(size=P).astype(dtype), *data, 11, None, np.zeros(P, dtype)


def predict_cases(rng, dtype):
    for hidden, loss, output in NETS:
        plan = make_plan((4, 7, 30, 3), hidden, output, loss, keep=0.5)
        for n in (0, 1, 17, 255, 256, 257, 600):
            P = rng.normal(size=plan.layout.size).astype(dtype)
            X = rng.normal(size=(n, 4)).astype(dtype)
            for logits in (False, True):
                yield plan, P, X, np.zeros((n, 3), dtype), {"logits": logits}


# with a small epsilon a gradient that is rounding alone would become a step like any other
CALM_OPTIMIZERS = {
    **OPTIMIZERS,
    "rmsprop": (0.9, 1e-3),
    "adam": (0.9, 0.99, 1e-3),
    "adamw": (0.9, 0.99, 1e-3, 0.01),
}


def feature_plans(sizes, feature):
    """Plans with a feature, the optimisers in turn."""
    optimizers = itertools.cycle(CALM_OPTIMIZERS.items())
    for hidden, loss, output in NETS:
        optimizer, hyper = next(optimizers)
        more = {"optimizer": optimizer, "hyper": hyper, "seed": 2**33 + 5}
        yield make_plan(sizes, hidden, output, loss, **more, **FEATURES[feature])


def feature_train_cases(feature, rng, dtype):
    examples = itertools.cycle([(33, 8), (17, 17), (17, 16), (40, 13), (1, 1), (33, 32), (20, 64)])
    for plan in feature_plans((4, 7, 5, 3), feature):
        with_labels = plan.loss == "categorical_cross_entropy" and plan.activations[0] in ("relu", "tanh")
        yield training_arguments(plan, rng, dtype, *next(examples), n_epochs=2, with_labels=with_labels)


def feature_thread_cases(feature, rng, dtype):
    for n_threads in (1, 2, 3):
        plan = make_plan((30, 50, 40, 3), "tanh", "softmax", "categorical_cross_entropy", **FEATURES[feature])
        yield *training_arguments(plan, rng, dtype, 257, 256, n_epochs=2), n_threads


def feature_gradient_cases(feature, rng, dtype):
    examples = itertools.cycle([1, 16, 33, 2, 7])
    for plan in feature_plans((4, 7, 5, 3), feature):
        data, P = make_data(plan, rng, next(examples), dtype), make_parameters(plan, rng, dtype)
        yield plan, P, *data, 11, None, np.full_like(P, np.nan)


def feature_predict_cases(feature, rng, dtype):
    examples = itertools.cycle([1, 0, 17, 255, 256, 257, 600])
    weights = itertools.cycle([0, 0.01, 1, None])
    for plan in feature_plans((4, 7, 30, 3), feature):
        P, n = make_parameters(plan, rng, dtype, weight=next(weights)), next(examples)
        X = rng.normal(size=(n, 4)).astype(dtype)
        for logits in (False, True):
            yield plan, P, X, np.zeros((n, 3), dtype), {"logits": logits}


def sample_cases(rng, dtype):
    for hidden, loss, output in NETS:
        plan = replace(make_plan((4, 7, 30, 3), hidden, output, loss), keep_prob=(1.0, 0.7, 0.5))
        for n, mask_rows in ((0, 512), (1, 512), (17, 512), (40, 16), (300, 512), (50, 13)):
            P = rng.normal(size=plan.layout.size).astype(dtype) / 4
            X = rng.normal(size=(n, 4)).astype(dtype)
            yield plan, P, X, 3, 2**40 + 1, mask_rows, *(np.zeros((n, 3), dtype) for _ in range(2))


def feature_sample_cases(feature, rng, dtype):
    examples = itertools.cycle([1, 0, 17, 257])
    weights = itertools.cycle([0, 0.01, 1, None])
    for plan in feature_plans((4, 7, 30, 3), feature):
        P, n = make_parameters(plan, rng, dtype, scale=0.3, weight=next(weights)), next(examples)
        X = rng.normal(size=(n, 4)).astype(dtype)
        yield plan, P, X, 3, 9, 32, *(np.zeros((n, 3), dtype) for _ in range(2))


def test_predict_says_whether_its_inputs_are_finite(core, dtype):
    plan = make_plan((4, 3), (), "softmax", "categorical_cross_entropy")
    P = np.zeros(plan.layout.size, dtype)
    for n in (1, 40, 600):
        for row in (0, n - 1):
            for column in range(4):
                for wrong in (np.nan, np.inf, -np.inf):
                    X, out = np.full((n, 4), 3e38, dtype), np.empty((n, 3), dtype)
                    assert core.network_predict(plan, P, X, out)[1] is True
                    X[row, column] = wrong
                    assert core.network_predict(plan, P, X, out)[1] is False


CASES = {
    "network_train": train_cases,
    "network_gradient": gradient_cases,
    "network_predict": predict_cases,
    "network_sample": sample_cases,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype), scale=20)


FEATURE_CASES = {
    "network_train": [feature_train_cases, feature_thread_cases],
    "network_gradient": [feature_gradient_cases],
    "network_predict": [feature_predict_cases],
    "network_sample": [feature_sample_cases],
}


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("name", CASES)
def test_twins_with(core, dtype, name, feature):
    # batch norm divides by the deviation, and with it multiplies the rounding of a unit that is nearly constant
    scale = 200 if "batch_norm" in feature and dtype == np.float64 else 20
    for cases in FEATURE_CASES[name]:
        check_cases(core, name, cases(feature, np.random.default_rng(1), dtype), scale=scale)


def wide_cases(rng, dtype):
    """Layers whose dA is made in pieces: more than 512 units, more examples than 16 vectors."""
    for hidden, changed in itertools.product(HIDDEN, ("masks", "gaussian", "gates")):
        more = {} if changed == "masks" else {changed: (True, True, True)}
        plan = make_plan((2, 1100, 300, 2), hidden, keep=0.7, seed=5, **more)
        n = 300 if hidden == "tanh" else 33
        P = make_parameters(plan, rng, dtype, scale=0.05)
        yield plan, P, *make_data(plan, rng, n, dtype), 11, None, np.full_like(P, np.nan)


def test_twins_of_wide_layers(core, dtype):
    check_cases(core, "network_gradient", wide_cases(np.random.default_rng(1), dtype), scale=20)


# ------------------------------------------------------------------------------ derivatives


@pytest.mark.parametrize(("hidden", "loss", "output"), NETS)
@pytest.mark.parametrize("keep", [1.0, 0.7], ids=["whole", "dropout"])
@pytest.mark.parametrize(
    ("l1", "l2"), [(0, 0), (0.03, 0), (0, 0.05), (0.03, 0.05)], ids=["none", "L1", "L2", "L1+L2"]
)
def test_gradient_is_the_derivative_of_the_cost(hidden, loss, output, keep, l1, l2):
    rng = np.random.default_rng(5)
    plan = make_plan((3, 4, 5, 2), hidden, output, loss, keep=keep, l1=l1, l2=l2, seed=1)
    data = make_data(plan, rng, 7)
    P = 0.7 * rng.normal(size=plan.layout.size)
    P[-2:] += 4  # an output of ReLU units that are all off would have no gradient to check
    gradient, unused, numerical, h = np.empty_like(P), np.empty_like(P), np.empty_like(P), 1e-5

    def cost(p, out):
        return cregnet.network_gradient(plan, p, *data, 3, None, out)[0]

    cost(P, gradient)
    for k in range(P.size):
        moved = P.copy()
        moved[k] = P[k] + h
        above = cost(moved, unused)
        moved[k] = P[k] - h
        numerical[k] = (above - cost(moved, unused)) / (2 * h)
    difference = np.linalg.norm(numerical - gradient) / (np.linalg.norm(numerical) + np.linalg.norm(gradient))
    assert difference < 1e-7


def test_derivative_check_fails_for_a_wrong_gradient():
    """The check above can fail: a gradient with one doubled weight is far beyond its bound."""
    rng = np.random.default_rng(5)
    plan = make_plan((3, 4, 2), "tanh")
    P, gradient = rng.normal(size=plan.layout.size), np.empty(plan.layout.size)
    cregnet.network_gradient(plan, P, *make_data(plan, rng, 7), 0, None, gradient)
    wrong = gradient.copy()
    wrong[0] *= 2
    assert np.linalg.norm(wrong - gradient) / (np.linalg.norm(wrong) + np.linalg.norm(gradient)) > 1e-4
