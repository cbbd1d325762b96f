"""Calls of the network kernels: how they end, and what they refuse."""

import sys
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from network.networks import (
    NO_LABELS,
    OPTIMIZERS,
    make_data,
    make_parameters,
    make_plan,
    training_arguments,
)


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
    with pytest.raises(ValueError, match=r"gradient has shape \(19,\), wanted \(26,\)"):
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
        costs.append((core.network_gradient(plan, P, *data, 0, given, gradient)[0], gradient.tobytes()))
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


@pytest.mark.parametrize("batch_size", [7, 29])
def test_a_workspace_that_a_call_left_changes_no_bit(core, dtype, batch_size):
    """Calls with one plan share it; masks that were given, and larger batches, are not in the next call."""
    plan = make_plan((4, 7, 5, 3), "tanh", keep=0.7, optimizer="adam", hyper=OPTIMIZERS["adam"], noise=0.1)
    rng = np.random.default_rng(3)
    masks = [rng.integers(0, 2, (n, 29)).astype(np.uint8) for n in plan.sizes[:-1]]

    def bits(plan, **more):
        arguments = training_arguments(plan, np.random.default_rng(3), dtype, 29, batch_size, **more)
        core.network_train(*arguments)
        return arguments[1].tobytes()

    alone = bits(plan)
    core.network_train(*training_arguments(plan, rng, dtype, 29, 29, shuffled=False, masks=masks))
    other = training_arguments(plan, rng, dtype, 64, 64)
    core.network_gradient(plan, other[1], *other[3:7], 0)
    assert bits(plan) == alone
    assert bits(replace(plan)) == alone
