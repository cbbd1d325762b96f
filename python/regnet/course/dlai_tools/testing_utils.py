"""Run the test cases of `public_tests.py` beside a notebook of 2021 on the functions of its reader.

A test case is a dictionary: `name` says what is compared ("datatype_check", "shape_check" or
"equation_output_check"), `input` are the arguments, `expected` is the answer, `error` the message if it is
another one. What compares Keras models in the original (`summary`, `comparator`) is not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

__all__ = ["multiple_test", "single_test"]

Case = Mapping[str, Any]
GREEN, RED = "\033[92m", "\033[91m"
DECIMALS = 6  # of an answer


def single_test(test_cases: Sequence[Case], target: Callable[..., Any]) -> None:
    """Compare what a function returns, an array or a number, with the answers of its test cases.

    Parameters
    ----------
    test_cases : list of dict
    target : function

    Raises
    ------
    AssertionError
        If an answer is another one, after a line for each that says so.

    Examples
    --------
    >>> case = {"name": "equation_output_check", "input": [2, 4], "expected": 8, "error": "Wrong output"}
    >>> single_test([case], lambda x, theta: x + theta)
    Traceback (most recent call last):
        ...
    AssertionError: 0 of 1 tests passed by <lambda>
    """
    multiple_test(test_cases, target)


def multiple_test(test_cases: Sequence[Case], target: Callable[..., Any]) -> None:
    """Compare what a function returns, nested as it may be, with the answers of its test cases.

    Parameters
    ----------
    test_cases : list of dict
    target : function
        Called with a copy of each case's input.

    Raises
    ------
    AssertionError
        If an answer is another one, after a line for each that says so.

    Examples
    --------
    >>> case = {"name": "shape_check", "input": [3], "expected": (np.zeros(3), {}), "error": "Wrong shape"}
    >>> multiple_test([case], lambda n: (np.ones(n), {}))    # in green
    \x1b[92m All tests passed.
    """
    passed = 0
    for case in test_cases:
        compare = COMPARISONS.get(case["name"])
        if compare is None:
            raise ValueError(
                f"a test case has the name {case['name']!r}, wanted one of {', '.join(COMPARISONS)}"
            )
        good = compare(case["expected"], target(*deepcopy(case["input"])))
        passed += good
        if not good:
            print(f"{RED}Error: {case['error']}")
    if passed < len(test_cases):
        raise AssertionError(f"{passed} of {len(test_cases)} tests passed by {target.__name__}")
    print(f"{GREEN} All tests passed.")


def same_type(expected: Any, found: Any) -> bool:
    """The answer's own type; what it contains is not looked at."""
    return isinstance(found, type(expected))


def everywhere(leaf: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of arrays and numbers, for tuples, lists and dictionaries of them too."""

    def compare(expected: Any, found: Any) -> bool:
        if isinstance(expected, dict):
            return (
                isinstance(found, dict)
                and expected.keys() == found.keys()
                and all(compare(expected[key], found[key]) for key in expected)
            )
        if isinstance(expected, (tuple, list)):
            return (
                isinstance(found, (tuple, list))
                and len(expected) == len(found)
                and all(map(compare, expected, found))
            )
        return leaf(expected, found)

    return compare


def same_shape(expected: Any, found: Any) -> bool:
    """As `.shape` says, which a Python number does not have."""
    return not hasattr(expected, "shape") or getattr(found, "shape", None) == expected.shape


def same_values(expected: Any, found: Any) -> bool:
    """Equal to some decimals, in one shape."""
    if isinstance(expected, (str, type(None))):
        return bool(expected == found)
    try:
        np.testing.assert_array_almost_equal(np.asarray(found, float), np.asarray(expected, float), DECIMALS)
    except (AssertionError, TypeError, ValueError):
        return False
    return True


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "datatype_check": same_type,
    "shape_check": everywhere(same_shape),
    "equation_output_check": everywhere(same_values),
}
