"""Damaged files: refused with one ValueError that names the file, or loaded as the very same model.

Flipped bits, torn and edited files, descriptions and headers that were made up. Where the description is
edited the digest is made anew, so that the edit and not the digest is what `load` meets.
"""

import collections
import io
import json
import random
import re
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

import regnet as rn
from files.parts import read_parts, write_parts
from regnet.files.record import digest
from regnet.models.saving import expected_arrays

X = np.random.default_rng(0).normal(size=(12, 3))
REFUSED = "is not a regnet model or is damaged: "


@pytest.fixture(scope="module")
def model():
    """A trained model with something of everything that a file can hold."""
    layers = [
        rn.Input(3, 0.9, noise=0.25, gates=True, penalty=rn.L0(0.1)),
        rn.Dense(5, "relu", 0.8, "he", max_norm=2.5, batch_norm=True, penalty=rn.L1(0.1) + rn.L2(0.7)),
        rn.Dense(4, "tanh", 0.7, rn.Normal(0.1), dropout="gaussian"),
        rn.Dense(3, "softmax"),
    ]
    made = rn.Model(layers, seed=2, classes=["no", "perhaps", "yes"])
    rn.train(made, X, ["no", "yes", "perhaps"] * 4, epochs=3, batch_size=5, optimizer=rn.Adam(0.01))
    return made


def is_same(found, model):
    """Whether a model is another, bit for bit: parameters, moments, labels and description."""
    if found.classes is None or found.training_state is None:
        return False
    state, expected = found.training_state, model.training_state
    return (
        found.parameters.tobytes() == model.parameters.tobytes()
        and state.moments.tobytes() == expected.moments.tobytes()
        and (state.optimizer, state.epoch, state.learning_rate_scale)
        == (expected.optimizer, expected.epoch, expected.learning_rate_scale)
        and found.layers == model.layers
        and (found.dtype, found.seed, found.loss) == (model.dtype, model.seed, model.loss)
        and found.classes.dtype == model.classes.dtype
        and found.classes.tolist() == model.classes.tolist()
    )


