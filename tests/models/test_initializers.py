"""Initial weights and the random numbers behind them: their law, and what they depend on."""

import re

import numpy as np
import pytest

import cregnet
import regnet as rn
from regnet._support import randomness
from regnet.models.initializers import BY_NAME, Drawn, as_initializer

N_IN, N_OUT = 120, 250
NORMAL = {  # standard deviation for 120 inputs
    "normal": (rn.Normal(), 0.01),
    "normal, scale 10": (rn.Normal(10.0), 10.0),
    "he": (rn.He(), np.sqrt(2 / 120)),
    "xavier": (rn.Xavier(), np.sqrt(1 / 120)),
}
ALL = [rn.Zeros(), rn.Normal(), rn.He(), rn.Xavier(), rn.Glorot()]
RANDOM = ALL[1:]


@pytest.mark.parametrize("init", ALL, ids=repr)
@pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (2, 3), (3, 2), (5, 1), (1, 7)])
def test_shape_is_outputs_by_inputs(init, n_in, n_out):
    W = init.weights(n_in, n_out, seed=0, layer=1)
    assert W.shape == (n_out, n_in)
    assert W.dtype == np.float64


def test_zeros_are_zero():
    assert not rn.Zeros().weights(N_IN, N_OUT, seed=0, layer=1).any()


@pytest.mark.parametrize(("init", "scale"), NORMAL.values(), ids=NORMAL)
def test_normal_weights_have_mean_0_and_their_standard_deviation(init, scale):
    W = init.weights(N_IN, N_OUT, seed=0, layer=1)
    assert abs(W.mean()) < 4 * scale / np.sqrt(W.size)
    assert abs(W.std() - scale) < 4 * scale / np.sqrt(2 * W.size)
    # per row and column too: no stripe of the matrix is special
    assert abs(W.std(axis=1) - scale).max() < 5 * scale / np.sqrt(2 * N_IN)
    assert abs(W.std(axis=0) - scale).max() < 5 * scale / np.sqrt(2 * N_OUT)


@pytest.mark.parametrize(("init", "scale"), NORMAL.values(), ids=NORMAL)
def test_normal_weights_are_the_same_draws_times_their_standard_deviation(init, scale):
    standard = rn.Normal(1.0).weights(N_IN, N_OUT, seed=0, layer=1)
    np.testing.assert_allclose(init.weights(N_IN, N_OUT, seed=0, layer=1), scale * standard, rtol=1e-14)


@pytest.mark.parametrize(("init", "scale"), NORMAL.values(), ids=NORMAL)
def test_normal_weights_are_normal(init, scale):
    stats = pytest.importorskip("scipy.stats")
    W = init.weights(N_IN, N_OUT, seed=0, layer=1)
    assert stats.kstest(W.ravel() / scale, "norm").pvalue > 1e-3


def test_glorot_weights_fill_their_limits_evenly():
    limit = np.sqrt(6 / (N_IN + N_OUT))
    W = rn.Glorot().weights(N_IN, N_OUT, seed=0, layer=1)
    assert abs(W).max() < limit
    assert abs(W).max() > limit * (1 - 4 * 4 / W.size)
    assert abs(W.mean()) < 4 * limit / np.sqrt(3 * W.size)
    # the variance of a uniform number is limit^2 / 3, the standard error of its estimate
    # limit^2 * sqrt((1/5 - 1/9) / n)
    assert abs(W.var() - limit**2 / 3) < 4 * limit**2 * np.sqrt((1 / 5 - 1 / 9) / W.size)


def test_glorot_weights_are_uniform():
    stats = pytest.importorskip("scipy.stats")
    W = rn.Glorot().weights(N_IN, N_OUT, seed=0, layer=1) / np.sqrt(6 / (N_IN + N_OUT))
    assert stats.kstest(W.ravel(), "uniform", args=(-1, 2)).pvalue > 1e-3


@pytest.mark.parametrize(("n_in", "n_out"), [(10, 1000), (1000, 10)])
def test_he_and_xavier_look_at_inputs_and_glorot_at_both(n_in, n_out):
    def std(init):
        return init.weights(n_in, n_out, seed=0, layer=1).std()

    margin = 4 / np.sqrt(2 * n_in * n_out)
    assert std(rn.He()) == pytest.approx(np.sqrt(2 / n_in), rel=margin)
    assert std(rn.Xavier()) == pytest.approx(np.sqrt(1 / n_in), rel=margin)
    assert std(rn.Glorot()) == pytest.approx(np.sqrt(2 / 1010), rel=margin)


# ------------------------------------------------------------------------------ what they depend on


@pytest.mark.parametrize("init", RANDOM, ids=repr)
def test_weights_depend_on_seed_and_layer_alone(init):
    first = init.weights(7, 5, seed=3, layer=2)
    np.random.seed(1)  # noqa: NPY002 - NumPy's global state must not matter
    init.weights(4, 4, seed=9, layer=9)
    np.testing.assert_array_equal(init.weights(7, 5, seed=3, layer=2), first)


