"""X and y as frames: which columns become numbers, and their names, kept and compared."""

import copy
import pickle
import re

import numpy as np
import pytest

import regnet as rn
from regnet.data import FiniteInputs, check_inputs, check_targets
from regnet.models import saving

pd = pytest.importorskip("pandas")

F32, F64 = np.dtype("float32"), np.dtype("float64")
NAMES = ("age", "height", "weight")


def people(n=120, names=NAMES, seed=0):
    """A frame of three columns on scales of their own, and labels that its first column decides."""
    X = np.random.default_rng(seed).normal([40, 170, 70], [20, 10, 15], size=(n, 3))
    return pd.DataFrame(X, columns=list(names)), (X[:, 0] > 40).astype(int)


def trained(frame=None, **options):
    """A small net that has seen a frame."""
    X, y = people()
    model = rn.Model.mlp([3, 4, 1], seed=1, **options)
    rn.train(model, X if frame is None else frame, y, epochs=2)
    return model


# ------------------------------------------------------------------------------ names are kept


def test_training_learns_the_names_of_a_frame():
    model = rn.Model.mlp([3, 4, 1])
    assert model.feature_names is None
    X, y = people()
    rn.train(model, X, y, epochs=1)
    assert model.feature_names == NAMES


@pytest.mark.parametrize(
    "X", [people()[0].to_numpy(), people()[0].to_numpy().tolist(), people(names=range(3))[0]]
)
def test_arrays_and_numbered_columns_have_no_names(X):
    model = rn.Model.mlp([3, 4, 1])
    rn.train(model, X, people()[1], epochs=1)
    assert model.feature_names is None
    model.predict(people()[0])  # and then any frame is taken


def test_a_frame_trains_the_bits_of_its_array():
    X, y = people()
    frame, array = (rn.Model.mlp([3, 8, 1], seed=1) for _ in range(2))
    rn.train(frame, X, y, epochs=3)
    rn.train(array, X.to_numpy(), y, epochs=3)
    np.testing.assert_array_equal(frame.parameters, array.parameters)


def saved(ending):
    def load(model, folder):
        model.save(folder / f"net.{ending}")
        return rn.load(folder / f"net.{ending}")

    return load


COPIES = {
    "copy": lambda model, folder: model.copy(),
    "copy.copy": lambda model, folder: copy.copy(model),
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "folded": lambda model, folder: model.folded(),
    "pruned": lambda model, folder: model.pruned(),
    "npz": saved("npz"),
    "safetensors": saved("safetensors"),
}


@pytest.mark.parametrize("made", COPIES.values(), ids=COPIES)
def test_copies_and_files_keep_the_names(made, tmp_path):
    found = made(trained(), tmp_path)
    assert found.feature_names == NAMES
    with pytest.raises(ValueError, match="another order"):
        found.predict(people()[0][list(NAMES[::-1])])


@pytest.fixture
def saved_with(monkeypatch, tmp_path):
    """Save a model with another description of it, and load the file."""

    def load(change):
        def describe(model, plainly=saving.describe):
            about = plainly(model)
            change(about)
            return about

        monkeypatch.setattr(saving, "describe", describe)
        trained().save(tmp_path / "net.npz")
        return rn.load(tmp_path / "net.npz")

    return load


def test_a_file_from_before_names_were_kept_is_read(saved_with):
    assert saved_with(lambda about: about.pop("feature_names")).feature_names is None


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", 3], "abc", {"a": 1, "b": 2, "c": 3}, 3])
def test_names_of_a_file_are_checked(names, saved_with):
    with pytest.raises(ValueError, match=r"feature_names are .*, wanted 3 names"):
        saved_with(lambda about: about.update(feature_names=names))


def test_a_pickle_from_before_names_were_kept_is_read():
    model = rn.Model.mlp([3, 4, 1])
    del model.__dict__["feature_names"]
    found = pickle.loads(pickle.dumps(model))
    assert found.feature_names is None
    found.predict(people()[0])


def test_a_model_that_starts_again_forgets_the_names():
    model = trained()
    model.initialize()
    assert model.feature_names is None


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"validation": people(names=("a", "b", "c"))}])
def test_a_training_that_is_refused_does_not_learn_names(options):
    X, y = people()
    model = rn.Model.mlp([3, 4, 1])
    with pytest.raises(ValueError, match="wanted"):
        rn.train(model, X, y, epochs=1, **options)
    assert model.feature_names is None


def test_fit_many_and_search_learn_the_names():
    X, y = people()
    models = [rn.Model.mlp([3, 4, 1], seed=1, dtype=dtype) for dtype in (F32, F64)]
    rn.fit_many(models, X, y, epochs=2)
    assert [model.feature_names for model in models] == [NAMES, NAMES]
    found = rn.search(lambda c: rn.Model.mlp([3, c["n"], 1]), X, y, {"n": [2, 3]}, n=2, rounds=1, epochs=2)
    assert found.model.feature_names == NAMES
    array = rn.search(
        lambda c: rn.Model.mlp([3, c["n"], 1]), X.to_numpy(), y, {"n": [2, 3]}, n=2, rounds=1, epochs=2
    )
    np.testing.assert_array_equal(found.model.parameters, array.model.parameters)


