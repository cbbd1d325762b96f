"""Mixed precision: products of operands rounded to bfloat16, everything else in float32."""

from dataclasses import replace

import numpy as np
import pytest

import cregnet.reference
from builds import load_core
from network.networks import (
    FEATURES,
    HIDDEN,
    IN_THE_GRADIENT,
    NETS,
    OPTIMIZERS,
    gradient,
    make_data,
    make_parameters,
    make_plan,
    training_arguments,
    weights,
)

FLOAT32 = np.dtype(np.float32)
ISAS = cregnet.available_isas()
U = 2.0**-8  # the largest relative error of a rounding to bfloat16
SIZES = (9, 20, 17, 3)  # odd numbers too: a pair of operands has a 0


@pytest.fixture(params=ISAS)
def core(request):
    """Each instruction set: those that share a build have products of their own here."""
    return load_core(request.param)


@pytest.fixture(params=["reference", *ISAS])
def network(request):
    return cregnet.reference if request.param == "reference" else load_core(request.param)


def mixed(plan):
    return replace(plan, compute_dtype="bfloat16")


def relative(a, b):
    return np.linalg.norm(a - b) / np.linalg.norm(b)


def make_case(n=13, hidden="tanh", output="sigmoid", loss="binary_cross_entropy", **more):
    rng = np.random.default_rng(4)
    plan = make_plan(SIZES, hidden, output, loss, seed=1, **more)
    return plan, make_parameters(plan, rng, FLOAT32, scale=0.4), make_data(plan, rng, n, FLOAT32)


# ------------------------------------------------------------------------------ against the twin


def differences(core, plan, P, data):
    """Of mixed precision and of float32 from the twin of mixed precision.

    The twin's sums have other rounding errors of float32. Now and then one of them decides how an operand
    is rounded, which then differs by its last bit, so only the norm of the whole gradient is compared.
    """
    cost, found = gradient(core, mixed(plan), P, data)
    twin_cost, wanted = gradient(cregnet.reference, mixed(plan), P, data)
    assert cost == pytest.approx(twin_cost, rel=1e-4)
    return relative(found, wanted), relative(gradient(core, plan, P, data)[1], wanted)


@pytest.mark.parametrize("n", [3, 13, 64])
@pytest.mark.parametrize("feature", IN_THE_GRADIENT)
def test_gradient_is_that_of_the_twin(core, feature, n):
    plan, P, data = make_case(n, **IN_THE_GRADIENT[feature])
    found, single = differences(core, plan, P, data)
    assert found < 0.25 * single


@pytest.mark.parametrize("n", [1, 2])
def test_gradient_of_a_tiny_batch_is_that_of_the_twin(core, n):
    found, single = differences(core, *make_case(n, keep=0.8, noise=0.1, l2=0.1))
    assert found < 0.25 * single


@pytest.mark.parametrize(("hidden", "loss", "output"), NETS)
def test_gradient_is_that_of_the_twin_for(core, hidden, loss, output):
    plan, P, data = make_case(16, hidden, output, loss)
    P[plan.layout.b[-1]] += 1  # outputs of ReLU units are not all off
    _, found = gradient(core, mixed(plan), P, data)
    _, wanted = gradient(cregnet.reference, mixed(plan), P, data)
    assert relative(found, wanted) < 1e-4


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_that_of_the_twin(core, optimizer):
    plan = mixed(make_plan(SIZES, optimizer=optimizer, hyper=OPTIMIZERS[optimizer]))
    results = []
    for network in (core, cregnet.reference):
        arguments = training_arguments(plan, np.random.default_rng(3), FLOAT32, 40, 16)
        start = arguments[1].copy()
        arguments[8][...] = 1e-3
        assert network.network_train(*arguments) == 3
        results.append(arguments[1] - start)
    # Adam and Lion take the sign of a gradient near 0 from its last digits
    assert relative(*results) < (0.05 if optimizer in ("adam", "adamw", "lion", "rmsprop") else 1e-3)