def outcome(path, model):
    """What becomes of a file: refused, same, another model, or the name of another exception."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            same = is_same(rn.load(path), model)
        except Exception as error:
            reason = str(error).removeprefix(f"{path} {REFUSED}")
            as_documented = type(error) is ValueError and reason not in ("", str(error))
            return "refused" if as_documented else repr(error)[:200]
    return ("same" if same else "another model") + (" with a warning" if found else "")


def test_the_helper_sees_another_model(path, model):
    other = model.copy()
    other.save(path)
    assert outcome(path, model) == "same"
    other.training_state.moments[1, 0] = 7
    assert outcome(path, other) == "another model"
    path.write_bytes(b"")
    assert outcome(path, model) == "refused"
    path.unlink()
    assert outcome(path, model).startswith("FileNotFoundError")


# ------------------------------------------------------------------------------ bytes


def test_no_flipped_bit_makes_another_model(path, model, attacks):
    n = attacks(200)
    model.save(path)
    content, draw = path.read_bytes(), random.Random(1)
    counts = collections.Counter()
    for _ in range(n):
        flipped = bytearray(content)
        flipped[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        counts[outcome(path, model)] += 1
    print(path.suffix, dict(counts))
    assert set(counts) <= {"refused", "same"}
    assert counts["refused"] > 0.8 * n  # the rest are times, attributes and padding


def test_no_flipped_bit_makes_an_unprotected_file(path, model):
    """Every bit of what says that there is a digest: the format, the names of the texts, their lengths."""
    model.save(path)
    content = path.read_bytes()
    for what in (b"format", b"sha256", b"regnet", "format".encode("utf-32-le")):
        for at in (found.start() for found in re.finditer(what, content)):
            for bit in range(8 * (len(what) + 24)):
                flipped = bytearray(content)
                flipped[at + bit // 8] ^= 1 << bit % 8
                path.write_bytes(flipped)
                assert outcome(path, model) in ("refused", "same")


def mutated(content, draw):
    """Bytes that were torn, replaced, removed, inserted, repeated or exchanged."""
    content = bytearray(content)
    at, n = draw.randrange(len(content)), draw.choice([1, 2, 8, 64])
    match draw.randrange(6):
        case 0:
            del content[at:]
        case 1:
            content[at : at + n] = draw.randbytes(n)
        case 2:
            del content[at : at + n]
        case 3:
            content[at:at] = draw.randbytes(n)
        case 4:
            content[at:at] = content[at : at + 10 * n]
        case 5:
            other = draw.randrange(len(content))
            content[at : at + n], content[other : other + n] = (
                content[other : other + n],
                content[at : at + n],
            )
    return bytes(content)


@pytest.mark.parametrize("protected", [True, False], ids=["digest", "format 2"])
def test_torn_and_edited_bytes_raise_nothing_but_the_value_error(path, model, attacks, protected):
    model.save(path)
    if not protected:
        about, arrays = read_parts(path)
        write_parts(path, json.dumps({**about, "format": 2}), arrays)
    content, draw = path.read_bytes(), random.Random(2)
    counts = collections.Counter()
    for _ in range(attacks(200)):
        path.write_bytes(mutated(content, draw))
        counts[outcome(path, model)] += 1
    print(path.suffix, dict(counts))
    allowed = (
        {"refused", "same"}
        if protected
        else {"refused", "same with a warning", "another model with a warning"}
    )
    assert set(counts) <= allowed


# ------------------------------------------------------------------------------ descriptions

STRANGE = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    10**30,
    10**400,
    0.5,
    -0.5,
    1e30,
    1e308,
    "",
    "he",
]
STRANGE += [
    "float32",
    "<U3",
    "<U999999999",
    "O",
    "f4,,(",
    "(2,)f4",
    "\ud800",
    "\0",
    "é" * 9,
    [],
    {},
    [[]],
    [1, "a"],
]
STRANGE += [
    {"name": "He", "scale": 1},
    {"kind": "L2"},
    {"dtype": "O", "values": [None]},
    [[[[]]]],
    float("nan"),
]


def places(node, at=()):
    """The keys that lead to each part of a description."""
    yield at
    if isinstance(node, (dict, list)):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*at, key))


def edited(about, draw):
    """A description with a part that was replaced, removed, added or moved."""
    about = json.loads(json.dumps(about))
    *way, last = draw.choice(list(places(about))[1:])
    node = about
    for key in way:
        node = node[key]
    match draw.randrange(4):
        case 0 | 1:
            node[last] = draw.choice(STRANGE)
        case 2:
            del node[last]
        case 3:
            other = draw.choice(list(places(about))[1:])
            value = about
            for key in other:
                value = value[key]
            node[last] = json.loads(json.dumps(value))
    return about


def write_about(path, text, arrays):
    """A file with a description of one's own and a digest that fits."""
    write_parts(path, text, arrays, sha256=digest(text, arrays))


def test_edited_descriptions_raise_nothing_but_the_value_error(path, model, attacks):
    model.save(path)
    about, arrays = read_parts(path)
    draw, counts = random.Random(3), collections.Counter()
    for _ in range(attacks(200)):
        strange = about
        for _ in range(draw.choice([1, 1, 2, 5])):
            strange = edited(strange, draw)
        write_about(path, json.dumps(strange), arrays)
        counts[outcome(path, model)] += 1
    print(path.suffix, dict(counts))
    assert set(counts) <= {"refused", "same", "another model"}
    assert counts["refused"] > counts["another model"]


