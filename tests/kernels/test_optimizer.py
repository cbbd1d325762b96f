"""Optimisers: twins, steps by hand, fifty recorded steps, PyTorch where it is installed."""

import numpy as np
import pytest

from cregnet.spec import OPTIMIZERS
from twins import LENGTHS, check_cases, reals

HYPER = {  # number of moments, and what follows them
    name: (
        len(row.moments),
        (row.learning_rate, *(option.default for option in row.options), *((7,) if row.counts else ())),
    )
    for name, row in OPTIMIZERS.items()
}


def cases_of(name):
    def cases(rng, dtype):
        n_moments, numbers = HYPER[name]
        for n in LENGTHS:
            moments = [np.abs(reals(rng, n, dtype=dtype)) for _ in range(n_moments)]
            yield reals(rng, n, dtype=dtype), reals(rng, n, dtype=dtype), *moments, *numbers

    return cases


CASES = {name: cases_of(name) for name in HYPER}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


def test_adam_by_hand_first_step_has_the_length_of_the_learning_rate(core):
    # after bias correction V = g and S = g^2, so the step is a * sign(g)
    W, dW, V, S = np.zeros(2), np.array([1e-3, -5.0]), np.zeros(2), np.zeros(2)
    core.adam(W, dW, V, S, 0.01, 0.9, 0.999, 1e-8, 1)
    np.testing.assert_allclose(W, [-0.01, 0.01], rtol=1e-4)
    np.testing.assert_allclose(V, 0.1 * dW)
    np.testing.assert_allclose(S, 0.001 * dW**2)


def test_adamw_decays_before_the_step(core):
    W, zero = np.array([2.0]), np.zeros(1)
    core.adamw(W, zero, zero.copy(), zero.copy(), 0.1, 0.9, 0.999, 1e-8, 0.5, 1)
    assert W[0] == pytest.approx(2.0 * (1 - 0.1 * 0.5), rel=1e-15)


def test_steps_count_from_one(core):
    W = np.ones(3)
    with pytest.raises(ValueError, match="t is 0, wanted a whole number >= 1"):
        core.adam(W, W.copy(), W.copy(), W.copy(), 0.1, 0.9, 0.999, 1e-8, 0)


def test_adam_gives_the_same_bits_for_any_number_of_threads(core, dtype):
    rng = np.random.default_rng(2)
    n = 3 * (1 << 17) + 5
    start = [np.abs(reals(rng, n, dtype=dtype)) for _ in range(4)]
    results = []
    for n_threads in (1, 2, 3, 7):
        W, dW, V, S = (array.copy() for array in start)
        core.adam(W, dW, V, S, 0.001, 0.9, 0.999, 1e-8, 3, n_threads=n_threads)
        results.append(W.tobytes() + V.tobytes() + S.tobytes())
    assert len(set(results)) == 1
    with pytest.raises(ValueError, match="n_threads is 0, wanted a whole number >= 1"):
        core.adam(*start, 0.001, 0.9, 0.999, 1e-8, 3, n_threads=0)


# ------------------------------------------------------------------------------ fifty steps

LEARNING_RATE = 0.05


def gradients():
    """Fifty recorded gradients: sines, the same in any library."""
    k, t = np.meshgrid(np.arange(6), np.arange(1, 51))
    return np.sin(0.7 * t * (k + 1)) * (0.5 + k)


def fifty_steps(core, name, dtype):
    """Parameters after fifty steps from 0.1, 0.2, ..., 0.6."""
    W = (0.1 * np.arange(1, 7)).astype(dtype)
    n_moments, numbers = HYPER[name]
    moments = [np.zeros(6, dtype) for _ in range(n_moments)]
    counts = OPTIMIZERS[name].counts
    numbers = numbers[1:-1] if counts else numbers[1:]
    for t, dW in enumerate(gradients().astype(dtype), start=1):
        counter = (t,) if counts else ()
        getattr(core, name)(W, dW, *moments, LEARNING_RATE, *numbers, *counter)
    return W


# Recorded from PyTorch 2.13.0 (float64, CPU) by tests/kernels/record_optimizers.py, those that it lacks from
# the published formula in long arithmetic.
NOT_IN_PYTORCH = ("lion",)
RECORDED = {
    "gradient_descent": [
        0.04016243408118684,
        0.15465389514907255,
        0.316168545602846,
        0.2961519705013692,
        0.5983101449727152,
        0.6871836748043846,
    ],
    "momentum": [
        0.06059677242986964,
        0.1590692890492044,
        0.26567258435078017,
        0.3802781459599627,
        0.5236375920916557,
        0.6850436960982659,
    ],
    "momentum_velocity": [
        -0.29403227570130364,
        -0.20930710950795656,
        -0.04327415649220136,
        0.20278145959962657,
        0.7363759209165577,
        1.450436960982664,
    ],
    "nesterov": [
        -0.31446661404998655,
        -0.2137225034080885,
        0.0072218047598647675,
        0.11865528414103312,
        0.8110484737976168,
        1.452576939688783,
    ],
    "rmsprop": [
        -0.8967523619473048,
        -0.17091995009804126,
        0.03735711199435665,
        0.07998709451627692,
        0.8018125942234574,
        0.852921694678158,
    ],
    "adam": [
        -0.1856992891575722,
        0.06821832660387805,
        0.22668869147317583,
        0.3488579203868809,
        0.5506825510488833,
        0.6744086915093385,
    ],
    "adamw": [
        -0.18217288533836726,
        0.06632064272076918,
        0.2209616396140634,
        0.3401414470331325,
        0.5371643930042092,
        0.6579175643839204,
    ],
    "lion": [
        -0.30000000000000004,
        -0.1,
        -0.5,
        0.1,
        0.4,
        -0.19999999999999996,
    ],
}


@pytest.mark.parametrize("name", RECORDED)
def test_fifty_steps_give_the_recorded_numbers(core, dtype, name):
    close = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(fifty_steps(core, name, dtype), RECORDED[name], rtol=close, atol=close)


def test_all_optimisers_are_recorded():
    assert set(RECORDED) == set(HYPER)


@pytest.mark.parametrize("name", [name for name in HYPER if name not in NOT_IN_PYTORCH])
def test_fifty_steps_agree_with_pytorch(core, name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: the recorded numbers stand in")
    np.testing.assert_allclose(fifty_steps(core, name, np.float64), torch_steps(torch, name), rtol=1e-12)


def torch_steps(torch, name):
    """The same fifty steps in PyTorch."""
    W = torch.tensor(0.1 * np.arange(1, 7), dtype=torch.float64, requires_grad=True)
    a = LEARNING_RATE
    optimizer = {
        "gradient_descent": lambda: torch.optim.SGD([W], lr=a),
        # the average form is the velocity form at (1 - beta) times the rate
        "momentum": lambda: torch.optim.SGD([W], lr=a * 0.1, momentum=0.9),
        "momentum_velocity": lambda: torch.optim.SGD([W], lr=a, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD([W], lr=a, momentum=0.9, nesterov=True),
        "rmsprop": lambda: torch.optim.RMSprop([W], lr=a, alpha=0.99, eps=1e-8),
        "adam": lambda: torch.optim.Adam([W], lr=a, betas=(0.9, 0.999), eps=1e-8),
        "adamw": lambda: torch.optim.AdamW([W], lr=a, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01),
    }[name]()
    for dW in gradients():
        W.grad = torch.tensor(dW)
        optimizer.step()
    return W.detach().numpy()