@pytest.mark.parametrize("feature", FEATURES)
def test_training_is_that_of_the_twin_with(core, feature):
    plan = mixed(make_plan(SIZES, "tanh", **FEATURES[feature]))
    results = []
    for network in (core, cregnet.reference):
        arguments = training_arguments(plan, np.random.default_rng(3), FLOAT32, 40, 16)
        assert network.network_train(*arguments) == 3
        results.append(arguments[1])
    np.testing.assert_allclose(*results, rtol=3e-3, atol=3e-3)


# ------------------------------------------------------------------------------ against float32


class Bounded:
    """A matrix in float64 and a bound of the error of each entry in mixed precision."""

    def __init__(self, value, error=0.0):
        self.value = np.asarray(value, np.float64)
        self.error = np.broadcast_to(error, self.value.shape)

    def product(self, other, slack):
        """Both factors are rounded: |a'b' - ab| <= |a| e_b + e_a |b| + e_a e_b + (2 u + u^2) |a'| |b'|."""
        a, b = np.abs(self.value), np.abs(other.value)
        wide_a, wide_b = a + self.error, b + other.error
        error = wide_a @ wide_b - a @ b + (2 * U + U**2 + slack) * (wide_a @ wide_b)
        return Bounded(self.value @ other.value, error)

    @property
    def T(self):
        return Bounded(self.value.T, self.error.T)


def bounded_gradient(plan, P, X, Y):
    """dW of a tanh network with a linear output and the squared error; its bounds follow the rounding errors.

    `slack` covers the roundings of float32: of sums of at most 64 terms, of tanh and of its derivative.
    """
    slack = 100 * 2.0**-24
    W = [Bounded(w) for w in weights(plan, P.astype(np.float64))]
    b = [P[s].astype(np.float64).reshape(-1, 1) for s in plan.layout.b]
    A = [Bounded(X.T)]
    for layer in range(len(W)):
        Z = W[layer].product(A[-1], slack)
        Z = Bounded(Z.value + b[layer], Z.error + slack * np.abs(b[layer]))
        last = layer == len(W) - 1
        # |tanh'| <= 1
        A.append(Z if last else Bounded(np.tanh(Z.value), Z.error + slack))
    m = len(X)
    dZ = Bounded(
        (A[-1].value - Y.T) / m, (A[-1].error + slack * np.abs(Y.T)) / m + slack * np.abs(A[-1].value) / m
    )
    found = []
    for layer in range(len(W) - 1, -1, -1):
        found.insert(0, dZ.product(A[layer].T, slack))
        if layer:
            dA, out = W[layer].T.product(dZ, slack), A[layer]
            slope = 1 - out.value**2
            slope_error = (2 * np.abs(out.value) + out.error) * out.error + slack
            dZ = Bounded(
                dA.value * slope,
                np.abs(dA.value) * slope_error + dA.error * (slope + slope_error),
            )
    return found


@pytest.mark.parametrize("n", [1, 7, 64])
def test_gradient_is_within_the_derived_bound_of_float32(network, n):
    plan, rng = make_plan((5, 6, 2), "tanh", "identity", "squared_error"), np.random.default_rng(8)
    P = make_parameters(plan, rng, FLOAT32, scale=0.4)
    X, Y = rng.normal(size=(n, 5)).astype(FLOAT32), rng.normal(size=(n, 2)).astype(FLOAT32)
    data = X, Y, np.empty(0, np.int32), np.empty(0, FLOAT32)
    _, single = gradient(network, plan, P, data)
    _, found = gradient(network, mixed(plan), P, data)
    for W, W32, bound in zip(
        weights(plan, found), weights(plan, single), bounded_gradient(plan, P, X, Y), strict=True
    ):
        np.testing.assert_allclose(
            W32, bound.value, rtol=1e-3, atol=1e-5
        )  # the bound is about the same thing
        assert (np.abs(W - bound.value) <= bound.error).all()
        assert np.abs(W - W32).max() > 1e-3 * bound.error.max()  # and rounding is seen beside it
        assert np.median(bound.error) < 0.5 * np.abs(bound.value).max()  # a bound that says something


