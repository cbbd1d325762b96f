"""What becomes of a file that was damaged."""

import json
import tracemalloc
import warnings

import numpy as np

import regnet as rn
from files.parts import read_parts, write_parts
from regnet.files.record import digest

X = np.random.default_rng(0).normal(size=(12, 3))
REFUSED = "is not a regnet model or is damaged: "


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


def with_about(path, model, change):
    """A file of the model whose description was changed."""
    model.save(path)
    about, arrays = read_parts(path)
    change(about)
    write_about(path, json.dumps(about), arrays)


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
