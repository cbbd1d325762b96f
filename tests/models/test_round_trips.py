"""Models as files: what comes back."""

import pickle

import numpy as np
import pytest

import regnet as rn
from models.small import X, round_trip
from regnet.files import record
from regnet.files.record import digest
from regnet.models import saving


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("output", "n", "loss"),
    [
        ("sigmoid", 1, None),
        ("sigmoid", 3, None),
        ("softmax", 3, None),
        ("identity", 2, None),
        ("sigmoid", 1, "squared_error"),
        ("tanh", 1, None),
    ],
)
def test_every_kind_of_model_comes_back(path, output, n, loss, dtype):
    loaded = round_trip(rn.Model.mlp([3, 4, n], output=output, loss=loss, dtype=dtype, seed=5), path)
    assert loaded.parameters.ctypes.data % 64 == 0
    assert loaded.training_state is None
    assert loaded.classes is None


CLASSES = {
    "str": np.array(["no", "yes", "perhaps"]),
    "unicode": np.array(["ja", "né", "☃"]),
    "object": np.array(["no", "yes", "perhaps"], object),
    "int64": np.array([-5, 0, 2**62]),
    "uint8": np.array([0, 7, 255], "uint8"),
    "uint64": np.array([0, 1, 2**64 - 1], "uint64"),
    "float64": np.array([0.1, 1 / 3, 1e300]),
    "float32": np.array([0.1, 1 / 3, 1e30], "float32"),
    "float16": np.array([0.1, 1 / 3, 1e4], "float16"),
    "big-endian": np.array([-5, 0, 2**20], ">i4"),
    "wider than its labels": np.array(["no", "yes", "perhaps"], "<U50"),
    "integers as objects": np.array([-5, 0, 2**70], object),
}
STRING_DTYPE = getattr(np.dtypes, "StringDType", None)
if STRING_DTYPE is not None:
    CLASSES["StringDType"] = np.array(["no", "né", "a label that is not short ☃"], STRING_DTYPE())
needs_string_dtype = pytest.mark.skipif(STRING_DTYPE is None, reason="NumPy 2 has StringDType")


@pytest.mark.parametrize("classes", CLASSES.values(), ids=CLASSES)
def test_classes_come_back_with_their_dtype(path, classes):
    loaded = round_trip(rn.Model.mlp([3, 3], classes=classes), path)
    np.testing.assert_array_equal(loaded.classes, np.sort(classes))
    assert loaded.classes.dtype == classes.dtype
    assert [type(c) for c in loaded.classes.tolist()] == [type(c) for c in classes.tolist()]


@needs_string_dtype
@pytest.mark.parametrize("options", [{"na_object": np.nan}, {"na_object": None}, {"coerce": False}], ids=str)
def test_strings_that_could_be_missing_come_back_as_strings(path, options):
    labels = np.array(["no", "yes", "perhaps"], STRING_DTYPE(**options))
    rn.Model.mlp([3, 3], classes=labels).save(path)
    found = rn.load(path).classes
    assert found.dtype == STRING_DTYPE()
    assert found.tolist() == ["no", "perhaps", "yes"]


@needs_string_dtype
def test_labels_of_a_training_with_string_dtype_come_back(path):
    y = np.array(["no", "yes", "perhaps"] * 4, STRING_DTYPE())
    model = rn.Model.mlp([3, 4, 3], seed=1)
    rn.train(model, X, y, epochs=3)
    loaded = round_trip(model, path)
    assert loaded.evaluate(X, y) == model.evaluate(X, y)


@needs_string_dtype
def test_string_labels_without_numpy_2_are_named(path, monkeypatch):
    rn.Model.mlp([3, 3], classes=CLASSES["StringDType"]).save(path)
    monkeypatch.delattr(np.dtypes, "StringDType")
    with pytest.raises(
        ValueError, match="dtype of classes is NumPy's StringDType, wanted NumPy 2 to load it"
    ):
        rn.load(path)


def test_labels_that_are_much_wider_than_they_need_be_come_back_narrow(path):
    """A file does not say how much memory is to be taken for what is in it."""
    model = rn.Model.mlp([3, 3], classes=np.array(["no", "yes", "perhaps"], "<U6000000"))
    model.save(path)
    assert rn.load(path).classes.dtype == "<U7"


def test_two_bools_come_back(path):
    loaded = round_trip(rn.Model.mlp([3, 1], classes=[True, False]), path)
    assert loaded.classes.dtype == bool
    assert loaded.classes.tolist() == [False, True]


@pytest.mark.parametrize(
    "init",
    [
        None,
        "zeros",
        "normal",
        "he",
        "xavier",
        "glorot",
        rn.Zeros(),
        rn.Normal(0.1),
        rn.Normal(2),
        rn.Normal(np.float64(0.1)),
        rn.Normal(np.float32(0.1)),
        rn.He(),
        rn.Xavier(),
        rn.Glorot(),
    ],
    ids=repr,
)
def test_every_initialiser_comes_back(path, init):
    model = rn.Model([rn.Input(3, 0.8), rn.Dense(4, "tanh", 0.5, init), rn.Dense(1, "sigmoid", init=init)])
    loaded = round_trip(model, path)
    loaded.initialize()
    np.testing.assert_array_equal(loaded.parameters, model.parameters)


def own_initialiser(name):
    """An initialiser of the user's own with numbers of its own."""

    def weights(self, n_in, n_out, seed, layer):
        return np.full((n_out, n_in), self.value)

    return type(
        name, (rn.Initializer,), {"weights": weights, "__init__": lambda self: setattr(self, "value", 0.25)}
    )


