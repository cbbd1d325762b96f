"""Targets that are classes: their labels and numbers, and what is refused."""

import re
from decimal import Decimal

import numpy as np
import pytest

import regnet as rn
from regnet.data import check_targets, targets

F32, F64 = np.dtype("float32"), np.dtype("float64")
BINARY, CATEGORICAL, SQUARED = "binary_cross_entropy", "categorical_cross_entropy", "squared_error"


TWO = {
    "int": ([1, 0, 0, 1], [0, 1], [1, 0, 0, 1]),
    "int, not from 0": ([7, -2, -2, 7], [-2, 7], [1, 0, 0, 1]),
    "uint8": (np.array([1, 0, 0, 1], "uint8"), [0, 1], [1, 0, 0, 1]),
    "bool": ([True, False, False, True], [False, True], [1, 0, 0, 1]),
    "str": (["yes", "no", "no", "yes"], ["no", "yes"], [1, 0, 0, 1]),
    "bytes": ([b"b", b"a", b"a", b"b"], [b"a", b"b"], [1, 0, 0, 1]),
    "object strings": (np.array(["yes", "no", "no", "yes"], object), ["no", "yes"], [1, 0, 0, 1]),
    "float": ([1.5, 0.5, 0.5, 1.5], [0.5, 1.5], [1, 0, 0, 1]),
    "column": ([[1], [0], [0], [1]], [0, 1], [1, 0, 0, 1]),
    "column of strings": ([["b"], ["a"], ["a"], ["b"]], ["a", "b"], [1, 0, 0, 1]),
    "dates": (
        np.array(["2021", "2020", "2020", "2021"], "M8[Y]"),
        np.array(["2020", "2021"], "M8[Y]"),
        [1, 0, 0, 1],
    ),
}


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize(("y", "classes", "numbers"), TWO.values(), ids=TWO)
def test_two_classes_become_a_column_of_0_and_1(y, classes, numbers, dtype):
    found = check_targets(y, BINARY, 1, 4, None, dtype)
    np.testing.assert_array_equal(found.Y, np.array(numbers)[:, None])
    assert found.Y.dtype == dtype
    assert found.labels.size == 0
    np.testing.assert_array_equal(found.classes, classes)
    assert found.classes.dtype == np.asarray(y).dtype
    np.testing.assert_array_equal(found.columns(1), [numbers])


THREE = {
    "int": ([2, 0, 1, 0], [0, 1, 2]),
    "int, with gaps": ([90, 10, 30, 10], [10, 30, 90]),
    "str": (["c", "a", "b", "a"], ["a", "b", "c"]),
    "object strings": (np.array(["c", "a", "b", "a"], object), ["a", "b", "c"]),
    "float": ([2.5, 0.5, 1.5, 0.5], [0.5, 1.5, 2.5]),
    "column": ([[2], [0], [1], [0]], [0, 1, 2]),
}


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize(("y", "classes"), THREE.values(), ids=THREE)
def test_several_classes_become_class_numbers(y, classes, dtype):
    found = check_targets(y, CATEGORICAL, 3, 4, None, dtype)
    np.testing.assert_array_equal(found.labels, [2, 0, 1, 0])
    assert found.labels.dtype == np.int32
    assert found.Y.shape == (0, 3)
    np.testing.assert_array_equal(found.classes, classes)
    columns = found.columns(3)
    np.testing.assert_array_equal(columns, [[0, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]])
    assert columns.dtype == dtype


def test_a_softmax_over_two_takes_two_classes():
    found = check_targets(["b", "a", "a"], CATEGORICAL, 2, 3, None, F64)
    np.testing.assert_array_equal(found.labels, [1, 0, 0])


@pytest.mark.parametrize(
    ("y", "classes", "numbers"),
    [
        ([5, 5], np.array([2, 5, 9]), [1, 1]),
        ([5.0, 9.0], np.array([2, 5, 9]), [1, 2]),
        (["bb"], np.array(["a", "bb", "ccc"]), [1]),
        (np.array(["bb"], object), np.array(["a", "bb", "ccc"]), [1]),
        (["bb"], np.array(["a", "bb", "ccc"], object), [1]),
    ],
)
def test_known_classes_need_not_all_occur(y, classes, numbers):
    found = check_targets(y, CATEGORICAL, 3, len(y), classes, F64)
    np.testing.assert_array_equal(found.labels, numbers)
    assert found.classes is classes


