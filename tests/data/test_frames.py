"""X and y as frames: which columns become numbers."""

import numpy as np
import pytest

import regnet as rn
from data.people import NAMES, another_order, people
from regnet.data import FiniteInputs, check_inputs, check_targets

pd = pytest.importorskip("pandas")

F32, F64 = np.dtype("float32"), np.dtype("float64")


# ------------------------------------------------------------------------------ numbers of frames

PLAIN = np.array([[1.5, 0.0], [2.5, 1.0], [-1.0, 1.0]])
B = PLAIN[:, 1]
SECOND = {
    "float": B,
    "float32": B.astype("f4"),
    "int": B.astype(int),
    "uint8": B.astype("u1"),
    "bool": B.astype(bool),
    "Int64": pd.array(B.astype(int), dtype="Int64"),
    "UInt8": pd.array(B.astype(int), dtype="UInt8"),
    "Float32": pd.array(B, dtype="Float32"),
    "boolean": pd.array(B.astype(bool), dtype="boolean"),
    "sparse": pd.arrays.SparseArray(B),
    "sparse bool": pd.arrays.SparseArray(B.astype(bool)),
}


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("column", SECOND.values(), ids=SECOND)
def test_columns_of_numbers_become_one_array(column, dtype):
    frame = pd.DataFrame({"a": PLAIN[:, 0], "b": column})
    for given in (frame, frame[["b"]]):
        found = check_inputs(given, dtype, given.shape[1])
        assert found.dtype == dtype
        assert found.flags.c_contiguous
        np.testing.assert_array_equal(found, PLAIN[:, -given.shape[1] :])


def test_whole_numbers_keep_their_digits():
    big = np.array([2**53 + 1, 2**24 + 1])
    frame = pd.DataFrame({"a": pd.array(big, dtype="Int64"), "b": [True, False]})
    np.testing.assert_array_equal(check_inputs(frame, F32, 2)[:, 0], big.astype("f4"))


WORDS = "wanted numbers: encode it, say one-hot, or leave it out"
OTHERS = {
    "text": (["x", "y", "z"], TypeError, rf"has dtype (str|object), {WORDS}"),
    "category": (pd.Categorical(["x", "y", "x"]), TypeError, f"has dtype category, {WORDS}"),
    "category of numbers": (pd.Categorical([1, 2, 1]), TypeError, f"has dtype category, {WORDS}"),
    "dates": (
        pd.to_datetime(["2020", "2021", "2022"], format="%Y"),
        TypeError,
        r"has dtype datetime64\[.*\], wanted numbers: take numbers from it, such as the days since a date",
    ),
    "complex": ([1j, 0, 0], TypeError, f"has dtype complex128, {WORDS}"),
    "objects": (
        pd.Series([1, 2.5, True], dtype=object),
        TypeError,
        r"has dtype object, wanted numbers: astype\(float\) makes them",
    ),
    "mixed objects": (pd.Series([1, "x", None], dtype=object), TypeError, f"has dtype object, {WORDS}"),
    "gap in Int64": (pd.array([1, 2, None], dtype="Int64"), ValueError, "has no value at row 2, wanted one"),
    "gap in Float64": (
        pd.array([1, None, None], dtype="Float64"),
        ValueError,
        "has no value at row 1, wanted",
    ),
    "gap in boolean": (pd.array([None, True, False], dtype="boolean"), ValueError, "has no value at row 0"),
    "gap in objects": (pd.Series([1, None, True], dtype=object), ValueError, "has no value at row 1, wanted"),
}


@pytest.mark.parametrize(("column", "error", "message"), OTHERS.values(), ids=OTHERS)
def test_other_columns_are_named_with_what_to_do(column, error, message):
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "the b": column})
    with pytest.raises(error, match=f"^column 'the b' of validation X {message}"):
        check_inputs(frame, F64, 2, "validation X")


@pytest.mark.parametrize("more", [{}, {"c": [True, False, True]}])
def test_nan_is_named_with_its_column(more):
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, np.nan], **more})
    model = rn.Model.mlp([X.shape[1], 1], dtype="float64")
    message = r"^X is nan at row 2, column 1 \('b'\), wanted finite float64 numbers$"
    for entry in (model.predict, lambda X: FiniteInputs.of(X, F64), lambda X: model.evaluate(X, [0, 1, 0])):
        with pytest.raises(ValueError, match=message):
            entry(X)


def test_columns_with_one_name_are_taken_by_their_place():
    frame = pd.DataFrame([[1.0, True], [2.0, False]], columns=["a", "a"])
    np.testing.assert_array_equal(check_inputs(frame, F64, 2), [[1, 1], [2, 0]])