DEEP = "[" * 100_000 + "]" * 100_000
TEXTS = {
    "nested in lists": DEEP,
    "nested in objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "never closed": "[" * 100_000,
    "nested layers": '{"format": 3, "layers": ' + DEEP + "}",
    "nested to the limit": '{"format": 3, "loss": ' + "[" * 900 + "]" * 900 + "}",
    "a long number": '{"format": ' + "9" * 100_000 + "}",
    "NaN": '{"format": NaN}',
    "half a surrogate": '{"format": 3, "layers": "\\ud800"}',
    "a list": "[3]",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_that_are_no_descriptions_are_refused(path, model, text):
    model.save(path)
    write_about(path, text, read_parts(path)[1])
    assert outcome(path, model) == "refused"


def with_about(path, model, change):
    """A file of the model whose description was changed."""
    model.save(path)
    about, arrays = read_parts(path)
    change(about)
    write_about(path, json.dumps(about), arrays)


FIELDS = {
    "format": [True, False, 3.0, "3", 0, -3, None, 10**30, [3]],
    "seed": [True, -1, 2**64, 1.0, None, "0"],
    "dtype": ["float16", "<f4", "float", None, 32, "f4,,(", "(2,)f4", ["float32"]],
    "loss": [None, "hinge", 3, ["squared_error"]],
    "epoch": [1e30, 10**30, -1, 2.0, True, None, "3"],
    "learning_rate_scale": [-1, True, 10**400, None, "1", float("nan"), float("inf")],
    "optimizer": [None, "lbfgs", "momentum", ["adam"], {}],
    "units": [0, -1, True, 5.0, 2**62, 10**30, None, "5"],
    "keep_prob": [0, 1.5, 10**400, True, None, "1"],
    "max_norm": [0, -1, 10**400, "2", True],
    "init": [
        {"name": "He", "scale": 1},
        {"name": "Initializer"},
        {"name": ["He"]},
        {},
        [],
        3,
        {"name": "Normal", "scale": 10**400},
    ],
    "kind": ["Layer", "Model", None, ["Dense"], 3],
    "penalty": [
        3,
        {},
        [3],
        [{}],
        [{"kind": "Penalty"}],
        [{"kind": "L2", "lam": 10**400}],
        [{"kind": "L2", "terms": []}],
    ],
    "classes": [
        3,
        [],
        {},
        {"dtype": "<U3", "values": 3},
        {"dtype": 3, "values": []},
        ["no", "perhaps", "yes"],
    ],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in FIELDS for value in FIELDS[field]])
def test_fields_of_a_wrong_type_or_size_are_refused(path, model, field, value):
    def change(about):
        for part in (about, about["training"], about["layers"][1]):
            if field in part:
                part[field] = value

    with_about(path, model, change)
    assert outcome(path, model) == "refused"


LABELS = {
    "a dtype as wide as the memory": ("<U99999999", ["a", "b", "c"]),
    "a dtype wider than NumPy has": ("<U999999999", ["a", "b", "c"]),
    "a dtype that is an expression": ("f4,,(", [1.0, 2.0, 3.0]),
    "a dtype with fields": ("f4,f4", [1.0, 2.0, 3.0]),
    "dates": ("<M8[Y]", ["2020", "2021", "2022"]),
    "longer than their dtype": ("<U1", ["aa", "bb", "cc"]),
    "larger than their dtype": ("|u1", [1, 2, 300]),
    "large for their dtype": ("<f2", [1.0, 2.0, 1e30]),
    "numbers for strings": ("<U1", [1, 2, 3]),
    "strings for numbers": ("<i8", ["1", "2", "3"]),
    "halves for integers": ("<i8", [1.0, 2.5, 3.0]),
    "nothing": ("|O", [None, 1, 2]),
    "lists": ("|O", [[1], [2], [3]]),
    "not sorted": ("<i8", [3, 2, 1]),
    "twice": ("<i8", [1, 2, 2]),
    "not a list": ("<U1", "abc"),
}


@pytest.mark.parametrize(("dtype", "values"), LABELS.values(), ids=LABELS)
def test_labels_that_are_not_of_their_dtype_are_refused(path, model, dtype, values):
    with_about(path, model, lambda about: about.update(classes={"dtype": dtype, "values": values}))
    assert outcome(path, model) == "refused"


def test_a_key_twice_is_read_as_json_does(path, model):
    model.save(path)
    about, arrays = read_parts(path)
    write_about(path, '{"seed": 77, ' + json.dumps(about)[1:], arrays)
    assert outcome(path, model) == "same"


@pytest.mark.parametrize(
    "optimizer", [rn.RMSprop(0.01), rn.Adam(0.01), rn.AdamW(0.01)], ids=lambda o: o.kernel
)
def test_negative_second_moments_are_refused(path, optimizer):
    made = rn.Model.mlp([3, 4, 1], seed=1)
    rn.train(made, X, [0, 1] * 6, epochs=2, optimizer=optimizer)
    made.save(path)
    about, arrays = read_parts(path)
    arrays["moments"][-1, 3] = -1e-9
    text = json.dumps(about)
    write_parts(path, text, arrays, sha256=digest(text, arrays))
    row = len(arrays["moments"]) - 1
    name = f"moments[{row}] of '{optimizer.kernel}'"
    message = f"{path} {REFUSED}{name} has a negative number, wanted means of squares"
    with pytest.raises(ValueError, match=re.escape(message)):
        rn.load(path)
    made.training_state.moments[-1, 3] = -1
    with pytest.raises(ValueError, match="has a negative number"):
        made.save(path)


def test_weights_that_are_not_finite_come_back(path, model):
    """A file of what went wrong is worth looking at."""
    broken = model.copy()
    broken.parameters[:2] = np.nan, np.inf
    broken.training_state.moments[:, :2] = np.nan, np.inf
    broken.save(path)
    assert outcome(path, broken) == "same"


# ------------------------------------------------------------------------------ sizes


def load_in_little_memory(path):
    """`load`, with a check that it never took more than 5 MB."""
    rn.Model.mlp([3, 1])  # imports and caches its tables
    tracemalloc.start()
    try:
        return rn.load(path)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5e6


def test_a_model_that_the_file_is_too_small_for_is_refused_before_it_is_built(path, model):
    """3e7 units would take 600 MB of parameters, and initial weights to draw for each."""
    with_about(path, model, lambda about: about["layers"][1].update(units=30_000_000))
    with pytest.raises(ValueError, match=r"parameters are \(\d+,\) of float32, wanted \(\d{9},\) of float32"):
        load_in_little_memory(path)


def test_nothing_is_drawn_for_a_model_that_is_loaded(path, model, monkeypatch):
    model.save(path)
    monkeypatch.setattr(rn.He, "weights", None)
    monkeypatch.setattr(rn.Normal, "weights", None)
    assert outcome(path, model) == "same"


# ------------------------------------------------------------------------------ npz


def members(path):
    """The members of an archive: name to bytes."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path, found):
    """An archive of members."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in found.items():
            archive.writestr(name, content)


def array_file(header, data, version=b"\x01\x00"):
    """The bytes of an .npy file."""
    header = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + data


def header(descr="'<f4'", order="False", shape="(SIZE,)"):
    """The text at the start of an .npy file; SIZE stands for the number of parameters."""
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


HEADERS = {
    "another shape": header(shape="(1, SIZE)"),
    "huge shape": header(shape="(99999999999999999999,)"),
    "product that overflows": header(shape="(4294967296, 4294967296)"),
    "negative shape": header(shape="(-1,)"),
    "shape of text": header(shape="('a',)"),
    "shape of many digits": header(shape="(" + "9" * 5000 + ",)"),
    "objects": header("'|O'"),
    "fields": header("[('a', '<f4'), ('b', '<f4')]"),
    "wide text": header("'<U999999999'", shape="()"),
    "text of many digits": header("'<U" + "9" * 5000 + "'", shape="()"),
    "Fortran order": header(order="True", shape="(SIZE, 1)"),
    "another dtype": header("'<i4'"),
    "unknown dtype": header("'<q4'"),
    "no expression": "{'descr': '<f4', 'fortran_order': False, 'shape': ((((",
    "unclosed text": "{'descr': '<f4",
    "Python 2": header(shape="(SIZEL,)"),
    "an escape": header(r"'\d'"),
    "a call": "__import__('os').getcwd()",
    "nested": "(" * 9000 + ")" * 9000,
    "signs": "-" * 9000 + "1",
    "nothing": "",
}


@pytest.mark.parametrize("member", ["parameters", "moments", "regnet", "sha256"])
@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_array_headers_that_do_not_fit_are_refused(tmp_path, model, member, text):
    path = tmp_path / "net.npz"
    model.save(path)
    found = members(path)
    data = model.parameters.tobytes() if member == "parameters" else found[f"{member}.npy"][128:]
    found[f"{member}.npy"] = array_file(text.replace("SIZE", str(model.parameters.size)), data)
    write_members(path, found)
    assert outcome(path, model) == "refused"


def test_the_array_header_that_the_ones_above_are_made_from_fits(tmp_path, model):
    path = tmp_path / "net.npz"
    model.save(path)
    found = members(path)
    text = header().replace("SIZE", str(model.parameters.size))
    found["parameters.npy"] = array_file(text, model.parameters.tobytes())
    write_members(path, found)
    assert outcome(path, model) == "same"


@pytest.mark.parametrize("version", [b"\x02\x00", b"\x03\x00", b"\x09\x00", b"\x00\x01"])
def test_another_version_of_an_array_file_is_refused(tmp_path, model, version):
    path = tmp_path / "net.npz"
    model.save(path)
    found = members(path)
    text = header().replace("SIZE", str(model.parameters.size))
    found["parameters.npy"] = array_file(text, model.parameters.tobytes(), version)
    write_members(path, found)
    assert outcome(path, model) == "refused"


def set_field(content, signature, at, value):
    """Overwrite two bytes in each record of an archive that starts with a signature."""
    content = bytearray(content)
    for found in re.finditer(re.escape(signature), bytes(content)):
        content[found.start() + at : found.start() + at + len(value)] = value
    return bytes(content)


CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
ARCHIVES = {
    "encrypted": lambda content: set_field(content, CENTRAL, 8, b"\x01\x00"),
    "encrypted with a strong cipher": lambda content: set_field(content, CENTRAL, 8, b"\x41\x00"),
    "patched data": lambda content: set_field(content, CENTRAL, 8, b"\x20\x00"),
    "unknown compression": lambda content: set_field(content, CENTRAL, 10, b"\x63\x00"),
    "deflated, it says": lambda content: set_field(content, CENTRAL, 10, b"\x08\x00"),
    "LZMA, it says": lambda content: set_field(content, CENTRAL, 10, b"\x0e\x00"),
    "of a later version": lambda content: set_field(content, CENTRAL, 6, b"\xff\x00"),
    "members of 4 GB": lambda content: set_field(content, CENTRAL, 20, b"\xfe\xff\xff\xff" * 2),
    "members of 0 bytes": lambda content: set_field(content, CENTRAL, 20, bytes(8)),
    "starts after the end": lambda content: set_field(content, CENTRAL, 42, b"\xff\xff\xff\x7f"),
    "long names": lambda content: set_field(content, CENTRAL, 28, b"\xff\xff"),
    "other names before the data": lambda content: set_field(content, LOCAL, 30, b"xx"),
    "names that are no UTF-8": lambda content: set_field(
        set_field(content, CENTRAL, 8, b"\x00\x08"), CENTRAL, 46, b"\xff"
    ),
    "no list of members": lambda content: content[: content.index(CENTRAL)],
    "a list of members alone": lambda content: content[content.index(CENTRAL) :],
}


@pytest.mark.parametrize("change", ARCHIVES.values(), ids=ARCHIVES)
def test_archives_that_are_not_as_save_writes_them_are_refused(tmp_path, model, change):
    path = tmp_path / "net.npz"
    model.save(path)
    path.write_bytes(change(path.read_bytes()))
    assert outcome(path, model) == "refused"


@pytest.mark.parametrize("member", ["parameters", "moments", "regnet", "sha256"])
def test_a_member_that_is_missing_or_renamed_is_refused(tmp_path, model, member):
    path = tmp_path / "net.npz"
    model.save(path)
    found = members(path)
    content = found.pop(f"{member}.npy")
    write_members(path, found)
    assert outcome(path, model) == "refused"
    write_members(path, {**found, member: content})
    assert outcome(path, model) == "refused"


@pytest.mark.parametrize("member", ["parameters", "moments", "regnet", "sha256"])
@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_makes_no_other_model(tmp_path, model, member, where):
    path = tmp_path / "net.npz"
    model.save(path)
    name = f"{member}.npy"
    found = members(path)
    other = bytearray(found[name])
    other[-1] ^= 1
    with zipfile.ZipFile(path, "w") as archive:
        for each in (
            [(name, bytes(other))] * (where == "first"),
            found.items(),
            [(name, bytes(other))] * (where == "last"),
        ):
            for each_name, content in each:
                archive.writestr(each_name, content)
    assert outcome(path, model) == ("same" if where == "first" else "refused")


def bomb():
    """An array of 100 MB, of zeros."""
    content = io.BytesIO()
    np.save(content, np.zeros(100_000_000, np.uint8))
    return content.getvalue()


def test_only_members_that_are_wanted_are_read(tmp_path, model):
    path = tmp_path / "net.npz"
    model.save(path)
    with zipfile.ZipFile(path, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.npy", bomb())
    assert path.stat().st_size < 200_000
    assert is_same(load_in_little_memory(path), model)


@pytest.mark.parametrize("member", ["parameters", "moments", "regnet", "sha256"])
def test_a_wanted_member_that_is_compressed_is_refused_before_it_unfolds(tmp_path, model, member):
    path = tmp_path / "net.npz"
    model.save(path)
    found = members(path)
    del found[f"{member}.npy"]
    write_members(path, found)
    with zipfile.ZipFile(path, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{member}.npy", bomb())
    with pytest.raises(ValueError, match=f"{REFUSED}{member} is compressed or encrypted, wanted it stored"):
        load_in_little_memory(path)


def test_an_archive_that_is_longer_in_its_own_words_than_on_the_disk_is_refused(tmp_path, model):
    """Description, array header and list of members agree on 400 MB; the file has some kB."""
    path = tmp_path / "net.npz"
    with_about(path, model, lambda about: about["layers"][1].update(units=10_000_000))
    found = members(path)
    _, (size,) = expected_arrays(read_parts(path)[0])["parameters"]
    found["parameters.npy"] = array_file(header().replace("SIZE", str(size)), b"")
    write_members(path, found)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"parameters.npy") - 46 + 20  # two sizes in the list of members
    length = len(found["parameters.npy"]) + 4 * size
    content[at : at + 8] = struct.pack("<II", length, length)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{REFUSED}parameters is longer than the file"):
        load_in_little_memory(path)


# ------------------------------------------------------------------------------ safetensors


def test_edited_headers_of_safetensors_raise_nothing_but_the_value_error(tmp_path, model, attacks):
    pytest.importorskip("safetensors")
    path = tmp_path / "net.safetensors"
    model.save(path)
    content = path.read_bytes()
    n = int.from_bytes(content[:8], "little")
    about, data = json.loads(content[8 : 8 + n]), content[8 + n :]
    draw, counts = random.Random(4), collections.Counter()
    for _ in range(attacks(200)):
        strange = edited(about, draw)
        text = json.dumps(strange).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + data)
        counts[outcome(path, model)] += 1
    print(dict(counts))
    assert set(counts) <= {"refused", "same"}


@pytest.mark.parametrize("length", [0, 1, 2**20, 2**62, 2**63, 2**64 - 1])
def test_a_header_of_another_length_is_refused(tmp_path, model, length):
    pytest.importorskip("safetensors")
    path = tmp_path / "net.safetensors"
    model.save(path)
    path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
    assert outcome(path, model) == "refused"


# ------------------------------------------------------------------------------ not damaged


def test_a_folder_is_refused(path, model):
    path.mkdir()
    with pytest.raises((OSError, ValueError), match=path.name):
        rn.load(path)


def test_errors_of_the_disk_are_not_taken_for_damage(path, model, monkeypatch):
    model.save(path)

    def fail(*arguments, **options):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("regnet.files.record.open", fail, raising=False)
    with pytest.raises(OSError, match="Input/output error"):
        rn.load(path)
