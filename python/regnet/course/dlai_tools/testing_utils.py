"""Run the test cases of a 2021 notebook's `public_tests.py` on the functions that its reader wrote.

A test case is a dictionary: `name` is the kind of comparison ("datatype_check", "shape_check" or
"equation_output_check"), `input` the list of arguments, `expected` the answer, `error` the message printed if
the function returns another one. The original's functions for Keras models, `summary` and `comparator`, are
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

__all__ = ["multiple_test", "single_test"]

Case = Mapping[str, Any]
GREEN, RED = "\033[92m", "\033[91m"
DECIMALS = 6  # to which an answer must agree


def single_test(test_cases: Sequence[Case], target: Callable[..., Any]) -> None:
    """Compare the result of a function, an array or a number, with the answers of its test cases.

    Parameters
    ----------
    test_cases : list of dict
    target : function
        Called with a copy of each case's input.

    Raises
    ------
    AssertionError
        If a case fails; a message has been printed for each.

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
    """Compare the result of a function, which may be nested, with the answers of its test cases.

    Parameters
    ----------
    test_cases : list of dict
    target : function
        Called with a copy of each case's input.

    Raises
    ------
    AssertionError
        If a case fails; a message has been printed for each.

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
        correct = compare(case["expected"], target(*deepcopy(case["input"])))
        passed += correct
        if not correct:
            print(f"{RED}Error: {case['error']}")
    if passed < len(test_cases):
        raise AssertionError(f"{passed} of {len(test_cases)} tests passed by {target.__name__}")
    print(f"{GREEN} All tests passed.")


def same_type(expected: Any, result: Any) -> bool:
    """Whether the result has the answer's type; the types of its elements are not compared."""
    return isinstance(result, type(expected))


def nested(compare_leaves: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Extend a comparison of arrays and numbers to tuples, lists and dictionaries of them."""

    def compare(expected: Any, result: Any) -> bool:
        if isinstance(expected, dict):
            return (
                isinstance(result, dict)
                and expected.keys() == result.keys()
                and all(compare(expected[key], result[key]) for key in expected)
            )
        if isinstance(expected, (tuple, list)):
            return (
                isinstance(result, (tuple, list))
                and len(expected) == len(result)
                and all(map(compare, expected, result))
            )
        return compare_leaves(expected, result)

    return compare


def same_shape(expected: Any, result: Any) -> bool:
    """Whether the shapes are equal; any result has the shape of a Python number."""
    return not hasattr(expected, "shape") or getattr(result, "shape", None) == expected.shape


def same_values(expected: Any, result: Any) -> bool:
    """Whether shapes are equal, and values to `DECIMALS` decimals."""
    if isinstance(expected, (str, type(None))):
        return bool(expected == result)
    try:
        np.testing.assert_array_almost_equal(np.asarray(result, float), np.asarray(expected, float), DECIMALS)
    except (AssertionError, TypeError, ValueError):
        return False
    return True


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "datatype_check": same_type,
    "shape_check": nested(same_shape),
    "equation_output_check": nested(same_values),
}
