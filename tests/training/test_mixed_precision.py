"""Models of mixed precision: trained, saved, resumed, averaged and refused."""

import numpy as np
import pytest

import regnet as rn

SIZES = [8, 32, 16, 3]


def make_data(n=240):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n, 8)).astype(np.float32)
    return X, (X[:, :3] + 0.3 * rng.normal(size=(n, 3))).argmax(axis=1)


def make_model(**more):
    return rn.Model.mlp(SIZES, seed=3, **{"compute_dtype": "bfloat16", "keep_prob": 0.9, **more})


def settings(**more):
    return {"epochs": 8, "batch_size": 32, "optimizer": rn.Adam(0.01), **more}


def test_it_learns_as_float32_does():
    X, y = make_data(600)
    scores = []
    for compute_dtype in (None, "bfloat16"):
        model = make_model(compute_dtype=compute_dtype)
        history = rn.train(model, X[:400], y[:400], **settings(epochs=20))
        scores.append((history.cost[-1], model.evaluate(X[400:], y[400:]).score))
        assert model.parameters.dtype == np.float32
    (cost, score), (mixed_cost, mixed_score) = scores
    assert score > 0.8
    assert mixed_cost == pytest.approx(cost, rel=0.1)
    assert mixed_cost != cost
    assert mixed_score == pytest.approx(score, abs=0.03)


@pytest.mark.parametrize(
    "more",
    [
        {"penalty": rn.L2(0.1) + rn.L1(0.01, proximal=True)},
        {"averaging": rn.EMA()},
        {"averaging": rn.SWA()},
        {"clip_norm": 0.5, "clip_value": 0.1},
        {"validation": 0.2, "callbacks": [rn.EarlyStopping(patience=2)]},
        {"label_smoothing": 0.1, "class_weight": "balanced"},
    ],
    ids=lambda more: "+".join(more),
)
def test_any_number_of_threads_gives_the_same_bits(more):
    X, y = make_data()
    found = []
    for n_threads in (1, 2, 7):
        model = make_model(batch_norm=True, max_norm=2.0)
        rn.train(model, X, y, n_threads=n_threads, **settings(**more))
        found.append(model.parameters.tobytes())
    assert len(set(found)) == 1


def test_the_twin_trains_it_too():
    X, y = make_data()
    models = [make_model(keep_prob=1.0) for _ in range(2)]
    for model, backend in zip(models, ("compiled", "reference"), strict=True):
        rn.train(model, X, y, backend=backend, **settings(epochs=1, optimizer=rn.GradientDescent(0.1)))
    np.testing.assert_allclose(models[0].parameters, models[1].parameters, rtol=1e-3, atol=1e-3)


def test_many_at_once_are_those_of_one_by_one():
    X, y = make_data()
    alone = [make_model(dtype="float32") for _ in range(3)]
    together = [model.copy() for model in alone]
    for model in alone:
        rn.train(model, X, y, **settings())
    rn.fit_many(together, X, y, **settings())
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.parameters, other.parameters)


def test_a_resumed_training_has_the_bits_of_an_uninterrupted_one(tmp_path):
    X, y = make_data()
    whole, halves = make_model(), make_model()
    rn.train(whole, X, y, **settings())
    rn.train(halves, X, y, **settings(epochs=4))
    halves.save(tmp_path / "net.npz")
    loaded = rn.load(tmp_path / "net.npz")
    assert loaded.compute_dtype == "bfloat16"
    rn.train(loaded, X, y, resume=True, **settings())
    np.testing.assert_array_equal(loaded.parameters, whole.parameters)


def test_copies_and_smaller_models_keep_it(tmp_path):
    model = make_model(batch_norm=True)
    assert [made.compute_dtype for made in (model.copy(), model.folded(), model.pruned())] == ["bfloat16"] * 3
    plain = make_model(compute_dtype=None)
    plain.save(tmp_path / "plain.npz")
    assert rn.load(tmp_path / "plain.npz").compute_dtype == "float32"


def test_predictions_are_those_of_float32():
    model, X = make_model(), make_data()[0]
    plain = make_model(compute_dtype=None)
    plain.parameters[:] = model.parameters
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize(
    ("dtype", "compute_dtype", "wanted"),
    [
        ("float32", "float16", "None, 'float32' or 'bfloat16'"),
        ("float32", "float64", "None, 'float32' or 'bfloat16'"),
        ("float64", "bfloat16", "None, 'float64'; 'bfloat16' is for dtype float32"),
    ],
)
def test_refused(dtype, compute_dtype, wanted):
    message = f"compute_dtype is '{compute_dtype}' with dtype {dtype}, wanted {wanted}"
    with pytest.raises(ValueError, match=message):
        rn.Model.mlp(SIZES, dtype=dtype, compute_dtype=compute_dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_of_the_parameters_may_be_named(dtype):
    assert rn.Model.mlp(SIZES, dtype=dtype, compute_dtype=dtype).compute_dtype == dtype


def test_predictions_in_bfloat16_on_request():
    model, (X, y) = make_model(), make_data()
    rn.train(model, X, y, **settings())
    single, half = model.predict_proba(X), model.predict_proba(X, compute_dtype="bfloat16")
    assert half.dtype == np.float32
    assert 1e-5 < np.abs(single - half).max() < 0.02
    assert (model.predict(X) == model.predict(X, compute_dtype="bfloat16")).mean() > 0.98
    np.testing.assert_array_equal(model.predict_proba(X, compute_dtype="float32"), single)
    with pytest.raises(ValueError, match="compute_dtype is 'bfloat16' with mc_samples, wanted None"):
        model.predict_proba(X, mc_samples=3, compute_dtype="bfloat16")
    with pytest.raises(ValueError, match="compute_dtype is 'bfloat16' with dtype float64"):
        make_model(dtype="float64", compute_dtype=None).predict(X, compute_dtype="bfloat16")
