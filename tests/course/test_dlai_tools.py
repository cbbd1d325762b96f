"""The stand-in for the package that tests the exercises of 2021."""

import numpy as np
import pytest

from regnet.course.dlai_tools.testing_utils import multiple_test, single_test


def case(name, expected, *arguments):
    return {"name": name, "input": list(arguments), "expected": expected, "error": f"wrong in {name}"}


NAMES = ("datatype_check", "shape_check", "equation_output_check")


@pytest.mark.parametrize(
    "answer",
    [
        np.arange(6.0).reshape(2, 3),
        np.float64(0.5),
        np.array(0.5),
        np.array([[True, False]]),
        8,
        {"W1": np.ones((2, 3)), "b1": np.zeros((2, 1))},
        (np.ones((1, 2)), ((np.ones((2, 2)), np.zeros((2, 1))), np.ones(3))),
        [(np.ones((2, 2)), np.ones((1, 2))), (np.ones((2, 1)), np.ones((1, 1)))],
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_right_answers(capsys, answer):
    for run in (single_test, multiple_test):
        run([case(name, answer) for name in NAMES], lambda: answer)
        assert capsys.readouterr().out == "\x1b[92m All tests passed.\n"


@pytest.mark.parametrize(
    ("expected", "found", "failing"),
    [
        (np.ones((2, 1)), [[1.0], [1.0]], ["datatype_check", "shape_check"]),
        (np.ones((2, 1)), np.ones((1, 2)), ["shape_check", "equation_output_check"]),
        (np.float64(0.5), 0.5, ["datatype_check", "shape_check"]),  # a cost that is a Python number
        (np.ones(2), np.full(2, 1.00001), ["equation_output_check"]),
        (np.ones(2), np.array([1, np.nan]), ["equation_output_check"]),
        ({"W1": np.ones(1)}, {"W1": np.ones(1), "b1": np.ones(1)}, ["shape_check", "equation_output_check"]),
        ((np.ones(1), np.ones(1)), (np.ones(1),), ["shape_check", "equation_output_check"]),
        (
            (np.ones(1), {"a": np.ones(2)}),
            (np.ones(1), {"a": np.ones(3)}),
            ["shape_check", "equation_output_check"],
        ),
        ({"a": 1}, None, ["datatype_check", "shape_check", "equation_output_check"]),
        (1, "x", ["datatype_check", "equation_output_check"]),
    ],
)
def test_wrong_answers(capsys, expected, found, failing):
    def answer():
        return found

    right = len(NAMES) - len(failing)
    with pytest.raises(AssertionError, match=f"^{right} of 3 tests passed by answer$"):
        multiple_test([case(name, expected) for name in NAMES], answer)
    assert capsys.readouterr().out.splitlines() == [f"\x1b[91mError: wrong in {name}" for name in failing]


def test_arguments_are_copied():
    given = {"W1": np.ones(2)}

    def spoils(parameters):
        parameters["W1"] += 1
        return parameters

    multiple_test([case("equation_output_check", {"W1": np.full(2, 2.0)}, given)] * 2, spoils)
    np.testing.assert_array_equal(given["W1"], np.ones(2))


def test_an_unknown_check_is_named():
    with pytest.raises(
        ValueError, match="a test case has the name 'speed_check', wanted one of datatype_check, shape_check"
    ):
        single_test([case("speed_check", 1)], lambda: 1)
