"""Saving: what is refused, and what needs safetensors."""

import re
import sys

import numpy as np
import pytest

import regnet as rn
from models.small import round_trip

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
