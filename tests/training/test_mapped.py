"""Training on a mapped file: a share held out copies no other rows, and changes no bits."""

import tracemalloc

import numpy as np
import pytest

import regnet as rn

N = 431


@pytest.fixture
def mapped(tmp_path):
    """Pictures of 4 x 6 pixels in memory and in a file, and labels."""
    rng = np.random.default_rng(0)
    X = rng.random((N, 24))
    np.save(tmp_path / "X.npy", X)
    return X, np.load(tmp_path / "X.npy", mmap_mode="r"), rng.integers(0, 3, N)


def net(**options):
    return rn.Model.mlp([24, 10, 3], dtype="float64", seed=3, **options)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": None},
        {"batch_size": 7, "sample_weight": np.linspace(0, 1, N), "class_weight": "balanced"},
        {"penalty": rn.L2(0.5), "callbacks": [rn.EarlyStopping(2)]},
        {"augment": rn.augment.Compose([rn.augment.Shift(1)], shape=(4, 6))},
        {"averaging": rn.SWA(1), "batch_size": 20},
        {"backend": "reference"},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_the_bits_are_those_of_an_array(mapped, options, n_threads):
    X, file, y = mapped
    models = net(keep_prob=0.8, batch_norm=True), net(keep_prob=0.8, batch_norm=True)
    histories = [
        rn.train(model, inputs, y, epochs=5, validation=0.3, n_threads=n_threads, **options)
        for model, inputs in zip(models, (X, file), strict=True)
    ]
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)
    np.testing.assert_array_equal(histories[0].val_cost, histories[1].val_cost)
    np.testing.assert_allclose(histories[0].cost, histories[1].cost, rtol=1e-14)


def test_a_resumed_training_has_the_bits_of_an_uninterrupted_one(mapped):
    _, file, y = mapped
    model, whole = net(), net()
    for epochs in (2, 5):
        rn.train(model, file, y, epochs=epochs, validation=0.3, resume=epochs == 5)
    rn.train(whole, file, y, epochs=5, validation=0.3)
    np.testing.assert_array_equal(model.parameters, whole.parameters)


@pytest.mark.parametrize("kind", [np.asarray, lambda file: file[:], lambda file: file.reshape(-1, 400)])
def test_no_more_than_the_share_is_copied(tmp_path, kind):
    file = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", np.float32, (40_000, 400))
    file[:] = np.random.default_rng(0).random(400, np.float32)
    y = np.arange(40_000) % 2
    model = rn.Model.mlp([400, 4, 1])
    rn.train(model, np.zeros((2, 400)), [0, 1], epochs=1)
    tracemalloc.start()
    try:
        rn.train(model, kind(file), y, epochs=1, validation=0.1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.1 * file.nbytes < peak < 0.4 * file.nbytes