# ------------------------------------------------------------------------------ names are compared


def another_order(X):
    return X[["height", "age", "weight"]]


WRONG = {
    "another order": (
        another_order,
        "X has its columns in another order: 'age' is column 1, wanted column 0 as in training",
    ),
    "renamed": (
        lambda X: X.rename(columns={"age": "Age"}),
        "X lacks the column 'age' and has the column 'Age', wanted the columns of the training",
    ),
    "missing": (
        lambda X: X[["height"]],
        "X lacks the columns 'age', 'weight', wanted the columns of the training",
    ),
    "unexpected": (
        lambda X: X.assign(id=range(len(X))),
        "X has the column 'id', wanted the columns of the training",
    ),
    "twice": (lambda X: X[["age", "age", "weight"]], "X lacks the column 'height' and has the column 'age'"),
    "all others": (
        lambda X: pd.DataFrame(np.zeros((len(X), 9)), columns=list("abcdefghi")),
        "X lacks the columns 'age', 'height', 'weight' and has the columns 'a', 'b', 'c', 'd', 'e' and 4 "
        "more, wanted the columns of the training",
    ),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_other_columns_are_named(change, message):
    with pytest.raises(ValueError, match=r"^" + re.escape(message)):
        trained().predict(change(people()[0]))


def plot(model, X, y):
    from regnet.plotting import plot_decision_boundary

    plot_decision_boundary(model, X, y)


def numbers(model):
    """A net that predicts numbers and has dropout, with the names of another."""
    made = rn.Model.mlp([3, 4, 1], output="identity", keep_prob=0.5)
    made.feature_names = model.feature_names
    return made


def with_dropout(model):
    made = rn.Model.mlp([3, 4, 1], keep_prob=0.5)
    made.feature_names = model.feature_names
    return made


ENTRIES = {
    "predict": lambda model, X, y: model.predict(X),
    "predict_proba": lambda model, X, y: model.predict_proba(X),
    "mc_samples": lambda model, X, y: with_dropout(model).predict_proba(X, mc_samples=2),
    "predict_mc": lambda model, X, y: numbers(model).predict_mc(X, mc_samples=2),
    "evaluate": lambda model, X, y: model.evaluate(X, y),
    "train": lambda model, X, y: rn.train(model, X, y, epochs=1),
    "fit_many": lambda model, X, y: rn.fit_many([model, rn.Model.mlp([3, 1])], X, y, epochs=1),
    "check_gradients": lambda model, X, y: rn.check_gradients(model, X[:5], y[:5]),
    "find_learning_rate": lambda model, X, y: rn.find_learning_rate(model, X, y, n_steps=10),
}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_names_are_compared_wherever_a_frame_comes_in(entry):
    model, (X, y) = trained(), people()
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=r"^X has its columns in another order: 'age' is column 1"):
        entry(model, another_order(X), y)
    np.testing.assert_array_equal(model.parameters, before)
    entry(model, X, y)  # the same columns are taken
    entry(model, X.to_numpy(), y)  # an array as it lies


def test_names_are_compared_where_points_are_drawn():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    X, y = people()
    model = rn.Model.mlp([2, 4, 1])
    rn.train(model, X[["age", "height"]], y, epochs=1)
    with pytest.raises(ValueError, match=r"^X has its columns in another order"):
        plot(model, X[["height", "age"]], y)


def test_validation_data_have_the_columns_of_the_training_data():
    X, y = people()
    for model in (trained(), rn.Model.mlp([3, 4, 1])):
        with pytest.raises(ValueError, match=r"^validation X has its columns in another order"):
            rn.train(model, X, y, epochs=1, validation=(another_order(X), y))
    with pytest.raises(ValueError, match=r"^validation X has its columns in another order"):
        rn.search(
            lambda c: rn.Model.mlp([3, 1]),
            X,
            y,
            {"n": [1, 2]},
            n=2,
            validation=(another_order(X), y),
            epochs=1,
        )


def test_names_of_several_kinds_are_refused():
    X, y = people(names=("age", 1, 2.5))
    with pytest.raises(TypeError, match=r"^X has columns named by str and by float, int, wanted all by str"):
        rn.train(rn.Model.mlp([3, 1]), X, y)


def test_no_columns_but_those_of_the_training_are_predicted(attacks):
    rng, model, (X, _) = np.random.default_rng(0), trained(), people(5)
    taken = model.predict(X)
    for _ in range(attacks(30)):
        names = rng.permutation([*NAMES, *rng.choice(["Age", "id", "age ", "ｗeight"], 2)])[
            : rng.integers(1, 6)
        ]
        frame = pd.DataFrame({name: X.get(name, X["age"]) for name in names})
        if tuple(names) == NAMES:
            np.testing.assert_array_equal(model.predict(frame), taken)
            continue
        with pytest.raises(ValueError, match=r"^X (lacks|has) .*, wanted .* training$"):
            model.predict(frame)


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