@pytest.mark.parametrize(
    ("y", "classes", "shown"),
    [
        ([0, 7], [0, 1], "y has the label 7, wanted one of 0, 1"),
        ([0, 0.5], [0, 1], "y has the label 0.5, wanted one of 0, 1"),
        (["no", "x"], ["no", "yes"], "y has the label 'x', wanted one of 'no', 'yes'"),
        (np.array(["no", "x"], object), ["no", "yes"], "y has the label 'x', wanted one of 'no', 'yes'"),
        (["0", "1"], [0, 1], "y has the label '0', wanted one of 0, 1"),
        ([0, 1], ["0", "1"], "y has the label 0, wanted one of '0', '1'"),
        ([-1], list(range(40)), "y has the label -1, wanted one of 0, 1, 2, 3, 4, ..., 38, 39"),
    ],
)
def test_unknown_label_is_named(y, classes, shown):
    loss, n_outputs = (BINARY, 1) if len(classes) == 2 else (CATEGORICAL, len(classes))
    with pytest.raises(ValueError, match="^" + re.escape(shown) + "$"):
        check_targets(y, loss, n_outputs, len(y), np.array(classes), F64)


@pytest.mark.parametrize("n_classes", [2, 10, 15, 30, 200])
def test_strings_are_not_taken_for_numbers(n_classes):
    classes = np.arange(n_classes)
    loss, n_outputs = (BINARY, 1) if n_classes == 2 else (CATEGORICAL, n_classes)
    with pytest.raises(ValueError, match="y has the label"):
        check_targets(classes.astype(str), loss, n_outputs, n_classes, classes, F64)


