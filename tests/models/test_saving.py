"""Models as files: what comes back, and what is refused."""

import json
import pickle
import re
import sys

import numpy as np
import pytest

import regnet as rn
from files.parts import read_parts, write_parts
from regnet.files import record
from regnet.files.record import digest
from regnet.models import saving

X = np.random.default_rng(0).normal(size=(12, 3))


def round_trip(model, path):
    """The model from a file, checked to predict the same bits."""
    model.save(path)
    loaded = rn.load(path)
    np.testing.assert_array_equal(loaded.parameters, model.parameters)
    assert loaded.layers == model.layers
    assert (loaded.dtype, loaded.seed, loaded.loss) == (model.dtype, model.seed, model.loss)
    assert repr(loaded) == repr(model)
    found, expected = loaded.predict(X), model.predict(X)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    return loaded


# ------------------------------------------------------------------------------ round trips


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


# ------------------------------------------------------------------------------ refused on saving


@pytest.mark.parametrize("name", ["net", "net.pt", "net.npy", "net.pkl", ".npz"])
def test_another_ending_is_refused(tmp_path, name):
    wanted = re.escape(f"path is {str(tmp_path / name)!r}, wanted a name that ends in .safetensors or .npz")
    with pytest.raises(ValueError, match=wanted):
        rn.Model.mlp([3, 1]).save(tmp_path / name)
    with pytest.raises(ValueError, match=wanted):
        rn.load(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "classes", [np.array(["2020", "2021"], "M8[Y]"), [b"a", b"b"]], ids=["dates", "bytes"]
)
def test_classes_that_json_cannot_hold_are_refused_before_anything_is_written(path, classes):
    model = rn.Model.mlp([3, 1], classes=classes)
    message = f"classes have dtype {np.asarray(classes).dtype}, wanted strings, numbers or bools to save them"
    with pytest.raises(TypeError, match=re.escape(message)):
        model.save(path)
    assert not path.exists()


class OwnDense(rn.Dense):
    """A layer of the user's own."""


class OwnL2(rn.L2):
    """A penalty of the user's own."""


UNKNOWN = {
    "layer": (
        lambda: rn.Model([rn.Input(3), OwnDense(2)]),
        "kind of layer is 'OwnDense', wanted one of 'Input', 'Dense'",
    ),
    "penalty": (
        lambda: rn.Model([rn.Input(3), rn.Dense(2, penalty=OwnL2(0.1))]),
        "kind of penalty is 'OwnL2', wanted one of 'L1', 'L2', 'L0'",
    ),
    "label": (
        lambda: rn.Model.mlp([3, 1], classes=np.array([1.0, np.inf], object)),
        "classes are not all finite, wanted finite numbers to save them",
    ),
}


