"""`class_weight`: what it is in weights of the examples, and what it does."""

import re

import numpy as np
import pytest

import regnet as rn


def imbalanced(n=200, classes=2, labels=None):
    """Overlapping clouds; class 0 is common, the last rare."""
    rng = np.random.default_rng(0)
    y = np.sort(
        rng.choice(classes, n, p=np.array([0.8, 0.15, 0.05][:classes]) / sum([0.8, 0.15, 0.05][:classes]))
    )
    X = rng.normal(size=(n, 2)) + y[:, None]
    return X, y if labels is None else np.array(labels)[y]


def net(classes=2, dtype="float64", **options):
    return rn.Model.mlp([2, 6, 1 if classes == 2 else classes], dtype=dtype, seed=2, **options)


def weights_after(X, y, classes=2, dtype="float64", **options):
    model = net(classes, dtype)
    history = rn.train(model, X, y, **{"epochs": 15, "optimizer": rn.Adam(0.05), **options})
    return model.parameters, history.cost


def assert_same(first, second, **tolerance):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, **{"rtol": 1e-9, **tolerance})


CASES = [(2, [0, 1]), (2, ["no", "yes"]), (3, ["a", "b", "c"]), (3, [10, 20, 30])]


@pytest.mark.parametrize(("classes", "labels"), CASES)
@pytest.mark.parametrize("batch_size", [None, 32])
def test_a_dict_is_a_weight_for_each_example_of_a_class(classes, labels, batch_size):
    X, y = imbalanced(classes=classes, labels=labels)
    given = {labels[0]: 0.5, labels[-1]: 3.0}  # in the middle, if there is one, 1
    each = np.where(y == labels[0], 0.5, np.where(y == labels[-1], 3.0, 1.0))
    by_class = weights_after(X, y, classes, batch_size=batch_size, class_weight=given)
    assert_same(by_class, weights_after(X, y, classes, batch_size=batch_size, sample_weight=each))
    assert (by_class[0] != weights_after(X, y, classes, batch_size=batch_size)[0]).any()


@pytest.mark.parametrize(("classes", "labels"), CASES)
def test_balanced_gives_each_class_the_same_total(classes, labels):
    X, y = imbalanced(classes=classes, labels=labels)
    each = np.array([len(y) / (classes * (y == label).sum()) for label in y])
    assert_same(
        weights_after(X, y, classes, class_weight="balanced"),
        weights_after(X, y, classes, sample_weight=each),
    )