def test_targets_come_as_series_and_frames():
    labels, wanted = pd.Series([0, 1, 1]), [[0, 1, 1]]
    for y in (labels, labels.astype("Int64"), labels.astype("boolean"), labels.astype("category")):
        for given in (y, y.to_frame()):
            np.testing.assert_array_equal(
                check_targets(given, "binary_cross_entropy", 1, 3, None, F64).columns(1), wanted
            )
    two = pd.DataFrame({"a": pd.array([1, 2, 3], dtype="Int64"), "b": [True, False, True]})
    found = check_targets(two, "squared_error", 2, 3, None, F32)
    np.testing.assert_array_equal(found.Y, [[1, 1], [2, 0], [3, 1]])
    with pytest.raises(ValueError, match=r"^y has no value at row 1, wanted one in every row"):
        check_targets(pd.array([1, None, 3], dtype="Int64"), "squared_error", 1, 3, None, F32)


def test_split_keeps_frames_with_their_dtypes():
    X, y = people(10)
    X = X.assign(adult=X["age"] > 18, city=["x", "y"] * 5)
    plain = rn.split(np.arange(10), y, seed=1)
    for (part, labels), (rows, expected) in zip(rn.split(X, pd.Series(y), seed=1), plain, strict=True):
        pd.testing.assert_frame_equal(part, X.iloc[rows])
        np.testing.assert_array_equal(labels, expected)


def test_sets_to_be_standardized_have_the_same_columns():
    X, _ = people(10)
    found = rn.standardize(X, X[:3])
    np.testing.assert_array_equal(found[0], rn.standardize(X.to_numpy()))
    with pytest.raises(ValueError, match=r"^set 3 has its columns in another order: 'age' is column 1"):
        rn.standardize(X, X[:3], another_order(X))


# ------------------------------------------------------------------------------ other packages


class Column:
    """A column as polars and pyarrow have it: what NumPy makes of it, and a dtype with a name."""

    def __init__(self, values, dtype):
        self.values, self.dtype = np.array(values), dtype

    def __array__(self, dtype=None, copy=None):
        return self.values


class LikePolars:
    """Names in `columns`, the columns by `get_columns`, rows by indexing."""

    def __init__(self, columns):
        self._columns, self.columns = columns, list(columns)
        self.shape = (len(next(iter(columns.values())).values), len(columns))

    def get_columns(self):
        return list(self._columns.values())

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        return LikePolars({k: Column(v.values[rows], v.dtype) for k, v in self._columns.items()})


class LikeArrow:
    """Names in `column_names`, the columns in `columns`, rows by `take`."""

    def __init__(self, columns):
        self.columns, self.column_names = list(columns.values()), list(columns)
        self.shape = (len(self.columns[0].values), len(columns))

    def __len__(self):
        return self.shape[0]

    def take(self, rows):
        taken = [Column(column.values[rows], column.dtype) for column in self.columns]
        return LikeArrow(dict(zip(self.column_names, taken, strict=True)))


@pytest.mark.parametrize("kind", [LikePolars, LikeArrow])
def test_frames_of_other_packages_are_taken(kind):
    X, y = people(40)
    columns = {name: Column(X[name], "Float64") for name in X} | {"adult": Column(X["age"] > 18, "Boolean")}
    model = rn.Model.mlp([4, 4, 1], seed=1)
    rn.train(model, kind(columns), y, epochs=1, validation=0.2)
    assert model.feature_names == (*NAMES, "adult")
    with pytest.raises(ValueError, match=r"^X has its columns in another order"):
        model.predict(kind(dict(reversed(columns.items()))))
    part = rn.split(kind(columns), y)[0][0]
    assert isinstance(part, kind)
    assert part.shape == (24, 4)
    for column, message in (
        (Column(["x"] * 40, "String"), "has dtype String, wanted numbers"),
        (Column(np.array([True, None] * 20), "Boolean"), "has no value at row 1"),
    ):
        with pytest.raises((TypeError, ValueError), match=f"^column 'adult' of X {message}"):
            model.predict(kind({**columns, "adult": column}))


def test_polars():
    pl = pytest.importorskip("polars")
    X, y = people(40)
    frame = pl.DataFrame({**{name: X[name].to_numpy() for name in X}, "adult": (X["age"] > 18).to_numpy()})
    model = rn.Model.mlp([4, 4, 1], seed=1)
    rn.train(model, frame, y, epochs=1)
    assert model.feature_names == (*NAMES, "adult")
    with pytest.raises(ValueError, match=r"^X has its columns in another order"):
        model.predict(frame[:, ::-1])
    assert isinstance(rn.split(frame, y)[0][0], pl.DataFrame)
    with pytest.raises(TypeError, match=r"^column 'adult' of X has dtype String, wanted numbers"):
        model.predict(frame.with_columns(pl.lit("x").alias("adult")))


def test_pyarrow():
    pa = pytest.importorskip("pyarrow")
    X, y = people(40)
    table = pa.table({**{name: X[name].to_numpy() for name in X}, "adult": (X["age"] > 18).to_numpy()})
    model = rn.Model.mlp([4, 4, 1], seed=1)
    rn.train(model, table, y, epochs=1)
    assert model.feature_names == (*NAMES, "adult")
    with pytest.raises(ValueError, match=r"^X has its columns in another order"):
        model.predict(table.select(table.column_names[::-1]))
