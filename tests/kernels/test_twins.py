"""The list of kernels, their twins, and the comparer itself."""

import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

import cregnet
import cregnet.reference
from twins import assert_twins, cases_of_family

NAMES = [name for family in cregnet.KERNELS.values() for name in family]


def test_every_kernel_has_exactly_one_twin():
    assert len(set(NAMES)) == len(NAMES)
    assert sorted(cregnet.reference.__all__) == sorted(NAMES)
    public = {n for n in dir(cregnet._core) if not n.startswith("_") and callable(getattr(cregnet._core, n))}
    assert public == set(NAMES)


def test_the_twins_are_there_without_an_import_of_their_own():
    """And are not imported before somebody asks for them."""
    script = """
import sys, cregnet
assert "cregnet.reference" not in sys.modules
assert "reference" in dir(cregnet)
assert "cregnet.reference" not in sys.modules
assert cregnet.reference.relu.__module__ == "cregnet.reference.activation"
from cregnet import *
assert reference is cregnet.reference
assert not hasattr(cregnet, "referense")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("family", cregnet.KERNELS)
def test_twin_lies_in_the_module_of_its_family(family):
    module = importlib.import_module(f"cregnet.reference.{family}")
    for name in cregnet.KERNELS[family]:
        assert getattr(module, name) is getattr(cregnet.reference, name)


@pytest.mark.parametrize("name", NAMES)
def test_twin_has_the_arguments_of_its_kernel(name):
    def arguments(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    assert arguments(getattr(cregnet, name)) == arguments(getattr(cregnet.reference, name))


@pytest.mark.parametrize("name", NAMES)
def test_kernel_and_twin_say_what_they_do(name):
    assert getattr(cregnet, name).__doc__
    assert getattr(cregnet.reference, name).__doc__


@pytest.mark.parametrize("family", cregnet.KERNELS)
def test_every_kernel_is_compared(family):
    assert set(cases_of_family(family)) == set(cregnet.KERNELS[family])


# ---------------------------------------------------------------------- the comparer, given wrong answers


def add_one(x, out):
    """The right answer."""
    out[...] = x + 1
    return 2.0


def test_comparer_accepts_the_right_answer():
    assert_twins(add_one, add_one, (np.arange(5.0), np.zeros(5)))


def wrong_by_little(x, out):
    out[...] = x + 1
    out[3] *= 1 + 1e-12
    return 2.0


def wrong_input_changed(x, out):
    out[...] = x + 1
    x[0] = 7
    return 2.0


def wrong_result(x, out):
    out[...] = x + 1
    return 2.0 + 1e-12


def wrong_no_result(x, out):
    out[...] = x + 1


def wrong_not_a_number(x, out):
    out[...] = x + 1
    out[0] = np.nan
    return 2.0


@pytest.mark.parametrize(
    "wrong", [wrong_by_little, wrong_input_changed, wrong_result, wrong_no_result, wrong_not_a_number]
)
def test_comparer_rejects_a_wrong_answer(wrong):
    with pytest.raises(AssertionError):
        assert_twins(wrong, add_one, (np.arange(5.0), np.zeros(5)))


def test_comparer_rejects_a_mask_off_by_one_bit():
    def kernel(D):
        D[0] = 1

    def twin(D):
        D[0] = 0

    with pytest.raises(AssertionError):
        assert_twins(kernel, twin, (np.zeros(4, np.uint8),))