@pytest.mark.parametrize("init", RANDOM, ids=repr)
@pytest.mark.parametrize(
    "other", [{"seed": 4, "layer": 2}, {"seed": 3, "layer": 1}, {"seed": 3 + 2**32, "layer": 2}], ids=repr
)
def test_another_seed_or_layer_gives_other_weights(init, other):
    first, second = init.weights(30, 40, seed=3, layer=2), init.weights(30, 40, **other)
    assert not (first == second).any()
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4 / np.sqrt(first.size)


def test_model_takes_its_weights_from_the_initialiser():
    layers = [rn.Input(4), rn.Dense(3, "tanh", init=rn.Normal(0.5)), rn.Dense(1, "sigmoid", init="he")]
    model = rn.Model(layers, dtype="float64", seed=5)
    np.testing.assert_array_equal(model.weights[0], rn.Normal(0.5).weights(4, 3, seed=5, layer=1))
    np.testing.assert_array_equal(model.weights[1], rn.He().weights(3, 1, seed=5, layer=2))
    assert not any(b.any() for b in model.biases)


def test_float32_weights_are_the_float64_ones_up_to_rounding():
    models = [rn.Model.mlp([40, 30, 1], dtype=dtype, seed=5) for dtype in ("float32", "float64")]
    np.testing.assert_allclose(models[0].parameters, models[1].parameters, rtol=0, atol=1e-6)


@pytest.mark.parametrize("init", RANDOM, ids=repr)
def test_float32_weights_are_drawn_in_float32(init, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("float64 weights were asked for")

    monkeypatch.setattr(Drawn, "weights", refuse)
    with pytest.raises(AssertionError, match="asked for"):
        init.weights(2, 3, seed=0, layer=1)
    model = rn.Model([rn.Input(40), rn.Dense(30, init=init)], seed=5)
    assert model.weights[0].dtype == np.float32
    assert model.weights[0].all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_do_not_depend_on_the_number_of_threads(dtype, monkeypatch):
    def parameters(n_threads):
        monkeypatch.setenv("OMP_NUM_THREADS", str(n_threads))
        monkeypatch.setattr("regnet._support.threads.usable_cores", lambda: 7)
        layers = [rn.Input(300), rn.Dense(1500, "relu"), rn.Dense(700, "tanh"), rn.Dense(3)]
        return rn.Model(layers, dtype=dtype, seed=5).parameters

    one = parameters(1)
    for n_threads in (2, 7):
        np.testing.assert_array_equal(parameters(n_threads), one)


def test_initialize_leaves_no_parameter_as_it_was():
    layers = [
        rn.Input(3, gates=True),
        rn.Dense(4, "relu", batch_norm=True, gates=True),
        rn.Dense(2, init="zeros"),
    ]
    model = rn.Model(layers, seed=5)
    first = model.parameters.copy()
    assert np.isfinite(first).all()
    model.parameters[:] = np.nan
    model.initialize()
    np.testing.assert_array_equal(model.parameters, first)


def test_an_own_initialiser_is_called_with_sizes_seed_and_layer():
    calls = []

    class Own(rn.Initializer):
        def weights(self, n_in, n_out, seed, layer):
            calls.append((n_in, n_out, seed, layer))
            return np.full((n_out, n_in), layer)

    model = rn.Model([rn.Input(4), rn.Dense(3, init=Own()), rn.Dense(2, init=Own())], seed=6)
    assert calls == [(4, 3, 6, 1), (3, 2, 6, 2)]
    assert (model.weights[0] == 1).all()
    assert (model.weights[1] == 2).all()


def test_an_own_initialiser_may_start_from_one_of_these():
    class Half(rn.He):
        def weights(self, n_in, n_out, seed, layer):
            return super().weights(n_in, n_out, seed, layer) / 2

    model = rn.Model([rn.Input(4), rn.Dense(3, init=Half())], dtype="float64", seed=6)
    np.testing.assert_array_equal(model.weights[0], rn.He().weights(4, 3, seed=6, layer=1) / 2)


# ------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("name", "init"),
    [
        ("zeros", rn.Zeros()),
        ("normal", rn.Normal(0.01)),
        ("he", rn.He()),
        ("xavier", rn.Xavier()),
        ("lecun", rn.Xavier()),
        ("glorot", rn.Glorot()),
    ],
)
def test_names(name, init):
    assert as_initializer(name, "relu") == init


def test_every_name_is_tested():
    assert set(BY_NAME) == {"zeros", "normal", "he", "xavier", "lecun", "glorot"}


@pytest.mark.parametrize(
    ("activation", "init"),
    [
        ("relu", rn.He()),
        ("leaky_relu", rn.He()),
        ("tanh", rn.Glorot()),
        ("sigmoid", rn.Glorot()),
        ("softmax", rn.Glorot()),
        ("identity", rn.Glorot()),
    ],
)
def test_none_is_chosen_by_the_activation(activation, init):
    assert as_initializer(None, activation) == init
    assert rn.Dense(3, activation).initializer == init


def test_an_initialiser_is_taken_as_it_is():
    init = rn.Normal(0.5)
    assert as_initializer(init, "relu") is init


