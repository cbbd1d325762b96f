"""Losses: names, options, and what follows from a row of the table.

The rows `tilted`, `rate` and `doubling` stand in no table but this one: a loss or an activation that is
added to `cregnet.spec` needs no change in regnet.
"""

import copy
import pickle
import re

import numpy as np
import pytest

import cregnet
import regnet as rn
from cregnet import spec
from regnet.data.losses import predicts_classes
from regnet.models.prediction import Predictor

X = np.random.default_rng(0).normal(size=(12, 3))
Q = spec.Option("q", 0.5, 0, 1, True)
LOSSES = {
    "tilted": spec.Loss("numbers", None, "d2_pinball", "", options=(Q, spec.Option("c", 2.0))),
    "rate": spec.Loss("counts", "doubling", "r2", ""),
}


def doubling(Z, A=None):
    """A = 2^Z."""
    return np.exp2(Z, out=A)


def tilted(A, Y, weight=None, dA=None, *, q, c):
    """c times the pinball loss."""
    loss = c * np.maximum(q * (Y - A), (q - 1) * (Y - A)).sum(axis=0)
    return float((loss * weight).sum()), np.zeros_like(A)


def rate(Z, Y, weight=None, dZ=None):
    """2^z - y z."""
    loss = (np.exp2(Z) - Y * Z).sum(axis=0)
    return float((loss * weight).sum()), np.zeros_like(Z)


def forward(self, X, logits, n_threads, compute_dtype=None):
    """The forward pass in NumPy, in place of the compiled one, which does not know these rows."""
    plan, parameters = self.plan, self.parameters
    A, last = X.T, len(plan.activations) - 1
    for l, (W, b, name) in enumerate(zip(plan.layout.W, plan.layout.b, plan.activations, strict=True)):
        A = parameters[W].reshape(-1, len(A)) @ A + parameters[b][:, None]
        if l < last or not logits or spec.LOSSES[plan.loss].link is None:
            getattr(cregnet, name)(A, A)
    return A.T, True


@pytest.fixture
def rows(monkeypatch):
    """The rows, with their kernels."""
    for name, row in LOSSES.items():
        monkeypatch.setitem(spec.LOSSES, name, row)
    monkeypatch.setitem(spec.ACTIVATIONS, "doubling", spec.Activation("output", "he", "2^Z"))
    for kernel in (doubling, tilted, rate):
        monkeypatch.setattr(cregnet, kernel.__name__, kernel, raising=False)
    monkeypatch.setattr(Predictor, "_forward", forward)


# ------------------------------------------------------------------------------ the record


def test_options_left_out_have_their_defaults(rows):
    loss = rn.Loss("tilted", q=0.9)
    assert (loss.name, loss.options, loss.values) == ("tilted", {"q": 0.9, "c": 2.0}, (0.9, 2.0))
    assert rn.Loss("tilted").options == {"q": 0.5, "c": 2.0}


def test_equal_losses_are_equal_and_hash_alike(rows):
    loss = rn.Loss("tilted", c=3, q=0.9)
    assert loss == rn.Loss("tilted", q=0.9, c=3.0)
    assert len({loss, rn.Loss("tilted", q=0.9, c=3.0), rn.Loss("tilted")}) == 2
    assert loss != rn.Loss("tilted", q=0.8, c=3.0)


def test_repr_makes_it_again_and_pickles_do(rows):
    loss = rn.Loss("tilted", q=0.9)
    assert repr(loss) == "Loss('tilted', q=0.9, c=2.0)"
    assert eval(repr(loss), {"Loss": rn.Loss}) == loss
    assert pickle.loads(pickle.dumps(loss)) == loss
    assert repr(rn.Loss("squared_error")) == "Loss('squared_error')"


