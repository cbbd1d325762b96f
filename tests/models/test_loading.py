"""Loading: older formats, and what is refused."""

import json
import pickle
import re

import numpy as np
import pytest

import regnet as rn
from files.parts import read_parts, write_parts
from models.small import X
from regnet.files.record import digest


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
