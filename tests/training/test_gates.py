"""L0 by hard-concrete gates: what training closes, and what it costs."""

import numpy as np
import pytest

import regnet as rn


def linear(n=300, n_inputs=20, n_relevant=4):
    """Numbers that depend on the first few inputs."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, n_inputs))
    return X, X[:, :n_relevant] @ [2.0, -2.0, 1.5, -1.5][:n_relevant] + 0.1 * rng.normal(size=n)


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_planted_dead_units_are_pruned(backend):
    """Units without weights in and out have no use: only the price of their gates moves them."""
    X, y = linear(n_inputs=4)
    model = rn.Model([rn.Input(4), rn.Dense(20, "tanh", gates=True), rn.Dense(1)], dtype="float64", seed=1)
    dead = np.arange(20) >= 8
    model.weights[0][dead] = 0
    model.weights[1][:, dead] = 0
    rn.train(
        model,
        X,
        y,
        epochs=400,
        batch_size=50,
        optimizer=rn.Adam(0.02),
        penalty=rn.L0(1.0),
        backend=backend,
    )
    z = model.gates[1]
    assert not z[dead].any()
    assert z[~dead].any()
    pruned = model.pruned()
    assert pruned.sizes == (4, int((z != 0).sum()), 1)
    assert pruned.parameters.size < model.parameters.size / 2
    np.testing.assert_allclose(pruned.predict(X), model.predict(X), rtol=1e-6, atol=1e-6)
    assert pruned.evaluate(X, y).score > 0.95


def test_gates_of_the_inputs_find_the_relevant_ones():
    X, y = linear()
    model = rn.Model([rn.Input(20, gates=True), rn.Dense(16, "relu"), rn.Dense(1)], dtype="float64", seed=1)
    rn.train(model, X, y, epochs=500, batch_size=50, optimizer=rn.Adam(0.01), penalty=rn.L0(20.0))
    z = model.gates[0]
    assert (z[:4] > 0.5).all()
    assert (z[4:] == 0).sum() >= 14
    assert model.evaluate(X, y).score > 0.95


def test_a_larger_lam_closes_more():
    X, y = linear(n_inputs=4)
    n_open = []
    for lam in (0.0, 2.0, 200.0):
        model = rn.Model([rn.Input(4), rn.Dense(20, "relu", gates=True), rn.Dense(1)], seed=1)
        rn.train(model, X, y, epochs=200, batch_size=50, optimizer=rn.Adam(0.02), penalty=rn.L0(lam))
        n_open.append(int((model.gates[1] != 0).sum()))
    assert n_open[0] > n_open[1] > n_open[2]


def open_probability(log_alpha):
    return 1 / (1 + np.exp(-(log_alpha - 2 / 3 * np.log(0.1 / 1.1))))


@pytest.mark.parametrize("scale", ["examples", "batch", "none"])
@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_the_cost_of_open_gates(backend, scale):
    X, y = linear(60, 4)

    def cost(penalty):
        layers = [rn.Input(4, gates=True), rn.Dense(6, "tanh", gates=True), rn.Dense(1)]
        model = rn.Model(layers, dtype="float64", seed=1)
        model.log_alphas[1][...] = np.linspace(-3, 3, 6)[:, None]
        p = sum(open_probability(x).sum() for x in model.log_alphas[:2])
        history = rn.train(model, X, y, epochs=1, batch_size=60, penalty=penalty, backend=backend)
        return history.cost[0], p

    (plain, p), (priced, _) = cost(None), cost(rn.L0(3.0, scale))
    divisor = {"examples": 60, "batch": 60, "none": 1}[scale]
    assert priced == pytest.approx(plain + 3.0 / divisor * p, rel=1e-12)


def test_a_layer_s_own_l0_acts_on_its_gates_alone():
    X, y = linear(60, 4)

    def cost(own, penalty=None):
        layers = [rn.Input(4, gates=True), rn.Dense(6, "tanh", gates=True, penalty=own), rn.Dense(1)]
        model = rn.Model(layers, dtype="float64", seed=1)
        return rn.train(model, X, y, epochs=1, batch_size=None, penalty=penalty).cost[0]

    p = open_probability(np.log(9))
    plain = cost(None)
    assert cost(rn.L0(3.0)) == pytest.approx(plain + 3.0 / 60 * 6 * p, rel=1e-12)
    assert cost(rn.Penalty(), rn.L0(3.0)) == pytest.approx(plain + 3.0 / 60 * 4 * p, rel=1e-12)
    assert cost(rn.L0(1.0), rn.L0(3.0)) == pytest.approx(plain + (12 + 6) / 60 * p, rel=1e-12)


def test_the_start_is_as_the_docstring_says():
    """In a step a gate is more closed than open with probability 0.1, and 0 with probability 0.02."""
    u = (np.arange(100_000) + 0.5) / 100_000
    s = 1 / (1 + np.exp(-(np.log(u) - np.log(1 - u) + np.log(9)) / (2 / 3)))
    z = np.clip(1.2 * s - 0.1, 0, 1)
    assert (z < 0.5).mean() == pytest.approx(0.1, abs=1e-3)
    assert (z == 0).mean() == pytest.approx(0.02, abs=5e-3)
    assert 1 - open_probability(np.log(9)) == pytest.approx((z == 0).mean(), abs=1e-4)


def test_prediction_draws_nothing():
    model = rn.Model([rn.Input(4, gates=True), rn.Dense(6, "tanh", gates=True), rn.Dense(1)], seed=1)
    X, _ = linear(60, 4)
    np.testing.assert_array_equal(model.predict(X), model.predict(X))
    other = model.copy()
    other.seed = 99
    np.testing.assert_array_equal(model.predict(X), other.predict(X))


def test_inputs_may_have_an_l0_of_their_own(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    y = (X[:, 0] > 0).astype(int)
    layers = [rn.Input(6, gates=True, penalty=rn.L0(30.0)), rn.Dense(8, "tanh"), rn.Dense(1, "sigmoid")]
    model = rn.Model(layers, dtype="float64", seed=0)
    rn.train(model, X, y, epochs=400, batch_size=64, optimizer=rn.Adam(0.02))
    assert np.flatnonzero(model.gates[0]).tolist() == [0]
    model.save(tmp_path / "net.npz")
    assert rn.load(tmp_path / "net.npz").layers[0] == layers[0]


@pytest.mark.parametrize("penalty", [rn.L1(1.0), rn.L0(1.0) + rn.L2(1.0)])
def test_inputs_have_no_weights_to_penalise(penalty):
    with pytest.raises(ValueError, match=r"wanted L0\(...\): inputs have gates and no weights"):
        rn.Input(6, gates=True, penalty=penalty)
