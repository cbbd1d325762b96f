"""Names of a frame's columns: the model keeps them and compares them with every other frame."""

import copy
import pickle
import re

import numpy as np
import pytest

import regnet as rn
from data.people import NAMES, another_order, people
from regnet.models import saving

pd = pytest.importorskip("pandas")

F32, F64 = np.dtype("float32"), np.dtype("float64")


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
