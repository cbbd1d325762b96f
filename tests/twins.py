"""Comparing a kernel with its NumPy twin: by value, every argument and the result."""

import copy
import importlib
import itertools

import numpy as np

import cregnet.reference

# Around a vector (4, 8, 16 lanes), a register tile (4, 6, 12 rows; 2 vectors) and an internal block (256).
UNITS = (0, 1, 3, 4, 5, 12, 13, 20)
EXAMPLES = (0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 211, 255, 256, 257)
SHAPES = tuple(itertools.product(UNITS, EXAMPLES))
LENGTHS = (0, 1, 3, 4, 5, 15, 16, 17, 255, 256, 257, 1000)

TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 4e-14}


def tolerance(dtype) -> float:
    """Relative tolerance of a dtype; integers must be equal."""
    return TOLERANCE.get(np.dtype(dtype), 0.0)


def assert_same(ours, theirs, what, scale=1.0, dtype=None):
    """Equal in shape and dtype, and in value relative to the largest number of the array."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.dtype == theirs.dtype, f"{what}: dtype {ours.dtype} and {theirs.dtype}"
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape} and {theirs.shape}"
    if not ours.size:
        return
    close = tolerance(dtype or ours.dtype) * scale
    size = np.abs(theirs[np.isfinite(theirs)]).max(initial=0.0) if theirs.dtype.kind == "f" else 0.0
    np.testing.assert_allclose(ours, theirs, rtol=close, atol=close * size, err_msg=what)


def assert_twins(kernel, twin, arguments, scale=1.0):
    """Run both on copies of the arguments; results and all arguments must agree afterwards.

    A dictionary as the last argument has those that are given by name.
    """
    arguments, options = split_options(arguments)
    ours, theirs = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        our_result, their_result = kernel(*ours, **options), twin(*theirs, **options)
    reals = [a.dtype for a in arguments if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    dtype = reals[0] if reals else None
    assert_same_results(our_result, their_result, scale, dtype)
    for position, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for ours_in, theirs_in in zip(a, b, strict=True) if isinstance(a, list) else [(a, b)]:
            if isinstance(ours_in, np.ndarray):
                real = ours_in.dtype.kind == "f"
                assert_same(ours_in, theirs_in, f"argument {position}", scale, dtype if real else None)
            else:
                assert ours_in == theirs_in, f"argument {position}: {ours_in} and {theirs_in}"


def cases_of_family(family):
    """Cases of the kernels of a family by name, from the module that tests it."""
    room = "network" if family == "network" else "kernels"
    return importlib.import_module(f"{room}.test_{family}").CASES


def split_options(arguments):
    """Arguments by position and by name."""
    *by_position, last = arguments
    return (tuple(by_position), last) if isinstance(last, dict) else (tuple(arguments), {})


def assert_same_results(ours, theirs, scale=1.0, dtype=None):
    """Nothing, one thing or a tuple of things, each the same."""
    assert type(ours) is type(theirs), f"result {ours} and {theirs}"
    if isinstance(ours, tuple):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same_results(a, b, scale, dtype)
    elif ours is not None:
        real = np.asarray(ours).dtype.kind == "f"
        assert_same(ours, theirs, "the result", scale, dtype if real else None)


def check_cases(core, name, cases, scale=1.0):
    """Compare a kernel with its twin over all its cases; there must be some."""
    kernel, twin = getattr(core, name), getattr(cregnet.reference, name)
    count = 0
    for arguments in cases:
        assert_twins(kernel, twin, arguments, scale)
        count += 1
    assert count > 0


def reals(rng, *shape, dtype):
    """Normal numbers of a dtype."""
    return rng.normal(size=shape).astype(dtype)