@pytest.mark.parametrize("name", ["Own", "Normal", "he"])
def test_weights_of_an_own_initialiser_come_back_without_it(path, name):
    model = rn.Model([rn.Input(3), rn.Dense(1, "sigmoid", init=own_initialiser(name)())])
    model.save(path)
    loaded = rn.load(path)
    np.testing.assert_array_equal(loaded.weights[0], np.full((1, 3), 0.25))
    assert loaded.layers[1].init is None


@pytest.mark.parametrize(
    "optimizer",
    [rn.GradientDescent(0.1), rn.Momentum(0.1), rn.RMSprop(0.01), rn.Adam(0.01), rn.AdamW(0.01)],
    ids=lambda optimizer: optimizer.kernel,
)
def test_training_goes_on_from_a_file_as_if_nothing_had_happened(path, optimizer):
    y = ["no", "yes"] * 6
    straight = rn.Model.mlp([3, 4, 1], keep_prob=0.8, seed=2)
    rn.train(straight, X, y, epochs=7, batch_size=5, optimizer=optimizer)
    stopped = rn.Model.mlp([3, 4, 1], keep_prob=0.8, seed=2)
    rn.train(stopped, X, y, epochs=4, batch_size=5, optimizer=optimizer)
    loaded = round_trip(stopped, path)
    assert (loaded.training_state.optimizer, loaded.training_state.epoch) == (optimizer.kernel, 4)
    history = rn.train(loaded, X, y, epochs=7, batch_size=5, optimizer=optimizer, resume=True)
    assert history.first_epoch == 4
    np.testing.assert_array_equal(loaded.parameters, straight.parameters)
    np.testing.assert_array_equal(loaded.training_state.moments, straight.training_state.moments)


def test_the_largest_seed_comes_back(path):
    assert round_trip(rn.Model.mlp([3, 1], seed=2**64 - 1), path).seed == 2**64 - 1


def test_a_path_may_be_a_string(path):
    model = rn.Model.mlp([3, 1])
    model.save(str(path))
    np.testing.assert_array_equal(rn.load(str(path)).parameters, model.parameters)


def test_saving_again_replaces_the_file(path):
    rn.Model.mlp([3, 30, 1]).save(path)
    model = rn.Model.mlp([3, 1], seed=9)
    model.save(path)
    np.testing.assert_array_equal(rn.load(path).parameters, model.parameters)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_saving_changes_nothing(path):
    model = rn.Model.mlp([3, 4, 1])
    rn.train(model, X, [0, 1] * 6, epochs=2)
    before = pickle.dumps(model)
    model.save(path)
    assert pickle.dumps(model) == before


def test_a_model_that_changes_while_it_is_saved_can_be_loaded(path, monkeypatch):
    """What the digest has seen is what is written, though another thread goes on with the training."""
    model = rn.Model.mlp([3, 1], seed=1)
    before = model.parameters.copy()

    def digest_then_change(*parts):
        found = digest(*parts)
        model.parameters[:] = 7
        return found

    monkeypatch.setattr(record, "digest", digest_then_change)
    model.save(path)
    monkeypatch.undo()
    np.testing.assert_array_equal(rn.load(path).parameters, before)


@pytest.mark.parametrize(
    "penalty",
    [
        None,
        rn.Penalty(),
        rn.L2(0.1),
        rn.L1(0.2, "batch", proximal=True),
        rn.L0(0.3, scale="none"),
        rn.L1(0.1) + rn.L2(0.7) + rn.L0(0.2),
    ],
    ids=repr,
)
def test_regularised_layers_come_back(path, penalty):
    model = rn.Model(
        [
            rn.Input(3, 0.9, noise=0.25, gates=True, dropout="gaussian"),
            rn.Dense(5, "relu", 0.8, max_norm=2.5, batch_norm=True, gates=True, penalty=penalty),
            rn.Dense(4, "tanh", 0.7, dropout="gaussian", batch_norm=True),
            rn.Dense(2, "softmax", max_norm=1, penalty=rn.L2(0.1)),
        ],
        seed=2,
    )
    rn.train(model, X, [0, 1] * 6, epochs=3, batch_size=5)
    loaded = round_trip(model, path)
    assert loaded.layers[1].penalty == penalty
    for net in (model, loaded):
        rn.train(net, X, [0, 1] * 6, epochs=6, batch_size=5, resume=True)
    np.testing.assert_array_equal(loaded.parameters, model.parameters)


def test_a_checkpoint_of_a_callback_can_be_gone_on_with(tmp_path):
    X, y, _, _ = rn.datasets.make_football(seed=0)
    options = {"batch_size": 32, "optimizer": rn.Adam(0.01)}

    def save_after_three(training):
        if training.epoch == 2:
            training.model.save(tmp_path / "net.npz")

    model = rn.Model.mlp([2, 8, 1], keep_prob=0.8, seed=4)
    rn.train(model, X, y, epochs=7, callbacks=[save_after_three], **options)
    again = rn.load(tmp_path / "net.npz")
    rn.train(again, X, y, epochs=7, resume=True, **options)
    np.testing.assert_array_equal(again.parameters, model.parameters)


def test_gaussian_dropout_that_drops_nothing_is_read():
    # such layers could be made before they were refused; the dropout had no effect
    for layer, plain in (
        (rn.Dense(3, "relu", 0.5, dropout="gaussian"), rn.Dense(3, "relu")),
        (rn.Input(3, 0.5, dropout="gaussian"), rn.Input(3)),
    ):
        assert saving.build_layer(saving.describe_layer(layer)) == layer
        assert saving.build_layer({**saving.describe_layer(layer), "keep_prob": 1.0}) == plain
