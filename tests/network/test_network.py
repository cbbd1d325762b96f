"""The network kernels: twins, numerical derivatives, determinism."""

import itertools
import sys
from threading import Event

import numpy as np
import pytest

import cregnet
from network.networks import (
    FEATURES,
    HIDDEN,
    LOSS_AND_OUTPUT,
    NO_LABELS,
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
    for hidden, (loss, output), keep in itertools.product(HIDDEN, LOSS_AND_OUTPUT, (1.0, 0.6)):
        plan = make_plan((4, 7, 5, 3), hidden, output, loss, keep=keep, l1=0.01, l2=0.02, seed=3)
        P = plan.layout.size
        for n in (1, 16, 33):
            data = make_data(plan, rng, n, dtype)
            yield plan, rng.normal(size=P).astype(dtype), *data, 11, None, np.zeros(P, dtype)


def predict_cases(rng, dtype):
    for hidden, (loss, output) in itertools.product(HIDDEN, LOSS_AND_OUTPUT):
        plan = make_plan((4, 7, 30, 3), hidden, output, loss, keep=0.5)
        for n in (0, 1, 17, 255, 256, 257, 600):
            P = rng.normal(size=plan.layout.size).astype(dtype)
            X = rng.normal(size=(n, 4)).astype(dtype)
            for logits in (False, True):
                yield plan, P, X, np.zeros((n, 3), dtype), logits


# with a small epsilon a gradient that is rounding alone would become a step like any other
CALM_OPTIMIZERS = {
    **OPTIMIZERS,
    "rmsprop": (0.9, 1e-3),
    "adam": (0.9, 0.99, 1e-3),
    "adamw": (0.9, 0.99, 1e-3, 0.01),
}


def feature_plans(sizes, feature):
    """Plans with a feature: every pair of activation and loss, the optimisers in turn."""
    optimizers = itertools.cycle(CALM_OPTIMIZERS.items())
    for hidden, (loss, output) in itertools.product(HIDDEN, LOSS_AND_OUTPUT):
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
            yield plan, P, X, np.zeros((n, 3), dtype), logits


def test_predict_says_whether_its_inputs_are_finite(core, dtype):
    plan = make_plan((4, 3), (), "softmax", "categorical_cross_entropy")
    P = np.zeros(plan.layout.size, dtype)
    for n in (1, 40, 600):
        for row in (0, n - 1):
            for column in range(4):
                for wrong in (np.nan, np.inf, -np.inf):
                    X, out = np.full((n, 4), 3e38, dtype), np.empty((n, 3), dtype)
                    assert core.network_predict(plan, P, X, out) is True
                    X[row, column] = wrong
                    assert core.network_predict(plan, P, X, out) is False


CASES = {"network_train": train_cases, "network_gradient": gradient_cases, "network_predict": predict_cases}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype), scale=20)