def test_products_of_numbers_that_a_bfloat16_holds_are_exact(network):
    """Small whole numbers: no operand and no sum is rounded."""
    plan = make_plan((7, 5), (), "identity", "squared_error")
    rng = np.random.default_rng(1)
    P = rng.integers(-9, 10, plan.layout.size).astype(FLOAT32)
    X, Y = (rng.integers(-9, 10, (8, n)).astype(FLOAT32) for n in plan.sizes)
    data = X, Y, np.empty(0, np.int32), np.empty(0, FLOAT32)
    for precise, rounded in zip(
        gradient(network, plan, P, data), gradient(network, mixed(plan), P, data), strict=True
    ):
        if isinstance(precise, float):
            assert precise == rounded
    # dZ = (A - Y) / 8 has up to 10 bits, so the batch is chosen to need fewer
    P[...] = np.sign(P)
    X, Y = np.sign(X), np.zeros_like(Y)
    data = X, Y, *data[2:]
    np.testing.assert_array_equal(
        gradient(network, plan, P, data)[1], gradient(network, mixed(plan), P, data)[1]
    )


# ------------------------------------------------------------------------------ what is not finite


def test_infinity_nan_and_overflow(network):
    plan = make_plan((2, 1), (), "identity", "squared_error")
    P, none = np.array([1, 1, 0], FLOAT32), (np.empty(0, np.int32), np.empty(0, FLOAT32))
    largest = np.finfo(np.float32).max
    for x, cost in (([np.inf, 0], np.inf), ([np.nan, 0], np.nan), ([largest, -1], np.inf)):
        data = np.array([x], FLOAT32), np.zeros((1, 1), FLOAT32), *none
        with np.errstate(all="ignore"):
            found, _ = gradient(network, mixed(plan), P, data)
        # the largest float32 is nearer to what would be the next bfloat16, which is infinite
        np.testing.assert_equal(found, cost)


def test_subnormal_operands_count_as_zero_or_as_themselves(core):
    """Instructions for bfloat16 take subnormal operands for 0: the difference is below the smallest normal number."""
    plan = make_plan((2, 1), (), "identity", "squared_error")
    P, x = np.array([1, 1, 0], FLOAT32), np.array([[1e-39, 2e-39]], FLOAT32)
    data = x, np.zeros((1, 1), FLOAT32), np.empty(0, np.int32), np.empty(0, FLOAT32)
    _, found = gradient(core, mixed(plan), P, data)
    assert 0 <= found[plan.layout.b[0]][0] < 1.05 * 3e-39
    P[:2] = 1e-39  # rounded operands, not rounded weights
    before = P.copy()
    gradient(core, mixed(plan), P, data)
    np.testing.assert_array_equal(P, before)


def test_a_cost_that_is_not_finite_ends_the_training_before_its_update(network):
    plan = mixed(make_plan((2, 3, 1)))
    arguments = training_arguments(plan, np.random.default_rng(3), FLOAT32, 8, 8)
    arguments[3][0, 0] = np.inf
    before = arguments[1].copy()
    with np.errstate(all="ignore"):
        assert network.network_train(*arguments) == 0
    np.testing.assert_array_equal(arguments[1], before)


# ------------------------------------------------------------------------------ bits


@pytest.mark.parametrize("hidden", HIDDEN)
def test_same_bits_for_any_number_of_threads(core, hidden):
    plan = mixed(make_plan((41, 70, 51, 3), hidden, "softmax", "categorical_cross_entropy", keep=0.8, l1=0.001,
                           l2=0.01, optimizer="adamw", hyper=OPTIMIZERS["adamw"]))  # fmt: skip
    results = []
    for n_threads in (1, 2, 3, 7):
        arguments = training_arguments(plan, np.random.default_rng(3), FLOAT32, 255, 200, with_labels=True)
        assert core.network_train(*arguments, n_threads) == 3
        results.append(arguments[1:])
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("feature", FEATURES)
def test_same_bits_for_any_number_of_threads_with(core, feature):
    plan = mixed(make_plan((40, 70, 50, 3), "relu", "softmax", "categorical_cross_entropy", optimizer="adam",
                           hyper=OPTIMIZERS["adam"], **FEATURES[feature]))  # fmt: skip
    results = []
    for n_threads in (1, 2, 3, 7):
        arguments = training_arguments(plan, np.random.default_rng(3), FLOAT32, 257, 128)
        assert core.network_train(*arguments, n_threads) == 3
        results.append(arguments[1:])
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_wide_layers_and_batches_of_any_size(core):
    """Inner sums of several blocks, more examples than one pass takes, and a last batch of one."""
    plan = mixed(make_plan((3, 1100, 1030, 2), "relu", "softmax", "categorical_cross_entropy"))
    rng = np.random.default_rng(3)
    P, data = (
        make_parameters(plan, rng, FLOAT32, scale=0.02),
        make_data(plan, rng, 1057, FLOAT32, with_labels=True),
    )
    _, found = gradient(core, plan, P, data)
    _, wanted = gradient(cregnet.reference, plan, P, data)
    assert relative(found, wanted) < 1e-3


