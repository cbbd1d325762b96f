"""What the course's tests share: random nets for Hypothesis, copies to compare with, the global stream."""

import contextlib
import copy

import numpy as np
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)


@st.composite
def nets(draw, n_layers=3, n_outputs=1):
    """(X, Y, parameters): random shapes, one example at least; weights of a moderate size."""
    rng = np.random.default_rng(draw(seeds))
    sizes = [draw(st.integers(1, 6)) for _ in range(n_layers)] + [n_outputs]
    m = draw(st.sampled_from([1, 1, 2, 3, 5, 8, 17]))
    X = rng.normal(size=(sizes[0], m))
    Y = rng.integers(0, 2, (n_outputs, m))
    parameters = {}
    for l in range(1, n_layers + 1):
        parameters[f"W{l}"] = rng.normal(size=(sizes[l], sizes[l - 1])) / np.sqrt(sizes[l - 1])
        parameters[f"b{l}"] = 0.3 * rng.normal(size=(sizes[l], 1))
    return X, Y, parameters


@contextlib.contextmanager
def untouched(*arguments):
    """Within, no argument changes: neither a dictionary nor an array in it."""
    before = copy.deepcopy(arguments)
    yield
    assert_same(before, arguments)


def assert_same(expected, found):
    """Nested tuples and dictionaries of equal arrays."""
    if isinstance(expected, dict):
        assert list(expected) == list(found)
        for key in expected:
            assert_same(expected[key], found[key])
    elif isinstance(expected, (list, tuple)):
        assert len(expected) == len(found)
        for one, other in zip(expected, found, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_array_equal(expected, found)


def assert_close(found, expected, rtol=1e-10, atol=1e-12):
    """Arrays of the same shape, equal but for rounding."""
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def next_draws():
    """What the process-wide legacy stream gives next."""
    return np.random.rand(3).tolist()  # noqa: NPY002


def small_net():
    """Two inputs, 2-2-1, and three examples."""
    stream = np.random.RandomState(0)
    parameters = {}
    for l, (n_in, n_out) in enumerate([(2, 2), (2, 2), (2, 1)], start=1):
        parameters |= {f"W{l}": stream.randn(n_out, n_in), f"b{l}": np.zeros((n_out, 1))}
    return stream.randn(2, 3), np.array([[1, 0, 1]]), parameters
