"""Checks of arguments that no one argument stands for."""

import pytest

from regnet._support.checks import fraction, number


@pytest.mark.parametrize("value", [10**400, -(10**400)], ids=["large", "negative"])
@pytest.mark.parametrize("check", [number, fraction])
def test_whole_numbers_too_large_for_a_float_are_out_of_range(check, value):
    with pytest.raises(ValueError, match="x is an integer of 1329 bits, wanted"):
        check("x", value)
