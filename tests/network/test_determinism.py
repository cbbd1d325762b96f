"""Determinism: the same bits on two runs, with any number of threads, with epochs in one call or in many."""

import numpy as np
import pytest

import cregnet
from network.networks import (
    FEATURES,
    HIDDEN,
    OPTIMIZERS,
    make_data,
    make_plan,
    training_arguments,
)


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
