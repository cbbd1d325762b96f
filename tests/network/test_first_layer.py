"""Networks whose first layer has loops of its own: two inputs, relu, at most five units in the second layer."""

import numpy as np
import pytest

from network.networks import OPTIMIZERS, make_data, make_plan, training_arguments
from twins import check_cases

SECOND = (1, 2, 3, 4, 5)
N = 1003  # examples: not a multiple of any vector's length


def narrow_plan(n_units, n_second, **more):
    """Two layers for one unit in the second one, else three."""
    sizes = (2, n_units, 1) if n_second == 1 else (2, n_units, n_second, 1)
    return make_plan(sizes, **more)


@pytest.mark.parametrize("batch_size", [N, 611])
@pytest.mark.parametrize("n_second", SECOND)
def test_the_bits_are_those_of_the_usual_loops(core, dtype, n_second, batch_size):
    """Two threads do not use the loops; the network is large enough that two are used.

    611 examples are fewer than the four per unit from which other networks have dot products.
    """
    results = []
    for n_threads in (1, 2):
        plan = narrow_plan(199, n_second, l2=0.01, optimizer="adam", hyper=OPTIMIZERS["adam"])
        arguments = training_arguments(plan, np.random.default_rng(3), dtype, N, batch_size)
        assert core.network_train(*arguments, n_threads) == 3
        results.append(arguments[1:])
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


FEATURES = {
    "penalties": {"l1": 0.01, "l2": 0.02},
    "clipping": {"clip_value": 0.05, "clip_norm": 0.1},
    "max_norm": {"max_norm": (0.9, 0.7, 0.0)},
    "proximal": {"proximal": (0.02, 0.0, 0.01)},
    "noise": {"noise": 0.2},
    "dropout": {"keep": 0.8},
    "batch_norm": {"batch_norm": (False, True, False)},
    "gates": {"gates": (False, True, False)},
}


@pytest.mark.parametrize("feature", FEATURES)
def test_training_is_that_of_the_twin_with(core, dtype, feature):
    """The last batch has fewer examples than the loops take at a time."""
    rng = np.random.default_rng(4)
    plan = make_plan((2, 11, 3, 1), optimizer="momentum", hyper=OPTIMIZERS["momentum"], **FEATURES[feature])
    cases = [
        training_arguments(plan, rng, dtype, n, batch) for n, batch in ((150, 150), (203, 100), (64, 61))
    ]
    check_cases(core, "network_train", cases, scale=1e3)


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu", "tanh"])
@pytest.mark.parametrize("n_second", SECOND)
def test_gradient_is_that_of_the_twin(core, dtype, n_second, hidden):
    def cases(rng):
        for n_units in (1, 2, 3, 20):
            for n in (8, 80, 211, N, 1500):
                plan = narrow_plan(n_units, n_second, hidden=hidden, l2=0.02)
                P = rng.normal(size=plan.layout.size).astype(dtype)
                yield plan, P, *make_data(plan, rng, n, dtype), 11, None, np.zeros_like(P)

    check_cases(core, "network_gradient", cases(np.random.default_rng(5)), scale=100)


@pytest.mark.parametrize("output", ["softmax", "identity"])
def test_the_second_layer_may_be_the_output(core, dtype, output):
    loss = {"softmax": "categorical_cross_entropy", "identity": "squared_error"}[output]

    def cases(rng):
        for n_outputs in (2, 3, 5):
            plan = make_plan((2, 9, n_outputs), "relu", output, loss)
            P = rng.normal(size=plan.layout.size).astype(dtype)
            yield plan, P, *make_data(plan, rng, 100, dtype), 11, None, np.zeros_like(P)

    check_cases(core, "network_gradient", cases(np.random.default_rng(6)), scale=100)


def test_an_example_has_the_same_gradient_anywhere_in_the_batch(core, dtype):
    """In float32 and float64 no loop has a remainder that rounds differently."""
    rng = np.random.default_rng(7)
    plan = make_plan((3, 1), (), "sigmoid")
    P = rng.normal(size=plan.layout.size).astype(dtype)
    X, Y, labels, _ = make_data(plan, rng, 37, dtype)
    gradients = []
    for place in range(37):
        weight = np.zeros(37, dtype)
        weight[place] = 1
        moved_X, moved_Y = (np.roll(a, place, axis=0) for a in (X, Y))
        gradients.append(core.network_gradient(plan, P, moved_X, moved_Y, labels, weight, 1)[1])
    for other in gradients[1:]:
        np.testing.assert_array_equal(gradients[0], other)