FEATURE_CASES = {
    "network_train": [feature_train_cases, feature_thread_cases],
    "network_gradient": [feature_gradient_cases],
    "network_predict": [feature_predict_cases],
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


@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
@pytest.mark.parametrize("hidden", HIDDEN)
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
        return cregnet.network_gradient(plan, p, *data, 3, None, out)

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


# ------------------------------------------------------------------------------ behaviour


def test_same_bits_on_two_runs(core, dtype):
    plan = make_plan((5, 9, 3), "relu", "softmax", "categorical_cross_entropy", keep=0.5, optimizer="adam",
                     hyper=(0.9, 0.999, 1e-8))  # fmt: skip
    runs = []
    for _ in range(2):
        arguments = training_arguments(plan, np.random.default_rng(3), dtype, 50, 16)
        core.network_train(*arguments)
        runs.append(arguments[1])
    np.testing.assert_array_equal(runs[0], runs[1])


@pytest.mark.parametrize("batch_size", [256, 200, 33])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_same_bits_for_any_number_of_threads(core, dtype, hidden, batch_size):
    """A net large enough that the threads asked for are used."""
    plan = make_plan((40, 70, 50, 3), hidden, "softmax", "categorical_cross_entropy", keep=0.8, l1=0.001, l2=0.01,
                     optimizer="adamw", hyper=OPTIMIZERS["adamw"])  # fmt: skip
    results = []
    for n_threads in (1, 2, 3, 4, 7):
        arguments = training_arguments(
            plan, np.random.default_rng(3), dtype, 256, batch_size, with_labels=True
        )
        assert core.network_train(*arguments, n_threads) == 3
        results.append(arguments[1:])
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("batch_size", [256, 128])
@pytest.mark.parametrize("feature", FEATURES)
def test_same_bits_for_any_number_of_threads_with(core, dtype, feature, batch_size):
    """257 examples: without batch norm the last batch is of one."""
    plan = make_plan((40, 70, 50, 3), "relu", "softmax", "categorical_cross_entropy", optimizer="adam",
                     hyper=OPTIMIZERS["adam"], **FEATURES[feature])  # fmt: skip
    results = []
    for n_threads in (1, 2, 3, 4, 7):
        arguments = training_arguments(plan, np.random.default_rng(3), dtype, 257, batch_size)
        assert core.network_train(*arguments, n_threads) == 3
        results.append(arguments[1:])
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("feature", FEATURES)
def test_epochs_in_one_call_are_the_epochs_of_many_calls_with(network, dtype, feature):
    plan = make_plan((4, 7, 5, 3), "tanh", optimizer="adam", hyper=OPTIMIZERS["adam"], **FEATURES[feature])
    together = training_arguments(plan, np.random.default_rng(3), dtype, 29, 7, n_epochs=4)
    apart = training_arguments(plan, np.random.default_rng(3), dtype, 29, 7, n_epochs=4)
    assert network.network_train(*together) == 4
    steps = together[8].shape[1]
    for e in range(4):
        one = list(apart)
        one[7], one[8], one[14] = (apart[k][e : e + 1] for k in (7, 8, 14))
        one[10] = 5 + steps * e
        assert network.network_train(*one) == 1
    for ours, theirs in zip(together[1:], apart[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_instruction_sets_agree(core, dtype):
    """Stated tolerance between builds: after 30 steps 1e-11 (float64) or 1e-3 (float32), relative."""
    plan = make_plan((8, 20, 10, 3), "tanh", "softmax", "categorical_cross_entropy", keep=0.8, l2=0.01)
    results = []
    for module in (core, cregnet.reference):
        arguments = training_arguments(plan, np.random.default_rng(3), dtype, 100, 10)
        module.network_train(*arguments)
        results.append(arguments[1])
    close = 1e-11 if dtype == np.float64 else 1e-3
    np.testing.assert_allclose(results[0], results[1], rtol=close, atol=close)


def test_epochs_in_one_call_are_the_epochs_of_many_calls(core, dtype):
    plan = make_plan((4, 6, 1), "relu", keep=0.8, optimizer="adam", hyper=(0.9, 0.999, 1e-8))
    together = training_arguments(plan, np.random.default_rng(3), dtype, 30, 7, n_epochs=6)
    apart = training_arguments(plan, np.random.default_rng(3), dtype, 30, 7, n_epochs=6)
    core.network_train(*together)
    for e in range(6):
        arguments = list(apart)
        arguments[7], arguments[8], arguments[14] = (
            apart[7][e : e + 1],
            apart[8][e : e + 1],
            apart[14][e : e + 1],
        )
        arguments[10] = 5 + 5 * e
        core.network_train(*arguments)
    for ours, theirs in zip(together[1:], apart[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_padding_does_not_leak(core, dtype):
    """Weights of one batch do not depend on what another size of batch left in the workspace."""
    plan = make_plan((3, 5, 1), "sigmoid")
    rng = np.random.default_rng(1)
    X, Y, labels, weight = make_data(plan, rng, 40, dtype)
    P = rng.normal(size=plan.layout.size).astype(dtype)
    alone, after = np.empty_like(P), P.copy()
    core.network_gradient(plan, P, X[32:], Y[32:], labels, weight[32:], 0, None, alone)
    before_update = P.copy()
    # batches of 32 and 8 with a learning rate of 0 for the first: the second sees the old weights
    rates = np.array([[0.0, 1.0]])
    core.network_train(plan, after, np.empty((0, P.size), dtype), X, Y, labels, weight, np.empty((1, 0), np.int64), rates,
                       32, 0, None, np.empty(0, dtype), np.array([np.inf, np.nan]), np.empty(1))  # fmt: skip
    np.testing.assert_allclose(before_update - after, alone, rtol=1e-4, atol=1e-6)


def test_infinite_cost_stops_before_the_update_and_best_is_kept(core):
    plan = make_plan((2, 1), output="identity", loss="squared_error")
    X, Y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [2.0]])
    P, best, best_cost, costs = (
        np.array([0.5, 0.5, 0.0]),
        np.zeros(3),
        np.array([np.inf, np.nan]),
        np.zeros(2000),
    )
    done = core.network_train(plan, P, np.empty((0, 3)), X, Y, NO_LABELS, np.empty(0), np.empty((2000, 0), np.int64),
                              np.full((2000, 1), 10.0), 2, 0, None, best, best_cost, costs)  # fmt: skip
    assert 0 < done < 2000
    assert best_cost[0] == costs[:done].min()
    np.testing.assert_array_equal(best, [0.5, 0.5, 0.0])


def test_a_call_that_is_cancelled_does_nothing(network):
    cancel, rng = Event(), np.random.default_rng(0)
    arguments = training_arguments(make_plan((2, 3, 1)), rng, np.float64, 10, 5)
    before = arguments[1].copy()
    cancel.set()
    assert network.network_train(*arguments, 1, cancel) == 0
    np.testing.assert_array_equal(arguments[1], before)
    cancel.clear()
    assert network.network_train(*arguments, 1, cancel) == 3


class Breaking:
    """An event that fails after some looks at it."""

    looks = 0

    def is_set(self):
        self.looks += 1
        if self.looks == 3:
            raise ZeroDivisionError("the event failed")
        return False


def test_an_error_of_the_event_comes_out(core):
    rng = np.random.default_rng(0)
    plan = make_plan((20, 200, 1))
    arguments = training_arguments(plan, rng, np.float64, 2000, 100, n_epochs=1000)
    cancel = Breaking()
    with pytest.raises(ZeroDivisionError, match="the event failed"):
        core.network_train(*arguments, 1, cancel)
    assert cancel.looks == 3
    assert np.isfinite(arguments[1]).all()


def test_wrong_arguments_say_which(core):
    plan = make_plan((2, 3, 1))
    P, rng = np.zeros(plan.layout.size), np.random.default_rng(0)
    good = (*training_arguments(plan, rng, np.float64, 10, 5), 1)
    for position, value, message in (
        (1, P[:-1], "parameters has 12 elements, wanted 13"),
        (2, np.zeros((1, 13)), r"moments has shape \(1, 13\), wanted \(0, 13\)"),
        (3, np.ones((10, 3)), r"X has shape \(10, 3\), wanted \(10, 2\)"),
        (4, np.ones((10, 2)), r"Y has shape \(10, 2\), wanted \(10, 1\)"),
        (6, np.ones(9), "weight has 9 elements, wanted 10"),
        (7, np.full((3, 10), 10), r"order\[0\] is 10, wanted 0 to 9"),
        (8, np.ones((3, 1)), r"learning_rates has shape \(3, 1\), wanted \(3, 2\)"),
        (9, 0, "batch_size is 0, wanted a whole number >= 1"),
        (11, [None, None], "masks are given and batch_size is 5, wanted the 10 rows of X"),
        (12, np.ones(3), "best has 3 elements, wanted 13"),
        (14, np.ones(2), "costs has 2 elements, wanted 3"),
        (15, 0, "n_threads is 0, wanted a whole number >= 1"),
    ):
        arguments = list(good)
        arguments[position] = value
        with pytest.raises(ValueError, match=message):
            core.network_train(*arguments)


@pytest.mark.parametrize(
    ("n", "batch_size", "wanted"), [(9, 8, 1), (17, 8, 2), (18, 8, 3), (1, 1, 1), (16, 8, 2)]
)
def test_a_joined_batch_has_no_learning_rate(core, n, batch_size, wanted):
    plan = make_plan((2, 3, 1), batch_norm=(True, False))
    arguments = list(training_arguments(plan, np.random.default_rng(0), np.float64, n, batch_size))
    assert core.network_train(*arguments) == 3
    assert arguments[8].shape == (3, wanted)
    arguments[8] = np.ones((3, wanted + 1))
    message = rf"learning_rates has shape \(3, {wanted + 1}\), wanted \(3, {wanted}\)"
    with pytest.raises(ValueError, match=message):
        core.network_train(*arguments)


def test_vectors_have_the_length_of_the_layout(core):
    """Statistics included, in moments and in the gradient too."""
    plan = make_plan(
        (2, 3, 1), batch_norm=(True, False), gates=(False, True), optimizer="momentum", hyper=(0.9,)
    )
    trained, size = plan.layout.n_trained, plan.layout.size
    assert (trained, size) == (19, 26)
    good = training_arguments(plan, np.random.default_rng(0), np.float64, 10, 5)
    for position, value, message in (
        (1, np.zeros(trained), "parameters has 19 elements, wanted 26"),
        (2, np.zeros((1, trained)), r"moments has shape \(1, 19\), wanted \(1, 26\)"),
        (12, np.zeros(trained), "best has 19 elements, wanted 26"),
    ):
        arguments = list(good)
        arguments[position] = value
        with pytest.raises(ValueError, match=message):
            core.network_train(*arguments)
    with pytest.raises(ValueError, match="gradient has 19 elements, wanted 26"):
        core.network_gradient(plan, good[1], *good[3:7], 0, None, np.zeros(trained))


class MadeOnAccess:
    """Masks that nobody keeps but who asked for them."""

    def __init__(self, masks):
        self.masks = masks

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, l):
        return self.masks[l].copy()


def test_masks_are_kept_for_the_length_of_the_call(core):
    rng = np.random.default_rng(0)
    plan = make_plan((30, 40, 1), keep=0.5)
    P, data = make_parameters(plan, rng), make_data(plan, rng, 500)
    masks = [(rng.random((n, 500)) < 0.5).astype(np.uint8) for n in (30, 40)]
    costs = []
    for given in (masks, tuple(masks), MadeOnAccess(masks), (mask.copy() for mask in masks)):
        gradient = np.empty_like(P)
        costs.append((core.network_gradient(plan, P, *data, 0, given, gradient), gradient.tobytes()))
    assert len(set(costs)) == 1


def test_masks_must_be_one_for_each_layer_but_the_last(core):
    rng = np.random.default_rng(0)
    plan = make_plan((2, 3, 1), keep=0.5)
    P, data = make_parameters(plan, rng), make_data(plan, rng, 10)
    for masks in ([], [None], [None, None, None]):
        with pytest.raises(ValueError, match=f"masks has {len(masks)} entries, wanted 2: all layers but"):
            core.network_gradient(plan, P, *data, 0, masks, np.empty_like(P))
    with pytest.raises(TypeError, match="masks is 5, wanted None or a sequence of masks"):
        core.network_gradient(plan, P, *data, 0, 5, np.empty_like(P))
    with pytest.raises(ValueError, match=r"masks\[1\] has shape \(3, 9\), wanted \(3, 10\)"):
        core.network_gradient(plan, P, *data, 0, [None, np.ones((3, 9), np.uint8)], np.empty_like(P))
    memory = np.ones(3 * 10 + 8 * P.size, np.uint8)
    mask, written = memory[:30].reshape(3, 10), memory[: 8 * P.size].view(np.float64)
    with pytest.raises(ValueError, match=r"masks\[1\] shares memory with gradient"):
        core.network_gradient(plan, P, *data, 0, [None, mask], written)


def test_a_batch_of_no_examples_is_refused(core):
    plan = make_plan((2, 3, 1))
    P, data = np.zeros(plan.layout.size), make_data(plan, np.random.default_rng(0), 0)
    with pytest.raises(ValueError, match="X has 0 rows, wanted at least 1"):
        core.network_gradient(plan, P, *data, 0, None, np.empty_like(P))


@pytest.mark.skipif(sys.platform == "win32", reason="files there are not sparse")
def test_a_batch_whose_activations_cannot_be_counted_is_refused(core, tmp_path):
    plan, n = make_plan((1, 1 << 21, 1)), 1 << 35
    P = np.zeros(plan.layout.size, np.float32)
    X = np.memmap(tmp_path / "X", np.float32, "w+", shape=(n, 1))  # holes, which take no space
    with pytest.raises(MemoryError, match=f"a batch of {n} examples needs some .* wanted smaller batches"):
        core.network_gradient(plan, P, X, X, NO_LABELS, np.empty(0, np.float32), 0, None, np.empty_like(P))
