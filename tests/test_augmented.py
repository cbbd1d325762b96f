"""Training on transformed images: the same epochs as without, on rows that `Compose` would give."""

import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import regnet as rn
from regnet.augment import Compose, Elastic, HorizontalFlip, Rotate, Shift, Transformation
from regnet.training.augmented import ahead, one_by_one

NOTHING = [Compose([], shape=(4, 6)), Compose([Shift(0), Rotate(0), Elastic(0.0)], shape=(4, 6))]
SOME = Compose([Shift(1), Rotate(20), HorizontalFlip()], shape=(4, 6))


def images(n=130, dtype=np.float64, classes=3):
    """Random pictures of 4 x 6 pixels with random labels."""
    rng = np.random.default_rng(0)
    return rng.random((n, 24)).astype(dtype), rng.integers(0, classes, n)


def net(keep_prob=0.7, **options):
    options = {"dtype": "float64", "seed": 3, "keep_prob": keep_prob, **options}
    return rn.Model.mlp([24, 10, 3], **options)


@pytest.fixture(params=["small pieces", "one piece"])
def pieces(request, monkeypatch):
    """Pieces of two or three batches, or of a whole epoch."""
    if request.param == "small pieces":
        monkeypatch.setattr(rn.training.augmented, "PIECE_BYTES", 1)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Whatever a test does, the helper has ended."""
    yield
    assert not [t for t in threading.enumerate() if t.name.startswith("regnet-augment")]


class Probe(Transformation):
    """Changes nothing and does something else: calls a function with the images."""

    def __init__(self, function):
        self.function = function

    def apply(self, images, words):
        self.function(images)
        return images


def probe(function):
    return Compose([Probe(function)], shape=(4, 6))


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


# ------------------------------------------------------------------------------ how it ends


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("batch_size", [None, 32])
def test_a_diverging_run_goes_back_to_the_same_best_weights(batch_size):
    X, _ = images()
    options = {"epochs": 400, "batch_size": batch_size, "optimizer": rn.GradientDescent(0.01)}
    results = []
    for augment in (None, NOTHING[0]):
        model = rn.Model.mlp([24, 3], output="identity", dtype="float64")
        with pytest.warns(rn.DivergenceWarning, match="set back to its best weights"):
            history = rn.train(model, 100 * X, X[:, :3], augment=augment, **options)
        results.append((model.parameters, history))
    (plain, expected), (found, history) = results
    assert history.stop_reason == expected.stop_reason == "diverged"
    assert len(history) == len(expected)
    np.testing.assert_array_equal(found, plain)


def test_best_weights_are_those_of_a_training_without(monkeypatch):
    monkeypatch.setattr(rn.training.augmented, "PIECE_BYTES", 1)
    X, y = images()
    found = []
    for augment in (None, NOTHING[0]):  # the last epochs raise the cost, the very last one makes it infinite
        model, schedule = net(0.5), rn.Table({30: 0.5, 40: 1e200})
        options = {"batch_size": 16, "optimizer": rn.GradientDescent(0.1, schedule=schedule)}
        with pytest.warns(rn.DivergenceWarning, match="set back to its best weights") as caught:
            history = rn.train(model, X, y, epochs=60, augment=augment, **options)
        found.append((model.parameters, history.cost, str(caught[0].message)))
    (plain, costs, message), (augmented, pieces, same) = found
    assert costs[-1] > costs.min()
    np.testing.assert_allclose(pieces, costs, rtol=1e-14)
    np.testing.assert_array_equal(augmented, plain)
    assert same == message


@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_goes_wrong_in_a_transformation_reaches_the_user(n_threads):
    def fail(images):
        raise LookupError("no such picture")

    X, y = images()
    model = net()
    with pytest.raises(LookupError, match=r"^no such picture$"):
        rn.train(model, X, y, epochs=3, augment=probe(fail), n_threads=n_threads)
    assert model.training_state is None


def test_pictures_are_made_in_a_helper_unless_there_is_one_thread():
    X, y = images()
    for n_threads, helped in ((1, False), (2, True)):
        names = set()
        augment = probe(lambda images, names=names: names.add(threading.current_thread().name))
        rn.train(net(), X, y, epochs=2, augment=augment, n_threads=n_threads)
        assert len(names) == 1
        assert names.pop().startswith("regnet-augment") == helped


def test_the_helper_is_one_piece_ahead_and_no_more():
    made, used = [], []

    def make(task, stop):
        made.append(task)
        return task

    for result in ahead(make, range(20)):
        deadline = time.monotonic() + 10
        while len(made) < min(result + 2, 20) and time.monotonic() < deadline:
            time.sleep(0.001)
        used.append(result)
        assert len(made) == min(result + 2, 20)
    assert used == made == list(range(20))


@pytest.mark.parametrize("make", [ahead, one_by_one])
def test_no_tasks_no_results(make):
    assert list(make(lambda task, stop: task, [])) == []


def test_closing_stops_the_helper_and_waits_for_it():
    ended = []

    def make(task, stop):
        if task > 0:
            assert stop.wait(10)
            ended.append(task)
        return task

    results = ahead(make, range(100))
    assert next(results) == 0
    results.close()
    assert ended == [1]


def test_an_error_of_a_wait_is_not_taken_for_a_wait():
    def make(task, stop):
        raise TimeoutError("of the transformation")

    with pytest.raises(TimeoutError, match=r"^of the transformation$"):
        list(ahead(make, range(3)))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c_while_pictures_are_made(ctrl_c_after, n_threads):
    X, y = images()
    model = net()
    ctrl_c_after(0.3)
    history = rn.train(
        model,
        X,
        y,
        epochs=10_000,
        augment=probe(lambda images: time.sleep(0.05)),
        n_threads=n_threads,
        on_interrupt="return",
    )
    assert history.stop_reason == "interrupted"
    assert np.isfinite(model.parameters).all()
    assert model.training_state is None or model.training_state.epoch == len(history)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c_while_the_core_trains(ctrl_c_after, n_threads):
    X, y = np.random.default_rng(0).random((4000, 400), np.float32), np.arange(4000) % 2
    model = rn.Model.mlp([400, 300, 300, 1])
    ctrl_c_after(0.5)
    augment = Compose([Shift(1)], shape=(20, 20))
    options = {"batch_size": 64, "augment": augment, "n_threads": n_threads}
    history = rn.train(model, X, y, epochs=100_000, on_interrupt="return", **options)
    assert history.stop_reason == "interrupted"


def test_ctrl_c_in_a_callback():
    X, y = images()

    def press(training):
        if training.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    history = rn.train(net(), X, y, epochs=10, callbacks=[press], augment=SOME, on_interrupt="return")
    assert history.stop_reason == "interrupted"
    assert len(history) == 3


def test_cancelled_from_another_thread():
    X, y = images()
    cancel = threading.Event()
    timer = threading.Timer(0.2, cancel.set)
    timer.start()
    history = rn.train(net(), X, y, epochs=10**6, augment=SOME, cancel=cancel)
    timer.join()
    assert history.stop_reason == "interrupted"


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")
def test_trains_in_a_forked_child():
    script = """
import os, sys
import numpy as np, regnet as rn
X, y = np.random.default_rng(0).random((300, 36)), np.arange(300) % 2
augment = rn.augment.Compose([rn.augment.Rotate(20)], shape=(6, 6))
def fit():
    model = rn.Model.mlp([36, 20, 1], keep_prob=0.8)
    rn.train(model, X, y, epochs=5, batch_size=16, augment=augment, n_threads=2)
    return model.parameters.tobytes()
ours = fit()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, fit())
    os._exit(0)
theirs = os.read(read, 1 << 20)
os.wait()
sys.exit(0 if ours == theirs else 1)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=60, check=False)
    assert done.returncode == 0


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
