"""Rounding to bfloat16: exact for every result, and for float64 rounded once."""

import math
from fractions import Fraction

import numpy as np
import pytest

from twins import SHAPES, check_cases, reals

UPPER_HALF = np.uint32(0xFFFF0000)


def round_cases(rng, dtype):
    for shape in SHAPES:
        yield reals(rng, *shape, dtype=dtype), np.zeros(shape, dtype)


CASES = {"round_to_bfloat16": round_cases}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


def all_bfloat16():
    """Every bfloat16 that is a number, as float32, in the order of the numbers; no -0."""
    numbers = (np.arange(2**16, dtype=np.uint32) << np.uint32(16)).view(np.float32)
    return np.unique(numbers[np.isfinite(numbers)])


def test_every_bfloat16_is_its_own_rounding(core, dtype):
    numbers = (np.arange(2**16, dtype=np.uint32) << np.uint32(16)).view(np.float32)
    numbers = numbers[~np.isnan(numbers)]
    assert len(numbers) == 2**16 - 2 * 127
    found = core.round_to_bfloat16(numbers.astype(dtype))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.astype(np.float32).view(np.uint32), numbers.view(np.uint32))


def test_between_two_bfloat16_the_nearer_and_in_the_middle_the_even_one(core, dtype):
    numbers = all_bfloat16()
    low, high = numbers[:-1].astype(np.float64), numbers[1:].astype(np.float64)
    middle = (low + high) / 2  # exact in float64, and in float32
    np.testing.assert_array_equal(middle, middle.astype(np.float32))
    even = np.where((numbers[:-1].view(np.uint32) >> np.uint32(16)) % 2 == 0, low, high)
    np.testing.assert_array_equal(core.round_to_bfloat16(middle.astype(dtype)), even)
    below, above = (np.nextafter(middle.astype(dtype), dtype.type(end)) for end in (-np.inf, np.inf))
    np.testing.assert_array_equal(core.round_to_bfloat16(below), low)
    np.testing.assert_array_equal(core.round_to_bfloat16(above), high)


def test_random_floats_against_exact_fractions(core, dtype):
    """The neighbours of x among the bfloat16, and the distances to them, in whole numbers."""
    numbers = all_bfloat16()
    rng = np.random.default_rng(2)
    x = rng.integers(0, 2**32, 3000, dtype=np.uint32).view(np.float32)
    x = x[np.abs(x) < 3e38].astype(dtype)
    if dtype == np.float64:  # digits that a float32 does not have
        x *= 1 + rng.integers(-(2**20), 2**20, x.size) * 2.0**-52
    for value, found in zip(x, core.round_to_bfloat16(x), strict=True):
        place = np.searchsorted(numbers, value)
        near = [Fraction(float(n)) for n in numbers[max(place - 1, 0) : place + 1]]
        distance = min(abs(Fraction(float(value)) - n) for n in near)
        assert abs(Fraction(float(value)) - Fraction(float(found))) == distance


def test_overflow_nan_and_signs(core, dtype):
    largest = math.ldexp(255, 120)
    half_a_step = math.ldexp(1, 119)
    x = np.array([largest, largest + half_a_step, np.inf, -np.inf, np.nan, -0.0, 0.0], dtype)
    x = np.append(x, np.nextafter(dtype.type(largest + half_a_step), dtype.type(0)))
    found = core.round_to_bfloat16(x)
    np.testing.assert_array_equal(found, [largest, np.inf, np.inf, -np.inf, np.nan, 0, 0, largest])
    np.testing.assert_array_equal(np.signbit(found), np.signbit(x))


def test_a_signalling_nan_becomes_quiet(core):
    for sign in (0, 0x80000000):
        # payloads that lie in the lower half alone would otherwise become infinite
        bits = np.array([sign | 0x7F800001, sign | 0x7FFFFFFF, sign | 0x7F810000], np.uint32)
        found = core.round_to_bfloat16(bits.view(np.float32)).view(np.uint32)
        np.testing.assert_array_equal(found & np.uint32(0x7FC00000), 0x7FC00000)
        np.testing.assert_array_equal(found & ~UPPER_HALF, 0)
        np.testing.assert_array_equal(found & np.uint32(0x80000000), sign)


def test_in_place(core, dtype):
    x = np.array([1.003, -2.71828], dtype)
    assert core.round_to_bfloat16(x, x) is x
    np.testing.assert_array_equal(x, [1.0, -2.71875])
