"""What each regulariser claims to do. Batch norm and gates have files of their own."""

import re

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(90, 60, noise=0.15)


def planted(n=400, n_inputs=50, n_relevant=5):
    """Numbers that depend on the first few of many inputs."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_inputs))
    slopes = np.array([3.0, -2.0, 1.5, -1.0, 2.5])[:n_relevant]
    return X, X[:, :n_relevant] @ slopes + 0.3 * rng.normal(size=n)


# ------------------------------------------------------------------------------ proximal L1


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("optimizer", [rn.GradientDescent(0.05), rn.Momentum(0.05)])
def test_proximal_l1_finds_the_relevant_inputs(optimizer, backend):
    data, y = planted()
    model = rn.Model.mlp([50, 1], output="identity", dtype="float64", seed=1)
    rn.train(
        model,
        data,
        y,
        epochs=150,
        batch_size=100,
        optimizer=optimizer,
        penalty=rn.L1(100, proximal=True),
        backend=backend,
    )
    zero = model.weights[0][0] == 0
    assert zero[5:].sum() >= 40
    assert not zero[:5].any()


def test_proximal_l1_finds_the_relevant_inputs_of_a_hidden_layer():
    data, y = planted()
    model = rn.Model.mlp([50, 8, 1], activation="tanh", output="identity", dtype="float64", seed=1)
    rn.train(
        model,
        data,
        y,
        epochs=600,
        batch_size=100,
        optimizer=rn.Momentum(0.05),
        penalty=rn.L1(80, proximal=True),
    )
    zero = (model.weights[0] == 0).all(axis=0)  # columns
    assert zero[5:].sum() >= 40
    assert not zero[:5].any()
    assert model.sparsity().by_layer[0] >= 40 / 50
    assert model.evaluate(data, y).score > 0.95


def test_l1_by_its_gradient_makes_no_exact_zeros():
    data, y = planted()
    model = rn.Model.mlp([50, 1], output="identity", dtype="float64", seed=1)
    rn.train(
        model, data, y, epochs=50, batch_size=100, optimizer=rn.GradientDescent(0.05), penalty=rn.L1(100)
    )
    assert model.sparsity() == rn.Sparsity(0.0, (0.0,))


def test_proximal_gradient_descent_ends_at_the_minimum_of_its_cost():
    """The optimality of the lasso: |gradient| = lam / 2m where w is not 0, at most that where it is."""
    data, y = planted(100)
    model = rn.Model.mlp([50, 1], output="identity", dtype="float64", seed=1)
    penalty = rn.L1(20, proximal=True)
    history = rn.train(
        model, data, y, epochs=6000, batch_size=None, optimizer=rn.GradientDescent(0.1), penalty=penalty
    )
    w, b = model.weights[0][0], model.biases[0][0, 0]
    gradient = data.T @ (data @ w + b - y) / 100
    bound = 20 / 200
    np.testing.assert_allclose(gradient[w != 0], -bound * np.sign(w[w != 0]), rtol=1e-6)
    assert (abs(gradient[w == 0]) <= bound * (1 + 1e-9)).all()
    assert 0 < (w == 0).sum() < 50
    cost = ((data @ w + b - y) ** 2).mean() / 2 + bound * abs(w).sum()
    assert history.cost[-1] == pytest.approx(cost, rel=1e-9)
    assert (np.diff(history.cost) <= 1e-12).all()


# ------------------------------------------------------------------------------ max-norm


@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_max_norm_holds_after_every_step_and_epoch(dtype, batch_size, backend):
    layers = [
        rn.Input(2),
        rn.Dense(20, "relu", max_norm=0.8),
        rn.Dense(5, "relu"),
        rn.Dense(1, "sigmoid", max_norm=0.5),
    ]
    model, longest = rn.Model(layers, dtype=dtype, seed=3), []

    def look(training):
        norms = [np.sqrt((W.astype(np.float64) ** 2).sum(axis=1)) for W in training.model.weights]
        longest.append([n.max() for n in norms])
        assert norms[0].max() <= 0.8
        assert norms[2].max() <= 0.5

    rn.train(
        model,
        X,
        Y,
        epochs=40,
        batch_size=batch_size,
        optimizer=rn.Adam(0.05),
        callbacks=[look],
        backend=backend,
    )
    longest = np.array(longest)
    np.testing.assert_allclose(longest[-1, [0, 2]], [0.8, 0.5], rtol=1e-6)  # the bounds are reached
    assert longest[:, 1].max() > 1  # and the layer between them has none


# ------------------------------------------------------------------------------ noise and Gaussian dropout


@pytest.mark.parametrize("options", [{"noise": 0.5}, {"keep_prob": 0.7, "dropout": "gaussian"}])
def test_noise_acts_in_training_alone_and_by_the_seed(options):
    def trained(seed, **options):
        layers = [rn.Input(2, **options), rn.Dense(20, "relu"), rn.Dense(1, "sigmoid")]
        model = rn.Model(layers, dtype="float64", seed=seed)
        return model, rn.train(model, X, Y, epochs=5, batch_size=16)

    model, history = trained(3, **options)
    _, again = trained(3, **options)
    _, without = trained(3)
    np.testing.assert_array_equal(history.cost, again.cost)
    assert (history.cost != without.cost).all()
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    plain = model.folded()
    np.testing.assert_array_equal(plain.predict_proba(X), model.predict_proba(X))


def test_noise_on_a_linear_net_is_weight_decay():
    """E (y - w (x + e))^2 = (y - w x)^2 + sigma^2 w^2: the minimum shrinks as by ridge regression."""
    data, y = planted(300, 3, 3)
    model = rn.Model([rn.Input(3, noise=1.0), rn.Dense(1)], dtype="float64", seed=1)
    rn.train(model, data, y, epochs=4000, batch_size=None, optimizer=rn.Adam(0.02, schedule=rn.Cosine()))
    centred = data - data.mean(axis=0)
    ridge = np.linalg.solve(centred.T @ centred / 300 + np.eye(3), centred.T @ (y - y.mean()) / 300)
    np.testing.assert_allclose(model.weights[0][0], ridge, atol=0.05)


# ------------------------------------------------------------------------------ label smoothing


@pytest.mark.parametrize("s", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_the_cost_of_smoothed_labels_by_hand(backend, s):
    rng = np.random.default_rng(0)
    data, labels = rng.normal(size=(11, 3)), rng.integers(0, 4, 11)
    labels[:4] = range(4)
    options = {"epochs": 1, "batch_size": None, "label_smoothing": s, "backend": backend}

    model = rn.Model.mlp([3, 5, 4], dtype="float64", seed=1)
    p = model.predict_proba(data)
    targets = (1 - s) * np.eye(4)[labels] + s / 4
    history = rn.train(model, data, labels, **options)
    assert history.cost[0] == pytest.approx(-(targets * np.log(p)).sum(axis=1).mean(), rel=1e-12)

    model = rn.Model.mlp([3, 5, 1], dtype="float64", seed=1)
    p, y = model.predict_proba(data)[:, 1], labels % 2
    targets = (1 - s) * y + s / 2
    history = rn.train(model, data, y, **options)
    cost = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean()
    assert history.cost[0] == pytest.approx(cost, rel=1e-12)


def test_smoothing_bounds_the_probabilities():
    """The best answer to targets of 1 - s/2 is 1 - s/2; without smoothing there is no bound."""
    data, y = np.array([[-1.0], [1.0]] * 10), np.array([0, 1] * 10)
    p = {}
    for s in (0.0, 0.2):
        model = rn.Model.mlp([1, 1], dtype="float64", seed=1)
        optimizer = rn.Adam(0.05, schedule=rn.Cosine())
        rn.train(model, data, y, epochs=3000, optimizer=optimizer, label_smoothing=s)
        p[s] = model.predict_proba(data)[1, 1]
    assert p[0.2] == pytest.approx(0.9, rel=1e-6)
    assert p[0.0] > 0.99


def test_validation_is_against_the_labels_as_they_are():
    model = rn.Model.mlp([2, 8, 1], dtype="float64", seed=1)
    history = rn.train(model, X, Y, epochs=3, validation=(X_TEST, Y_TEST), label_smoothing=0.3)
    assert history.val_cost[-1] == pytest.approx(model.evaluate(X_TEST, Y_TEST).cost, rel=1e-14)


# ------------------------------------------------------------------------------ clipping


def steps(**options):
    """Steps of gradient descent over its rate, one per row: what was left of the gradients."""
    model, seen = rn.Model.mlp([2, 20, 3, 1], dtype="float64", seed=3), []
    model.weights[0][...] *= 20
    start = model.parameters.copy()
    rn.train(
        model,
        X,
        Y,
        epochs=30,
        batch_size=None,
        optimizer=rn.GradientDescent(0.1),
        callbacks=[lambda t: seen.append(t.model.parameters.copy())],
        penalty=rn.L2(1.0),
        **options,
    )
    return np.diff([start, *seen], axis=0) / 0.1


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_clipped_norms_are_at_most_the_bound(backend):
    norms = np.linalg.norm(steps(backend=backend, clip_norm=0.4), axis=1)
    assert norms.max() <= 0.4 * (1 + 1e-12)
    assert norms[0] == pytest.approx(0.4, rel=1e-12)
    whole, clipped = steps(backend=backend)[0], steps(backend=backend, clip_norm=0.4)[0]
    assert np.linalg.norm(whole) > 1
    np.testing.assert_allclose(clipped, whole * 0.4 / np.linalg.norm(whole), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("backend", ["compiled", "reference"])
def test_clipped_values_are_within_the_bound(backend):
    whole, clipped = steps(backend=backend)[0], steps(backend=backend, clip_value=0.03)
    assert abs(clipped).max() <= 0.03 * (1 + 1e-9)
    np.testing.assert_allclose(clipped[0], np.clip(whole, -0.03, 0.03), rtol=1e-9, atol=1e-12)


def test_values_are_clipped_before_the_norm():
    whole, clipped = steps()[0], steps(clip_value=0.03, clip_norm=0.05)[0]
    by_value = np.clip(whole, -0.03, 0.03)
    np.testing.assert_allclose(clipped, by_value * 0.05 / np.linalg.norm(by_value), rtol=1e-9, atol=1e-12)


def test_bounds_that_are_never_reached_change_no_bit():
    np.testing.assert_array_equal(steps(), steps(clip_value=1e9, clip_norm=1e9))


# ------------------------------------------------------------------------------ penalties of layers


def test_a_layer_s_own_penalty_replaces_that_of_the_training():
    def start(*penalties):
        layers = [rn.Input(2), *[rn.Dense(4, "tanh", penalty=p) for p in penalties], rn.Dense(1, "sigmoid")]
        return rn.Model(layers, dtype="float64", seed=1)

    def cost(model, **options):
        return rn.train(model.copy(), X, Y, epochs=1, batch_size=None, **options).cost[0]

    own = rn.L1(0.3, proximal=True) + rn.L2(0.2)
    model = start(own, rn.Penalty(), None)
    W1, _, W3, W4 = model.weights
    m, plain = len(X), cost(start(None, None, None))
    first = (0.3 * abs(W1).sum() + 0.2 * (W1**2).sum()) / (2 * m)
    rest = 0.7 * ((W3**2).sum() + (W4**2).sum()) / (2 * m)
    assert cost(model) == pytest.approx(plain + first, rel=1e-13)
    assert cost(model, penalty=rn.L2(0.7)) == pytest.approx(plain + first + rest, rel=1e-13)


# ------------------------------------------------------------------------------ wrong arguments


def fit(model=None, **options):
    return rn.train(rn.Model.mlp([2, 4, 1], seed=1) if model is None else model, X, Y, epochs=1, **options)


WRONG = {
    "smoothing": (
        lambda: fit(label_smoothing=1),
        ValueError,
        "label_smoothing is 1, wanted 0 <= label_smoothing < 1",
    ),
    "negative smoothing": (
        lambda: fit(label_smoothing=-0.1),
        ValueError,
        "label_smoothing is -0.1, wanted 0 <= label_smoothing < 1",
    ),
    "smoothing None": (
        lambda: fit(label_smoothing=None),
        TypeError,
        "label_smoothing is None, wanted 0 <= label_smoothing < 1",
    ),
    "smoothed numbers": (
        lambda: fit(rn.Model.mlp([2, 1], output="identity"), label_smoothing=0.1),
        ValueError,
        "label_smoothing is 0.1 and the loss is 'squared_error', wanted a cross-entropy",
    ),
    "clip_norm": (lambda: fit(clip_norm=0), ValueError, "clip_norm is 0, wanted a number > 0"),
    "clip_norm inf": (lambda: fit(clip_norm=np.inf), ValueError, "clip_norm is inf, wanted a number > 0"),
    "clip_norm text": (lambda: fit(clip_norm="1"), TypeError, "clip_norm is '1', wanted a number > 0"),
    "clip_value": (lambda: fit(clip_value=-1), ValueError, "clip_value is -1, wanted a number > 0"),
    "clip_value True": (lambda: fit(clip_value=True), TypeError, "clip_value is True, wanted a number > 0"),
    "proximal": (lambda: rn.L1(0.1, proximal=1), TypeError, "proximal is 1, wanted True or False"),
    "L0 without gates": (
        lambda: fit(penalty=rn.L2(0.5) + rn.L0(0.1)),
        ValueError,
        "penalty is L2(0.5) + L0(0.1) and no layer has gates for L0 (and no penalty of its own), "
        "wanted gates=True in some layer",
    ),
    "masks for Gaussian dropout": (
        lambda: fit(
            rn.Model([rn.Input(2, 0.5, dropout="gaussian"), rn.Dense(1, "sigmoid")]),
            batch_size=None,
            dropout_masks=[np.ones((90, 2))],
        ),
        ValueError,
        "dropout_masks[0] is given but dropout of that layer is 'gaussian'",
    ),
    "check of smoothed numbers": (
        lambda: rn.check_gradients(rn.Model.mlp([2, 1], output="identity"), X, Y, label_smoothing=0.1),
        ValueError,
        "label_smoothing is 0.1 and the loss is 'squared_error', wanted a cross-entropy",
    ),
    "check of no model": (lambda: rn.check_gradients(3, X, Y), TypeError, "model is 3, wanted a Model"),
    "check without a step": (
        lambda: rn.check_gradients(rn.Model.mlp([2, 1]), X, Y, epsilon=0),
        ValueError,
        "epsilon is 0, wanted a number > 0",
    ),
    "cancel": (lambda: fit(cancel=3), TypeError, "cancel is 3, wanted None or a threading.Event"),
    "sizes": (
        lambda: rn.Model.mlp(5),
        TypeError,
        "sizes is 5, wanted a sequence such as [2, 20, 1]",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), WRONG.values(), ids=WRONG)
def test_wrong_argument_is_named(call, error, message):
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        call()


def test_a_wrong_argument_changes_nothing():
    model = rn.Model.mlp([2, 4, 1], seed=1)
    before = model.parameters.copy()
    for wrong in ({"label_smoothing": 2}, {"clip_norm": 0}, {"penalty": rn.L0(0.1)}):
        with pytest.raises(ValueError, match="wanted"):
            fit(model, **wrong)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.classes is None
