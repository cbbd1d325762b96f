"""The texts and arrays of a file, read and written without regnet."""

import json

import numpy as np


def read_parts(path):
    """Description, with its format, and arrays of a file."""
    if path.suffix == ".npz":
        with np.load(path) as file:
            arrays = dict(file)
        del arrays["sha256"]
        return json.loads(str(arrays.pop("regnet"))), arrays
    from safetensors import safe_open
    from safetensors.numpy import load_file

    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["regnet"]), load_file(path)


def write_parts(path, text, arrays, **texts):
    """A file as `save` writes it, or with other texts beside the description."""
    texts = {"regnet": text, **texts}
    if path.suffix == ".npz":
        np.savez(path, **{name: np.array(text) for name, text in texts.items()}, **arrays)
    else:
        from safetensors.numpy import save_file

        save_file(arrays, path, metadata=texts)