def test_it_cannot_be_changed(rows):
    with pytest.raises(AttributeError):
        rn.Loss("tilted").values = (0.1, 2.0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: rn.Loss("mse"), ValueError, "loss is 'mse', wanted one of 'binary_cross_entropy', "),
        (
            lambda: rn.Loss("tilted", tau=0.9),
            TypeError,
            "'tilted' has no option 'tau', wanted 'q', 'c'",
        ),
        (
            lambda: rn.Loss("squared_error", delta=1.0),
            TypeError,
            "the loss 'squared_error' has no option 'delta', wanted none",
        ),
        (lambda: rn.Loss("tilted", q=1.0), ValueError, "q is 1.0, wanted 0 < q < 1"),
        (lambda: rn.Loss("tilted", q=np.nan), ValueError, "q is nan, wanted a finite number"),
        (lambda: rn.Loss("tilted", c=-1), ValueError, "c is -1.0, wanted a number >= 0"),
        (lambda: rn.Loss("tilted", q="half"), TypeError, "q is 'half', wanted a finite number"),
        (lambda: rn.Loss("tilted", q=True), TypeError, "q is True, wanted a finite number"),
        (
            lambda: rn.Model.mlp([2, 1], loss=rn.Loss),
            TypeError,
            "loss is <class 'regnet.data.losses.Loss'>, wanted the name of a loss or Loss(...)",
        ),
        (
            lambda: rn.Model.mlp([2, 1], loss="rate", output="identity"),
            ValueError,
            "loss is 'rate' and the output activation 'identity', wanted 'doubling'",
        ),
        (
            lambda: rn.Model.mlp([2, 1], output="doubling", classes=[0, 1]),
            ValueError,
            "classes is given but the loss is 'rate', wanted a cross-entropy",
        ),
    ],
)
def test_messages(rows, make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


# ------------------------------------------------------------------------------ models


@pytest.fixture
def tilted_model(rows):
    """A model whose loss has options, with weights that are not those of the start."""
    loss = rn.Loss("tilted", q=0.9)
    layers = [rn.Input(3, gates=True), rn.Dense(4, "tanh", batch_norm=True), rn.Dense(1)]
    return rn.Model(layers, loss=loss, dtype="float64", seed=2)


def test_a_model_has_the_name_and_the_options(tilted_model):
    assert (tilted_model.loss, tilted_model.loss_options) == ("tilted", {"q": 0.9, "c": 2.0})
    assert tilted_model.plan.loss_options == (0.9, 2.0)
    assert "tilted(q=0.9, c=2.0)" in repr(tilted_model)
    with pytest.raises(AttributeError):
        tilted_model.loss = "squared_error"


def test_a_name_means_the_defaults(rows):
    model = rn.Model.mlp([3, 1], output="identity", loss="tilted")
    assert model.loss_options == {"q": 0.5, "c": 2.0}


@pytest.mark.parametrize(
    "remake",
    [
        lambda model: model.copy(),
        lambda model: model.folded(),
        lambda model: model.pruned(),
        lambda model: pickle.loads(pickle.dumps(model)),
        copy.copy,
    ],
)
def test_copies_keep_the_options(tilted_model, remake):
    made = remake(tilted_model)
    assert (made.loss, made.loss_options) == ("tilted", {"q": 0.9, "c": 2.0})


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_files_keep_the_options(tilted_model, tmp_path, suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    tilted_model.save(tmp_path / f"net{suffix}")
    assert rn.load(tmp_path / f"net{suffix}").loss_options == {"q": 0.9, "c": 2.0}


def test_a_file_without_options_has_the_defaults(rows):
    from regnet.models import saving

    assert saving.build_loss({"loss": "tilted"}) == rn.Loss("tilted")
    assert saving.build_loss({"loss": "tilted", "loss_options": {"q": 0.25}}) == rn.Loss("tilted", q=0.25)
    assert "loss_options" not in saving.describe_options(rn.Loss("squared_error"))


@pytest.mark.parametrize(
    ("unknown", "message"),
    [
        ("name", "loss is 'tilted', wanted one of"),
        ("option", "the loss 'tilted' has no option 'q', wanted 'c'"),
        ("range", "q is 0.9, wanted 0.95 < q < 1"),
    ],
)
def test_a_file_with_an_unknown_loss_or_option_is_refused_by_name(
    tilted_model, tmp_path, monkeypatch, unknown, message
):
    path = tmp_path / "net.npz"
    tilted_model.save(path)
    if unknown == "name":
        monkeypatch.delitem(spec.LOSSES, "tilted")
    else:
        known = (Q._replace(least=0.95), spec.Option("c", 2.0))[1 if unknown == "option" else 0 :]
        row = LOSSES["tilted"]._replace(options=known)
        monkeypatch.setitem(spec.LOSSES, "tilted", row)
    with pytest.raises(ValueError, match=f"net.npz .*{re.escape(message)}"):
        rn.load(path)


# ------------------------------------------------------------------------------ what a row decides


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_evaluate_uses_the_options(rows, dtype):
    model = rn.Model.mlp([3, 1], output="identity", loss=rn.Loss("tilted", q=0.9, c=10), dtype=dtype)
    y = model.predict(X) + 2  # too low by 2: 0.9 * 2 * 10 each
    result = model.evaluate(X, y)
    assert result.cost == pytest.approx(18, rel=1e-5)
    assert result.metric == "d2_pinball"


def test_the_output_activation_implies_the_loss_linked_to_it(rows):
    assert rn.Model.mlp([3, 4, 2], output="doubling").loss == "rate"


def test_the_loss_implies_the_output_activation_it_is_linked_to(rows):
    assert rn.Model.mlp([3, 4, 2], loss="rate").activations == ("relu", "doubling")
    assert rn.Model.mlp([3, 4, 2], loss="binary_cross_entropy").activations == ("relu", "sigmoid")
    assert rn.Model.mlp([3, 4, 2]).activations == ("relu", "softmax")
    assert rn.Model.mlp([3, 4, 1]).activations == ("relu", "sigmoid")


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_loss_without_a_link_implies_identity(n_outputs):
    unlinked = [name for name, row in spec.LOSSES.items() if row.link is None]
    assert "squared_error" in unlinked
    for name in unlinked:
        for loss in (name, rn.Loss(name)):
            assert rn.Model.mlp([2, 8, n_outputs], loss=loss).activations == ("relu", "identity")
    model = rn.Model.mlp([2, 8, 1], output="sigmoid", loss="squared_error")
    assert model.activations == ("relu", "sigmoid")


def test_a_linked_loss_of_numbers_predicts_activations_and_costs_logits(rows):
    model = rn.Model.mlp([3, 2], loss="rate", dtype="float64", seed=1)
    Z = X @ model.weights[0].T
    np.testing.assert_allclose(model.predict(X), 2**Z, rtol=1e-12)
    y = np.arange(24.0).reshape(12, 2)
    assert model.evaluate(X, y).cost == pytest.approx((2**Z - y * Z).sum() / 12, rel=1e-12)
    with pytest.raises(ValueError, match="predict_proba wants a model with a cross-entropy"):
        model.predict_proba(X)


def test_a_linked_loss_of_numbers_has_monte_carlo_samples_of_activations():
    layers = [rn.Input(3, keep_prob=0.5), rn.Dense(1, "exponential")]
    found = rn.Model(layers, dtype="float64", seed=1).predict_mc(X)
    assert found.mean.shape == (12,)
    assert (found.mean > 0).all()


def test_no_count_is_negative(rows):
    model = rn.Model.mlp([3, 2], loss="rate")
    y = np.ones((12, 2))
    y[3, 1] = -2
    with pytest.raises(ValueError, match=r"y is -2\.0 at row 3, column 1, wanted counts >= 0"):
        model.evaluate(X, y)
    y[3, 1] = np.nan
    with pytest.raises(ValueError, match="y is nan at row 3, column 1, wanted finite float32 numbers"):
        rn.train(model, X, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label_smoothing": 0.1}, "label_smoothing is 0.1 and the loss is 'rate', wanted a cross-entropy"),
        ({"class_weight": "balanced"}, "class_weight is given but y has no class labels"),
    ],
)
def test_what_is_for_classes_is_refused(rows, arguments, message):
    with pytest.raises(ValueError, match=message):
        rn.train(rn.Model.mlp([3, 1], loss="rate"), X, np.arange(12.0), **arguments)


def test_the_default_initialiser_is_that_of_the_row(rows):
    assert rn.Dense(3, "doubling").initializer == rn.He()


# ------------------------------------------------------------------------------ every row of the tables


@pytest.mark.parametrize("name", spec.ACTIVATIONS)
def test_a_layer_has_every_activation(name):
    layer = rn.Dense(2, name)
    assert layer.initializer.weights(3, 2, seed=0, layer=1).shape == (2, 3)
    model = rn.Model([rn.Input(3), layer, rn.Dense(1)])
    assert model.predict(X).shape == (12,)


def targets(name, n_outputs):
    """Targets of a kind."""
    if spec.LOSSES[name].targets == "classes":
        return np.arange(12) % n_outputs
    y = np.random.default_rng(0).integers(0, 2, (12, n_outputs)).astype(float)
    return y if n_outputs > 1 else y[:, 0].astype(int)


@pytest.mark.parametrize("name", spec.LOSSES)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_model_has_every_loss(name, n_outputs):
    row = spec.LOSSES[name]
    n_outputs = max(n_outputs, 2) if row.targets == "classes" else n_outputs
    output = row.link or "identity"
    model = rn.Model.mlp([3, 4, n_outputs], activation="tanh", output=output, loss=name, dtype="float64")
    y = targets(name, n_outputs)
    before = model.evaluate(X, y)
    history = rn.train(model, X, y, epochs=50, optimizer=rn.Adam(0.05), batch_size=None, validation=(X, y))
    assert before.metric == row.metric
    assert before.cost == pytest.approx(history.cost[0], rel=1e-12)
    assert history.val_cost[-1] < before.cost
    assert history.val_score[-1] > before.score - 0.05
    assert model.evaluate(X, y).score <= 1
    if predicts_classes(name):
        assert model.predict_proba(X).shape == (12, n_outputs if n_outputs > 1 else 2)
        assert model.predict(X).dtype.kind == "i"
    else:
        np.testing.assert_array_equal(model.predict(X).shape, y.shape)
        assert model.predict(X).dtype == "float64"
