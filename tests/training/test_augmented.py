"""Training on transformed images: the same epochs as without, on rows that `Compose` would give."""

import re
import threading

import numpy as np
import pytest

import regnet as rn
from regnet.augment import Compose, Shift
from training.pictures import NOTHING, SOME, images, net, probe


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Whatever a test does, the helper has ended."""
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("regnet-augment")]


# ------------------------------------------------------------------------------ the same as without


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("backend", ["compiled", "reference"])
@pytest.mark.parametrize("nothing", NOTHING, ids=["empty", "by nothing"])
@pytest.mark.parametrize("batch_size", [1, 16, 43, 64, 129, None])
def test_a_transformation_that_changes_nothing_gives_the_bits_of_none(batch_size, nothing, backend, dtype):
    n = 131  # a last batch of 131 % 16 = 3, 131 % 43 = 2, 131 % 129 = 2
    X, y = images(n, dtype)
    results = []
    for augment in (None, nothing):
        model = net(dtype=dtype)
        history = rn.train(
            model,
            X,
            y,
            epochs=3 if batch_size == 1 else 6,
            batch_size=batch_size,
            optimizer=rn.Adam(0.01, schedule=rn.Cosine()),
            penalty=rn.L2(0.5) + rn.L1(0.1),
            sample_weight=np.linspace(0.5, 1.5, n),
            augment=augment,
            n_threads=2,
            backend=backend,
        )
        results.append((model, history))
    (plain, expected), (model, history) = results
    np.testing.assert_array_equal(model.parameters, plain.parameters)
    np.testing.assert_array_equal(history.learning_rate, expected.learning_rate)
    # added up in pieces, which may round the last digit differently
    np.testing.assert_allclose(history.cost, expected.cost, rtol=4 * np.finfo(float).eps)
    assert model.training_state.epoch == plain.training_state.epoch
    np.testing.assert_array_equal(model.training_state.moments, plain.training_state.moments)


def test_a_wide_net_with_a_small_last_batch_keeps_the_bits(monkeypatch):
    """The core chooses its way to dW by the largest batch of a call."""
    monkeypatch.setattr(rn.training.augmented, "PIECE_BYTES", 1)
    X, y = images(64 * 5 + 1, np.float32)
    models = [rn.Model.mlp([24, 150, 3], keep_prob=0.5) for _ in range(2)]
    for model, augment in zip(models, (None, NOTHING[0]), strict=True):
        rn.train(model, X, y, epochs=3, batch_size=64, augment=augment)
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)


@pytest.mark.parametrize("loss", ["probabilities", "numbers"])
def test_targets_of_every_kind_go_with_their_rows(loss, monkeypatch):
    monkeypatch.setattr(rn.training.augmented, "PIECE_BYTES", 1)
    X, labels = images()
    y = np.eye(3)[labels] if loss == "probabilities" else X[:, :3] ** 2
    models = [net(output="softmax" if loss == "probabilities" else "identity") for _ in range(2)]
    before = y.copy()
    for model, augment in zip(models, (None, NOTHING[1]), strict=True):
        rn.train(model, X, y, epochs=3, batch_size=16, augment=augment)
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)
    np.testing.assert_array_equal(y, before)


def test_ready_dropout_masks_go_with_a_full_batch():
    X, y = images()
    masks = [None, np.random.default_rng(1).integers(0, 2, (len(X), 10))]
    models = [rn.Model.mlp([24, 10, 3], keep_prob=[1.0, 0.5], dtype="float64") for _ in range(2)]
    for model, augment in zip(models, (None, NOTHING[0]), strict=True):
        rn.train(model, X, y, epochs=4, batch_size=None, dropout_masks=masks, augment=augment)
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)


# ------------------------------------------------------------------------------ what it trains on


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("batch_size", [16, None])
def test_each_epoch_is_a_training_on_its_own_transformed_rows(batch_size):
    X, y = images()
    model, by_hand = net(1.0, seed=8), net(1.0, seed=8)
    options = {"batch_size": batch_size, "optimizer": rn.Momentum(0.1)}
    rn.train(model, X, y, epochs=3, augment=SOME, **options)
    for epoch in range(3):
        rows = SOME(X, seed=8, epoch=epoch)
        rn.train(by_hand, rows, y, epochs=epoch + 1, resume=epoch > 0, **options)
    np.testing.assert_array_equal(model.parameters, by_hand.parameters)


def test_rows_held_out_for_validation_stay_as_they_are():
    X, y = images()
    model = net()
    history = rn.train(model, X, y, epochs=3, validation=(X, y), augment=SOME)
    result = model.evaluate(X, y)
    assert history.val_cost[-1] == pytest.approx(result.cost, rel=1e-12)
    seen = []
    rn.train(net(), X, y, epochs=1, validation=0.2, augment=probe(lambda rows: seen.append(len(rows))))
    assert sum(seen) == 104


def test_data_are_left_as_they_are():
    X, y = images()
    before = X.copy()
    X.flags.writeable = False
    y.flags.writeable = False
    rn.train(net(), X, y, epochs=2, augment=SOME)
    np.testing.assert_array_equal(X, before)


def test_one_example():
    X, _ = images(1)
    model = rn.Model.mlp([24, 5, 3], classes=[0, 1, 2], dtype="float64")
    history = rn.train(model, X, [1], epochs=5, augment=SOME)
    assert len(history) == 5
    assert np.isfinite(history.cost).all()


def test_same_seed_same_bits_for_any_threads_another_seed_others():
    X, y = images()
    runs = []
    for seed, n_threads in ((5, 1), (5, 2), (5, 7), (5, None), (6, 2)):
        model = net(1.0, seed=seed)
        model.parameters[:] = np.linspace(-1, 1, model.parameters.size)
        rn.train(model, X, y, epochs=3, batch_size=None, augment=SOME, n_threads=n_threads)
        runs.append(model.parameters)
    for other in runs[1:4]:
        np.testing.assert_array_equal(runs[0], other)
    assert (runs[0] != runs[4]).mean() > 0.3  # units that are off keep their weights


def test_resumed_training_has_the_bits_of_an_uninterrupted_one():
    X, y = images()
    whole, part = net(), net()
    expected = rn.train(whole, X, y, epochs=7, batch_size=16, augment=SOME)
    rn.train(part, X, y, epochs=3, batch_size=16, augment=SOME)
    history = rn.train(part, X, y, epochs=7, batch_size=16, augment=SOME, resume=True)
    np.testing.assert_array_equal(part.parameters, whole.parameters)
    np.testing.assert_array_equal(history.cost, expected.cost[3:])


def test_many_nets_at_once_get_the_bits_of_each_alone():
    X, y = images()
    alone = [net(seed=seed) for seed in range(4)]
    for model in alone:
        rn.train(model, X, y, epochs=3, batch_size=16, augment=SOME)
    together = [net(seed=seed) for seed in range(4)]
    rn.fit_many(together, X, y, epochs=3, batch_size=16, augment=SOME, n_threads=3)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.parameters, other.parameters)


def test_it_makes_a_net_that_knows_moved_pictures():
    """Two bars in the middle, upright and lying; tested where they have never been seen."""

    def bars(n, seed, move):
        rng = np.random.default_rng(seed)
        pictures, y = 0.1 * rng.random((n, 9, 9)), rng.integers(0, 2, n)
        for picture, label in zip(pictures, y, strict=True):
            row, column = 4 + rng.integers(-move, move + 1, 2)
            where = (slice(row - 1, row + 2), column) if label else (row, slice(column - 1, column + 2))
            picture[where] = 1
        return pictures.reshape(n, 81), y

    X, y = bars(300, 0, move=0)
    test = bars(300, 1, move=3)
    scores = []
    for augment in (None, Compose([Shift(3)], shape=(9, 9))):
        model = rn.Model.mlp([81, 40, 1], seed=1)
        rn.train(model, X, y, epochs=60, batch_size=32, optimizer=rn.Adam(0.01), augment=augment)
        scores.append(model.evaluate(*test).score)
    assert scores[0] < 0.8
    assert scores[1] > 0.95


# ------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("augment", "error", "message"),
    [
        (
            Shift(1),
            TypeError,
            "augment is Shift(pixels=1, fill=0.0), wanted None or rn.augment.Compose([...], shape=...)",
        ),
        (
            Compose([], shape=(28, 28)),
            ValueError,
            "augment has shape (28, 28), which is 784 features, wanted 24 as the model's input",
        ),
        (
            Compose([], shape=(4, 6, 3)),
            ValueError,
            "augment has shape (4, 6, 3), which is 72 features, wanted 24 as the model's input",
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changed(augment, error, message):
    X, y = images()
    model = net()
    before = model.parameters.copy()
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.train(model, X, y, augment=augment)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.classes is None