def test_a_weight_of_two_is_an_example_that_comes_twice():
    X, y = imbalanced()
    twice = np.concatenate([np.arange(len(y)), np.flatnonzero(y == 1)])
    options = {"batch_size": None, "optimizer": rn.GradientDescent(0.3)}
    assert_same(
        weights_after(X, y, class_weight={1: 2}, **options), weights_after(X[twice], y[twice], **options)
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_multiplies_the_weights_of_the_examples(dtype):
    X, y = imbalanced()
    sample_weight = np.linspace(0.0, 5.0, len(y))
    both = weights_after(X, y, dtype=dtype, class_weight={0: 2, 1: 7}, sample_weight=sample_weight)
    product = weights_after(X, y, dtype=dtype, sample_weight=sample_weight * np.where(y == 1, 7, 2))
    assert both[0].dtype == dtype
    assert_same(both, product, **({"rtol": 1e-3, "atol": 1e-5} if dtype == "float32" else {}))


def test_equal_weights_change_nothing():
    X, y = imbalanced()
    plain = weights_after(X, y)
    assert_same(weights_after(X, y, class_weight={0: 3.0, 1: 3.0}), plain)
    assert_same(weights_after(X, y, class_weight={}), plain)


def test_balanced_counts_the_training_rows_alone():
    X, y = imbalanced()
    held_out, kept = rn.data.hold_out(0.3, len(y), y, 2)
    by_share = weights_after(X, y, validation=0.3, class_weight="balanced")
    alone = weights_after(X[kept], y[kept], class_weight="balanced")
    assert_same(by_share, alone)
    model = net()
    history = rn.train(model, X, y, epochs=3, validation=0.3, class_weight={1: 9})
    expected = model.evaluate(X[held_out], y[held_out]).cost  # validation is not weighted
    assert history.val_cost[-1] == pytest.approx(expected, rel=1e-12)


def test_a_class_without_examples_has_no_weight_to_give():
    X, y = imbalanced()
    model = rn.Model.mlp([2, 3], dtype="float64", classes=[0, 1, 2])
    rn.train(model, X, y, epochs=2, class_weight="balanced")
    assert np.isfinite(model.parameters).all()


def test_many_nets_may_have_different_ones():
    X, y = imbalanced()
    options = [{"class_weight": "balanced"}, {"class_weight": {1: 5}}, {}]
    models = [net() for _ in options]
    rn.fit_many(models, X, y, options=options, epochs=15, optimizer=rn.Adam(0.05))
    for model, own in zip(models, options, strict=True):
        np.testing.assert_array_equal(model.parameters, weights_after(X, y, **own)[0])


def test_the_rare_class_is_found_more_often():
    X, y = imbalanced(600)
    recall = []
    for class_weight in (None, "balanced"):
        model = net()
        rn.train(model, X, y, epochs=60, optimizer=rn.Adam(0.05), class_weight=class_weight)
        recall.append((model.predict(X[y == 1]) == 1).mean())
    assert recall[1] > recall[0] + 0.1


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        (2.0, TypeError, "class_weight is 2.0, wanted 'balanced' or a dict from label to weight"),
        ("equal", TypeError, "class_weight is 'equal', wanted 'balanced' or a dict from label to weight"),
        ([1, 2], TypeError, "class_weight is [1, 2], wanted 'balanced' or a dict from label to weight"),
        ({2: 1.0}, ValueError, "class_weight has the label 2, wanted one of 0, 1"),
        ({"1": 1.0}, ValueError, "class_weight has the label '1', wanted one of 0, 1"),
        ({1: -1}, ValueError, "class_weight[1] is -1, wanted a number >= 0"),
        ({1: "2"}, TypeError, "class_weight[1] is '2', wanted a number >= 0"),
        (
            {0: 0, 1: 0},
            ValueError,
            "class_weight and sample_weight leave no example a weight, wanted some > 0",
        ),
    ],
)
def test_wrong_argument_is_named_with_nothing_changed(class_weight, error, message):
    X, y = imbalanced()
    model = net()
    before = model.parameters.copy()
    with pytest.raises(error, match="^" + re.escape(message) + "$"):
        rn.train(model, X, y, class_weight=class_weight)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.classes is None


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (rn.Model.mlp([2, 1], output="identity"), np.zeros(4)),
        (rn.Model.mlp([2, 3]), np.full((4, 3), 1 / 3)),
        (rn.Model.mlp([2, 3], output="sigmoid"), np.zeros((4, 3))),
    ],
    ids=["numbers", "probabilities", "several labels"],
)
def test_without_class_labels_there_is_nothing_to_weigh(model, y):
    message = "class_weight is given but y has no class labels, wanted one label per row"
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        rn.train(model, np.ones((4, 2)), y, class_weight="balanced")


@pytest.mark.parametrize("scale", [2.0**-1040, 2.0**-600, 2.0**600, 2.0**1022])
def test_only_the_proportions_of_class_weights_count(scale):
    X, y = imbalanced()
    given, each = {0: 0.5, 1: 3.0}, np.linspace(1, 100, len(y))
    plain = weights_after(X, y, class_weight=given, sample_weight=each)
    scaled = {label: weight * scale for label, weight in given.items()}
    with np.errstate(over="raise", invalid="raise"):
        found = weights_after(X, y, class_weight=scaled, sample_weight=each)
    for a, b in zip(plain, found, strict=True):
        np.testing.assert_array_equal(a, b)