@pytest.mark.parametrize("wrong", ["He", "uniform", 0.01, rn.He])
def test_what_is_no_initialiser_is_refused(wrong):
    names = "'zeros', 'normal', 'he', 'xavier', 'lecun', 'glorot'"
    message = f"init is {wrong!r}, wanted an initialiser or one of {names}"
    with pytest.raises(ValueError, match=re.escape(message)):
        as_initializer(wrong, "relu")
    with pytest.raises(ValueError, match=re.escape(message)):
        rn.Dense(3, init=wrong)


@pytest.mark.parametrize(
    ("scale", "error"), [(0, ValueError), (-1, ValueError), (float("nan"), ValueError), ("1", TypeError)]
)
def test_wrong_scale_is_named(scale, error):
    with pytest.raises(error, match=re.escape(f"scale is {scale!r}, wanted a number > 0")):
        rn.Normal(scale)


# ------------------------------------------------------------------------------ random numbers

DRAWS = 100_000


def test_uniform_numbers_lie_between_0_and_1_evenly():
    stats = pytest.importorskip("scipy.stats")
    u = randomness.uniform(DRAWS, seed=0, purpose="data")
    assert u.shape == (DRAWS,)
    assert u.min() > 0
    assert u.max() < 1
    assert abs(u.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / DRAWS)
    assert abs(u.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / DRAWS)  # fourth moment 1/80, less 1/144
    assert stats.kstest(u, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("word", [0, 2**32 - 1])
def test_no_word_gives_0_or_1_or_infinity(word, monkeypatch):
    monkeypatch.setattr(cregnet, "random_words", lambda n, *_: np.full(n, word, np.uint32))
    u = randomness.uniform(2, seed=0, purpose="data")
    assert ((u > 0) & (u < 1)).all()
    assert np.isfinite(randomness.normal(2, seed=0, purpose="data")).all()


@pytest.mark.parametrize("n", [DRAWS, DRAWS + 1])
def test_normal_numbers_are_standard_normal(n):
    stats = pytest.importorskip("scipy.stats")
    z = randomness.normal(n, seed=0, purpose="data")
    assert z.shape == (n,)
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / n)
    assert stats.kstest(z, "norm").pvalue > 1e-3


def test_normal_numbers_are_independent_of_their_neighbours():
    z = randomness.normal(DRAWS, seed=0, purpose="data")
    half = DRAWS // 2  # sine and cosine of the same angle
    for first, second in ((z[:-1], z[1:]), (z[:half], z[half:])):
        assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(first.size)
        assert abs(np.corrcoef(first**2, second**2)[0, 1]) < 4 / np.sqrt(first.size)


@pytest.mark.parametrize("draw", [randomness.uniform, randomness.normal])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 9])
def test_any_number_of_numbers(draw, n):
    numbers = draw(n, seed=0, purpose="data")
    assert numbers.shape == (n,)
    assert np.isfinite(numbers).all()


@pytest.mark.parametrize("draw", [randomness.uniform, randomness.normal])
def test_numbers_depend_on_each_of_seed_purpose_layer_and_step(draw):
    draws = [
        draw(50, seed=0, purpose="data"),
        draw(50, seed=1, purpose="data"),
        draw(50, seed=2**63, purpose="data"),
        draw(50, seed=0, purpose="weights"),
        draw(50, seed=0, purpose="data", layer=1),
        draw(50, seed=0, purpose="data", step=1),
    ]
    for i, first in enumerate(draws):
        for second in draws[i + 1 :]:
            assert not (first == second).any()
    np.testing.assert_array_equal(draw(50, seed=0, purpose="data"), draws[0])


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
def test_permutation_has_every_number_once(n):
    order = randomness.permutation(n, seed=4, purpose="split")
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_permutation_depends_on_seed_and_step():
    first = randomness.permutation(100, seed=4, purpose="split")
    np.testing.assert_array_equal(randomness.permutation(100, seed=4, purpose="split"), first)
    assert (randomness.permutation(100, seed=5, purpose="split") != first).any()
    assert (randomness.permutation(100, seed=4, purpose="split", step=1) != first).any()


def test_permutation_puts_every_number_everywhere_equally_often():
    counts = np.zeros((5, 5))
    for seed in range(2000):
        counts[np.arange(5), randomness.permutation(5, seed, "split")] += 1
    # each cell is binomial(2000, 1/5)
    assert abs(counts - 400).max() < 4.5 * np.sqrt(2000 * 0.2 * 0.8)


@pytest.mark.parametrize("seed", [0, 2**64 - 1, np.int64(3)])
def test_a_seed_is_any_whole_number_of_64_bits(seed):
    assert randomness.check_seed(seed) == seed


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        (-1, ValueError),
        (2**64, ValueError),
        (1.0, TypeError),
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
    ],
)
def test_wrong_seed_is_named(seed, error):
    message = f"seed is {seed!r}, wanted a whole number from 0 to 18446744073709551615"
    with pytest.raises(error, match=re.escape(message)):
        randomness.check_seed(seed)
