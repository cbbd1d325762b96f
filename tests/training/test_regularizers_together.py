"""All regularisers together: gradients, threads, backends, resuming, copies."""

import inspect

import numpy as np
import pytest

import regnet as rn

X, Y, X_TEST, Y_TEST = rn.datasets.make_football(90, 60, noise=0.15)


def everything(dtype="float64", seed=3, output=1):
    return rn.Model(
        [
            rn.Input(2, 0.9, noise=0.1, gates=True, dropout="gaussian"),
            rn.Dense(12, "relu", 0.8, batch_norm=True, gates=True, max_norm=2.0),
            rn.Dense(8, "tanh", 0.9, batch_norm=True, penalty=rn.L1(0.2, proximal=True)),
            rn.Dense(output, "sigmoid", max_norm=3.0),
        ],
        dtype=dtype,
        seed=seed,
    )


ALL = {
    "batch_size": 16,
    "optimizer": rn.AdamW(0.01, weight_decay=0.01),
    "penalty": rn.L2(0.3) + rn.L1(0.1) + rn.L0(0.2),
    "label_smoothing": 0.1,
    "clip_norm": 1.0,
    "clip_value": 0.5,
}


@pytest.mark.parametrize("penalty", [None, rn.L2(0.7) + rn.L1(0.2) + rn.L0(0.5), rn.L1(0.3, proximal=True)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradients_of_everything(penalty, smoothing):
    model = everything()
    model.parameters[:] += 0.1 * np.random.default_rng(0).normal(size=model.parameters.size)
    before = model.parameters.copy()
    found = rn.check_gradients(model, X[:20], Y[:20], penalty=penalty, label_smoothing=smoothing)
    assert set(found.by_parameter) == {
        *("W1", "b1", "gamma1", "W2", "b2", "gamma2", "W3", "b3", "log_alpha0", "log_alpha1"),
    }
    assert found.difference < 1e-7
    assert max(found.by_parameter.values()) < 1e-5
    np.testing.assert_array_equal(model.parameters, before)


def test_a_wrong_gradient_is_found(monkeypatch):
    """The check covers gamma and log_alpha: spoil one number of each."""
    import cregnet

    gradient, model = cregnet.network_gradient, everything()
    signature = inspect.signature(cregnet.reference.network_gradient)
    for at, name in ((model.layout.gamma[1], "gamma2"), (model.layout.log_alpha[0], "log_alpha0")):

        def spoiled(*arguments, at=at):
            cost = gradient(*arguments)
            signature.bind(*arguments).arguments["gradient"][at] *= 1.1
            return cost

        monkeypatch.setattr("cregnet.network_gradient", spoiled)
        found = rn.check_gradients(model, X[:20], Y[:20])
        assert found.by_parameter[name] > 1e-2
        assert found.difference > 1e-7


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_number_of_threads_gives_the_same_bits(dtype):
    results = []
    for n_threads in (1, 2):
        model = everything(dtype)
        history = rn.train(model, X, Y, epochs=4, n_threads=n_threads, **ALL)
        results.append((model.parameters, history.cost))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


def test_compiled_and_reference_agree():
    costs = []
    for backend in ("compiled", "reference"):
        model = everything()
        costs.append(rn.train(model, X, Y, epochs=4, backend=backend, **ALL).cost)
    np.testing.assert_allclose(*costs, rtol=1e-8)


def test_resumed_is_as_if_never_stopped():
    straight, stopped = everything(), everything()
    rn.train(straight, X, Y, epochs=7, **ALL)
    rn.train(stopped, X, Y, epochs=3, **ALL)
    rn.train(stopped, X, Y, epochs=7, resume=True, **ALL)
    np.testing.assert_array_equal(stopped.parameters, straight.parameters)


def test_many_nets_at_once_are_as_alone():
    together, alone = [everything(seed=s) for s in (1, 2)], [everything(seed=s) for s in (1, 2)]
    rn.fit_many(together, X, Y, epochs=3, n_threads=2, **ALL)
    for many, one in zip(together, alone, strict=True):
        rn.train(one, X, Y, epochs=3, **ALL)
        np.testing.assert_array_equal(many.parameters, one.parameters)


def test_search_passes_them_on():
    options = {**ALL, "batch_size": 20}
    del options["optimizer"]

    def make(config):
        return everything(), {"optimizer": rn.Adam(config["a"])}

    result = rn.search(make, X, Y, {"a": [0.001, 0.01]}, n=2, rounds=1, epochs=2, **options)
    assert [row["note"] for row in result.rows] == ["", ""]


def test_learning_rates_are_found_with_them():
    found = rn.find_learning_rate(everything(), X, Y, **ALL)
    assert len(found.rates) > 10


def test_a_copy_and_a_pickle_have_them():
    import pickle

    model = everything()
    rn.train(model, X, Y, epochs=2, **ALL)
    for other in (model.copy(), pickle.loads(pickle.dumps(model))):
        assert other.layers == model.layers
        np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
        rn.train(other, X, Y, epochs=3, resume=True, **ALL)


def test_a_divergence_sets_everything_back():
    model = everything()
    optimizer = rn.GradientDescent(0.1, schedule=rn.Table({6: 1e300}))
    with pytest.warns(rn.DivergenceWarning):
        rn.train(model, X, Y, epochs=12, batch_size=16, optimizer=optimizer)
    assert np.isfinite(model.parameters).all()
    assert np.isfinite(model.evaluate(X, Y).cost)