@pytest.mark.parametrize(
    ("y", "loss", "n_outputs", "message"),
    [
        ([0, 1, 2], BINARY, 1, "y has 3 classes, wanted 2 as the model's output"),
        ([0, 0, 0], BINARY, 1, "y has 1 class, wanted 2 as the model's output"),
        ([0, 1, 0], CATEGORICAL, 3, "y has 2 classes, wanted 3 as the model's output"),
        ([0, 1, 2], CATEGORICAL, 2, "y has 3 classes, wanted 2 as the model's output"),
        (["a", "b", "c"], BINARY, 1, "y has 3 classes, wanted 2 as the model's output"),
        ([0, 1, 0], CATEGORICAL, 3, "pass classes=... to Model when some have no example"),
        ([0, 1, 0], BINARY, 3, "y has one column, wanted 3: one 0 or 1 per sigmoid output"),
        ([[0], [1], [0]], BINARY, 3, "y has one column, wanted 3: one 0 or 1 per sigmoid output"),
        ([0.0, np.nan, 1.0], BINARY, 1, "y is nan at row 1, wanted finite float64 numbers"),
        ([0.0, np.inf, 1.0], CATEGORICAL, 3, "y is inf at row 1"),
        (np.array([0.0, np.nan, 1.0], "f4"), BINARY, 1, "y is nan at row 1, wanted finite float32 numbers"),
        ([0, 1], BINARY, 1, "y has shape (2,) and X has 3 rows, wanted one target per row"),
        (1, BINARY, 1, "y has shape () and X has 3 rows, wanted one target per row"),
        (np.zeros((3, 1, 1)), BINARY, 1, "y has shape (3, 1, 1), wanted one label per row"),
        (np.zeros((3, 2, 2)), CATEGORICAL, 2, "y has shape (3, 2, 2)"),
        (np.zeros((3, 0)), BINARY, 1, "y has shape (3, 0)"),
    ],
)
def test_wrong_labels_are_named(y, loss, n_outputs, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_targets(y, loss, n_outputs, 3, None, F64)


@pytest.mark.parametrize(("loss", "n_outputs"), [(BINARY, 1), (CATEGORICAL, 2)])
def test_targets_without_a_column_are_refused_where_classes_are_known_too(loss, n_outputs):
    with pytest.raises(ValueError, match=re.escape("y has shape (3, 0)")):
        check_targets(np.zeros((3, 0)), loss, n_outputs, 3, np.array([0, 1]), F64)


def test_labels_that_cannot_be_sorted_are_named():
    y = np.array(["a", 1, "b"], object)
    message = "y mixes labels that cannot be sorted, wanted labels of one type"
    with pytest.raises(TypeError, match=re.escape(message)):
        check_targets(y, BINARY, 1, 3, None, F64)
    with pytest.raises(TypeError, match=re.escape(message)):
        rn.split(np.zeros((3, 1)), y)


NAN, NAT = float("nan"), np.datetime64("NaT")
GAPS = {
    "None": ([None, "a", "a"], 0),
    "None among numbers": ([1, None, 1], 1),
    "NaN among texts": ([NAN, "a", "b"], 0),
    "one NaN": (np.array([1.0, NAN, 1.0], object), 1),
    "NaN twice": (np.array([1.0, NAN, NAN], object), 1),
    "Decimal": ([Decimal(1), Decimal(2), Decimal("NaN")], 2),
    "NaT": (np.array(["2020", "2020", "NaT"], "M8[Y]"), 2),
    "NaT to the nanosecond": (np.array(["2020", "NaT", "2021"], "M8[ns]"), 1),
    "NaT of times": (np.array([1, "NaT", 1], "m8[s]"), 1),
    "NaT as an object": (np.array([np.datetime64("2020"), NAT, np.datetime64("2021")], object), 1),
    "complex": (np.array([1, 2j, NAN]), 2),
}


@pytest.mark.parametrize(("y", "row"), GAPS.values(), ids=GAPS)
def test_a_missing_label_is_no_class(y, row):
    message = rf"has no label at row {row} \(.*\), wanted one in every row$"
    X, model = np.zeros((3, 1)), rn.Model.mlp([1, 1])
    for train in (lambda: rn.train(model, X, y), lambda: rn.fit_many([model], X, y)):
        with pytest.raises(ValueError, match="^y " + message):
            train()
    with pytest.raises(ValueError, match="^y " + message):
        model.evaluate(X, y)
    with pytest.raises(ValueError, match="^y " + message):
        rn.split(X, y, stratify=True)
    with pytest.raises(ValueError, match="^validation y " + message):
        rn.train(model, np.zeros((2, 1)), [0, 1], validation=(X, y))
    assert model.classes is None
    with pytest.raises(
        ValueError, match=rf"^classes has no label at entry {row} \(.*\), wanted one in every entry$"
    ):
        rn.Model.mlp([1, 2], classes=y)


def test_missing_labels_of_other_packages_are_no_class():
    pd = pytest.importorskip("pandas")
    for y in (pd.Series(["a", pd.NA, "b"], dtype=object), pd.Series(["a", None, "b"], dtype="string")):
        with pytest.raises(ValueError, match=r"^y has no label at row 1 \(<NA>\), wanted one in every row$"):
            check_targets(y, BINARY, 1, 3, None, F64)
    with pytest.raises(ValueError, match=r"^y has no label at row 1 \(NaT\)"):
        check_targets(pd.Series(pd.to_datetime(["2020-01-01", None, "2021-01-01"])), BINARY, 1, 3, None, F64)


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 has StringDType")
def test_a_missing_text_is_no_class():
    y = np.array(["a", NAN, "b"], dtype=np.dtypes.StringDType(na_object=NAN))
    with pytest.raises(ValueError, match=r"^y has no label at row 1 \(nan\), wanted one in every row$"):
        check_targets(y, BINARY, 1, 3, None, F64)


@pytest.mark.parametrize("key", [NAN, None, NAT])
def test_class_weights_are_of_labels(key):
    X, y = np.zeros((2, 1)), [0.0, 1.0]
    with pytest.raises(ValueError, match=r"^class_weight has the label .*, wanted one of 0.0, 1.0$"):
        rn.train(rn.Model.mlp([1, 1]), X, y, class_weight={key: 2.0})


IDENTITY = 'to predict numbers give the output layer the activation "identity": output="identity"'


@pytest.mark.parametrize(
    ("y", "n_outputs", "message"),
    [
        (np.linspace(0, 1, 50), 1, f"y has 50 classes, wanted 2 as the model's output; {IDENTITY}"),
        ([0.5, 1.5, 2.5], 1, f"y has 3 classes, wanted 2 as the model's output; {IDENTITY}"),
        (np.arange(50), 3, f"y has 50 classes, wanted 3 as the model's output; {IDENTITY}"),
        ([0, 1, 2], 1, "y has 3 classes, wanted 2 as the model's output; for 3 classes it wants 3 softmax"),
        (
            list("abcd"),
            3,
            "y has 4 classes, wanted 3 as the model's output; for 4 classes it wants 4 softmax",
        ),
    ],
)
def test_too_many_classes_say_what_may_be_meant(y, n_outputs, message):
    loss = BINARY if n_outputs == 1 else CATEGORICAL
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        check_targets(y, loss, n_outputs, len(y), None, F64)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64", "float64", "U3", "object", "bool"])
@pytest.mark.parametrize("labels", [[3, 1, 3, 7, 1], [-128, 127, 5], [-3, -3], [0], [5, 10**15, 5]])
def test_distinct_labels_are_those_of_unique(labels, dtype):
    labels = np.array(labels).astype(dtype)
    found, numbers = targets.distinct(labels)
    expected, inverse = np.unique(labels, return_inverse=True)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(numbers, inverse)


@pytest.mark.parametrize(
    ("loss", "n_outputs"), [("binary_cross_entropy", 1), ("categorical_cross_entropy", 2)]
)
def test_labels_are_numbered_by_the_models_classes_not_by_those_present(loss, n_outputs):
    found = check_targets([7, 7], loss, n_outputs, 2, np.array([3, 7]), np.dtype("float64"))
    np.testing.assert_array_equal(found.columns(n_outputs)[-1], [1, 1])
