"""Damaged descriptions. The digest is made anew, so that `load` meets the edit and not a wrong digest."""

import collections
import json
import random
import re

import numpy as np
import pytest

import regnet as rn
from files.damage import REFUSED, X, edited, outcome, with_about, write_about
from files.parts import read_parts, write_parts
from regnet.files.record import digest


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
