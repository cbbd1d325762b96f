"""Damaged files: refused with one ValueError that names the file, or loaded as the very same model.

Flipped bits and torn files. Descriptions and archives have files of their own.
"""

import collections
import json
import random
import re

import pytest

import regnet as rn
from files.damage import edited, load_in_little_memory, outcome, with_about
from files.parts import read_parts, write_parts


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


# ------------------------------------------------------------------------------ sizes


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