# ------------------------------------------------------------------------------ arguments


def test_parameters_of_float64_are_refused(core):
    plan = mixed(make_plan((2, 3, 1)))
    arguments = training_arguments(plan, np.random.default_rng(3), np.dtype(np.float64), 8, 8)
    message = "parameters are float64, wanted float32 for the plan's compute_dtype 'bfloat16'"
    with pytest.raises(ValueError, match=message):
        core.network_train(*arguments)
    with pytest.raises(ValueError, match=message):
        core.network_gradient(plan, *arguments[1:2], *arguments[3:7], 0)


def test_the_plan_names_what_it_wants():
    with pytest.raises(ValueError, match="compute_dtype is 'float16', wanted None or 'bfloat16'"):
        replace(make_plan((2, 3, 1)), compute_dtype="float16")


# ------------------------------------------------------------------------------ prediction


@pytest.mark.parametrize("feature", ["none", "batch_norm", "gates", "batch_norm+gates+gaussian"])
@pytest.mark.parametrize("n", [1, 2, 37, 700])
def test_prediction_in_bfloat16_is_that_of_the_twin(core, feature, n):
    plan = make_plan(
        SIZES, "tanh", "softmax", "categorical_cross_entropy", **IN_THE_GRADIENT.get(feature, {})
    )
    rng = np.random.default_rng(4)
    P, X = make_parameters(plan, rng, FLOAT32, scale=0.4), rng.normal(size=(n, 9)).astype(FLOAT32)
    found, finite = core.network_predict(plan, P, X, compute_dtype="bfloat16")
    wanted, _ = cregnet.reference.network_predict(plan, P, X, compute_dtype="bfloat16")
    single, _ = core.network_predict(plan, P, X)
    assert finite
    assert relative(found, wanted) < 0.25 * relative(single, wanted)
    assert relative(single, wanted) > 1e-4


def test_prediction_in_bfloat16_does_not_depend_on_threads_or_on_other_rows(core):
    plan = make_plan((40, 70, 50, 3), "relu", "softmax", "categorical_cross_entropy")
    rng = np.random.default_rng(4)
    P, X = make_parameters(plan, rng, FLOAT32, scale=0.2), rng.normal(size=(3000, 40)).astype(FLOAT32)
    whole, _ = core.network_predict(plan, P, X, compute_dtype="bfloat16")
    for n_threads in (2, 7):
        other, _ = core.network_predict(plan, P, X, compute_dtype="bfloat16", n_threads=n_threads)
        np.testing.assert_array_equal(other, whole)
    row, _ = core.network_predict(plan, P, X[17:18], compute_dtype="bfloat16")
    np.testing.assert_allclose(row, whole[17:18], rtol=1e-6)


def test_predictions_of_mixed_precision_plans_are_float32s_unless_asked(network):
    plan, P, (X, *_) = make_case()
    plain, _ = network.network_predict(plan, P, X)
    np.testing.assert_array_equal(network.network_predict(mixed(plan), P, X)[0], plain)


def test_prediction_refuses_what_it_cannot_compute_in(core):
    plan, P, (X, *_) = make_case()
    with pytest.raises(ValueError, match="compute_dtype is 'int8', wanted None or 'bfloat16'"):
        core.network_predict(plan, P, X, compute_dtype="int8")
    message = "parameters are float64, wanted float32 for compute_dtype 'bfloat16'"
    with pytest.raises(ValueError, match=message):
        core.network_predict(plan, P.astype(np.float64), X.astype(np.float64), compute_dtype="bfloat16")
