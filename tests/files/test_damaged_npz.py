"""Damaged archives of NumPy: array headers, members, sizes."""

import io
import re
import struct
import zipfile

import numpy as np
import pytest

from files.damage import REFUSED, is_same, load_in_little_memory, outcome, with_about
from files.parts import read_parts
from regnet.models.saving import expected_arrays


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