@pytest.mark.parametrize(("make", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_could_not_be_loaded_is_not_saved(path, make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make().save(path)
    assert not path.exists()


def test_parameters_of_another_shape_are_not_saved(path):
    model = rn.Model.mlp([3, 1])
    model.parameters = np.zeros(3)
    wanted = "parameters are (3,) of float64, wanted (4,) of float32"
    with pytest.raises(ValueError, match=re.escape(wanted)):
        model.save(path)
    assert not path.exists()


def test_a_seed_of_numpy_is_saved(path):
    model = rn.Model.mlp([3, 1])
    model.seed = np.int64(7)
    assert round_trip(model, path).seed == 7


def test_a_missing_folder_is_an_os_error(path):
    with pytest.raises(OSError, match="No such file or directory"):
        rn.Model.mlp([3, 1]).save(path.parent / "nowhere" / path.name)


# ------------------------------------------------------------------------------ refused on loading


def test_missing_file_is_named(path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"there is no file {str(path)!r}")):
        rn.load(path)


def changed(path, change, protected=True):
    """Save a trained model, change its description and arrays, and write them again with their digest."""
    model = rn.Model.mlp([3, 4, 1], init="he", dtype="float64", seed=1)
    rn.train(model, X, ["no", "yes"] * 6, epochs=2)  # with Adam
    model.save(path)
    about, arrays = read_parts(path)
    change(about, arrays)
    text = json.dumps(about)
    write_parts(path, text, arrays, **({"sha256": digest(text, arrays)} if protected else {}))


def test_nothing_changed_can_be_loaded(path):
    changed(path, lambda about, arrays: None)
    assert rn.load(path).training_state.epoch == 2


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


def test_a_file_of_the_first_format_can_be_read(path):
    """It has none of the regularisers among the fields of its layers."""
    before = ("kind", "units", "keep_prob", "activation", "init")

    def forget(about, arrays):
        layers = [{k: v for k, v in layer.items() if k in before} for layer in about["layers"]]
        about.update(format=1, layers=layers)

    changed(path, forget, protected=False)
    with pytest.warns(UserWarning, match="has no digest"):
        old = rn.load(path)
    changed(path, lambda about, arrays: None)
    assert old.layers == rn.load(path).layers
    np.testing.assert_array_equal(old.parameters, rn.load(path).parameters)


def test_a_file_without_a_digest_is_read_with_a_warning_that_names_it(path):
    changed(path, lambda about, arrays: about.update(format=2), protected=False)
    message = f"{path} has no digest, damage to it may go unnoticed: save the model again"
    with pytest.warns(UserWarning, match=re.escape(message)) as found:
        old = rn.load(path)
    assert found[0].filename == __file__
    old.save(path)
    np.testing.assert_array_equal(rn.load(path).training_state.moments, old.training_state.moments)


def test_a_future_format_is_named(path):
    changed(path, lambda about, arrays: about.update(format=99, surprise=1))
    message = (
        f"{path} is not a regnet model or is damaged: "
        "format is 99, wanted 1 to 3: it needs a later version of regnet"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        rn.load(path)


def test_fields_that_are_not_known_are_left_alone(path):
    changed(path, lambda about, arrays: (about.update(surprise=1), about["layers"][1].update(surprise=1)))
    assert rn.load(path).training_state.epoch == 2


@pytest.mark.parametrize("key", ["format", "layers", "dtype", "seed", "loss", "classes", "training"])
def test_a_missing_part_of_the_description_is_named(path, key):
    changed(path, lambda about, arrays: about.pop(key))
    message = f"{path} is not a regnet model or is damaged: it has no '{key}'"
    with pytest.raises(ValueError, match=re.escape(message)):
        rn.load(path)


def set_layer(number, **fields):
    return lambda about, arrays: about["layers"][number].update(fields)


def set_training(**fields):
    return lambda about, arrays: about["training"].update(fields)


def set_moments(change):
    return lambda about, arrays: arrays.update(moments=np.ascontiguousarray(change(arrays["moments"])))


DAMAGE = {
    "no layers": lambda about, arrays: about.update(layers=[]),
    "layers are a number": lambda about, arrays: about.update(layers=3),
    "no units": set_layer(1, units=0),
    "other units": set_layer(1, units=5),
    "other penalty": set_layer(1, penalty=[{"kind": "L3", "lam": 0.1, "scale": "none"}]),
    "negative penalty": set_layer(1, penalty=[{"kind": "L2", "lam": -1, "scale": "none"}]),
    "gates are text": set_layer(1, gates="yes"),
    "other batch norm": set_layer(1, batch_norm=True),
    "unknown kind of layer": set_layer(1, kind="Convolution"),
    "unknown activation": set_layer(1, activation="swish"),
    "unknown initialiser": set_layer(1, init={"name": "Nothing"}),
    "initialiser is a function": set_layer(1, init={"name": "number"}),
    "initialiser of another number": set_layer(1, init={"name": "He", "scale": 2}),
    "initialiser is a module": set_layer(1, init={"name": "np"}),
    "keep_prob out of range": set_layer(0, keep_prob=1.5),
    "other dtype": lambda about, arrays: about.update(dtype="float32"),
    "unknown dtype": lambda about, arrays: about.update(dtype="int8"),
    "unknown loss": lambda about, arrays: about.update(loss="hinge"),
    "negative seed": lambda about, arrays: about.update(seed=-1),
    "no parameters": lambda about, arrays: arrays.pop("parameters"),
    "too few parameters": lambda about, arrays: arrays.update(parameters=arrays["parameters"][:-1].copy()),
    "parameters of another dtype": lambda about, arrays: arrays.update(
        parameters=arrays["parameters"].astype("float32")
    ),
    "too many classes": lambda about, arrays: about["classes"].update(values=["a", "b", "c"]),
    "classes are not sorted": lambda about, arrays: about["classes"].update(values=["yes", "no"]),
    "classes of an unknown dtype": lambda about, arrays: about["classes"].update(dtype="nothing"),
    "classes without values": lambda about, arrays: about["classes"].pop("values"),
    "classes are a list": lambda about, arrays: about.update(classes=["no", "yes"]),
    "no moments": lambda about, arrays: arrays.pop("moments"),
    "too few moments": set_moments(lambda moments: moments[:1]),
    "too short moments": set_moments(lambda moments: moments[:, :-1]),
    "flat moments": set_moments(lambda moments: moments.ravel()),
    "moments of another dtype": set_moments(lambda moments: moments.astype("float32")),
    "unknown optimiser": set_training(optimizer="lbfgs"),
    "moments of another optimiser": set_training(optimizer="momentum"),
    "negative epoch": set_training(epoch=-1),
    "half an epoch": set_training(epoch=1.5),
    "training without an epoch": lambda about, arrays: about["training"].pop("epoch"),
    "description is empty": lambda about, arrays: about.clear(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_model_is_refused_with_the_name_of_its_file(path, damage):
    changed(path, damage)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        rn.load(path)


def test_arrays_of_something_else_are_refused(path):
    if path.suffix == ".npz":
        np.savez(path, parameters=np.zeros(3), X=np.ones((2, 2)))
    else:
        from safetensors.numpy import save_file

        save_file({"parameters": np.zeros(3)}, path)
    with pytest.raises(ValueError, match=re.escape(f"{path} is not a regnet model")):
        rn.load(path)


@pytest.mark.parametrize("text", ["", "nothing", "null", "[1, 2]", "3", '"text"', "{}"])
def test_a_description_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "net.npz"
    np.savez(path, regnet=np.array(text), parameters=np.zeros(3))
    with pytest.raises(ValueError, match=re.escape(f"{path} is not a regnet model")):
        rn.load(path)


KEPT = {
    "all but a byte": -1,
    "all but a few": -30,
    "half": 0.5,
    "a header": 100,
    "a word": 8,
    "two bytes": 2,
    "none": 0,
}


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
def test_a_truncated_file_is_named(path, kept):
    rn.Model.mlp([3, 4, 1]).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept) if kept == 0.5 else kept])
    with pytest.raises(ValueError, match=re.escape(f"{path} is not ")):
        rn.load(path)


@pytest.mark.parametrize(
    "content",
    [b"nothing that regnet wrote\n" * 50, bytes(1000), b"PK\x03\x04" + bytes(50)],
    ids=["text", "zeros", "start of a zip file"],
)
def test_garbage_is_named(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path} is not ")):
        rn.load(path)


def test_flipped_bytes_in_an_npz_file_are_noticed(tmp_path):
    path = tmp_path / "net.npz"
    rn.Model.mlp([3, 4, 1]).save(path)
    content = bytearray(path.read_bytes())
    at = content.index(b"NUMPY") + 200  # in the data of the first array
    content[at : at + 4] = bytes(byte ^ 255 for byte in content[at : at + 4])
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        rn.load(path)


def test_a_single_array_under_the_name_of_an_npz_file_is_named(tmp_path):
    path = tmp_path / "net.npz"
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match=re.escape(f"{path} is not ")):
        rn.load(path)


class Trap:
    """An object whose unpickling leaves a trace."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


@pytest.mark.parametrize("how", ["a pickle", "an object array", "a description"])
def test_pickled_objects_are_refused_and_never_run(tmp_path, how):
    path = tmp_path / "net.npz"
    model = rn.Model.mlp([3, 1])
    model.save(path)
    with np.load(path) as file:
        arrays = dict(file)
    trap = np.array([Trap()], object)
    if how == "a pickle":
        path.write_bytes(pickle.dumps(Trap()))
    elif how == "an object array":
        np.savez(path, **{**arrays, "parameters": trap})
    else:
        np.savez(path, **{**arrays, "regnet": trap})
    with pytest.raises(ValueError, match=re.escape(f"{path} is not a regnet model or is damaged: ")):
        rn.load(path)
    assert not Trap.sprung


def test_the_trap_of_the_test_above_works(monkeypatch):
    monkeypatch.setattr(Trap, "sprung", False)
    pickle.loads(pickle.dumps(Trap()))
    assert Trap.sprung


# ------------------------------------------------------------------------------ without safetensors


def test_missing_safetensors_is_named_with_the_extra_that_brings_it(monkeypatch, tmp_path):
    path = tmp_path / "net.safetensors"
    for name in ("safetensors", "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    wanted = r"a \.safetensors file needs .*pip install 'regnet\[safetensors\]' \(or use \.npz\)"
    with pytest.raises(ImportError, match=wanted):
        rn.Model.mlp([3, 1]).save(path)
    assert not path.exists()
    path.write_bytes(b"")
    with pytest.raises(ImportError, match=wanted):
        rn.load(path)


def test_npz_needs_no_safetensors(monkeypatch, tmp_path):
    for name in ("safetensors", "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    round_trip(rn.Model.mlp([3, 1]), tmp_path / "net.npz")


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
