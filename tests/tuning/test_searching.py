"""`search`: what it finds and refuses, and that nothing ends it but Ctrl-C."""

import re
import signal
import sys
import warnings

import numpy as np
import pytest

import regnet as rn
from tuning.small_search import SPACE, X_VAL, Y_VAL, X, Y, found, make_model

# ------------------------------------------------------------------------------ with nets


def test_the_best_row_is_what_a_training_alone_gives():
    result = found()
    row = result.rows[0]
    assert row["epochs"] == 27
    assert result.best == {name: row[name] for name in SPACE}
    model, own = make_model(result.best)
    rn.train(model, X, Y, epochs=27, **own)
    np.testing.assert_array_equal(model.parameters, result.model.parameters)
    evaluation = model.evaluate(X_VAL, Y_VAL)
    assert (row["val_cost"], row["val_score"]) == (evaluation.cost, evaluation.score)
    full = [r for r in result.rows if r["epochs"] == 27]
    assert row["val_score"] == max(r["val_score"] for r in full)


def test_every_row_is_what_a_training_alone_gives():
    for row in found(n=6, halving=2).rows:
        model, own = make_model(row)
        rn.train(model, X, Y, epochs=row["epochs"], **own)
        assert model.evaluate(X_VAL, Y_VAL).cost == row["val_cost"]


@pytest.mark.parametrize("n_threads", [2, 5])
def test_the_table_is_the_same_for_any_number_of_threads(n_threads):
    one, many = found(n_threads=1), found(n_threads=n_threads)
    assert repr(one.rows) == repr(many.rows)  # as text: NaN equals itself there
    assert one.best == many.best
    np.testing.assert_array_equal(one.model.parameters, many.model.parameters)


def test_the_seed_decides_what_is_drawn():
    assert found(seed=1).rows == found(seed=1).rows
    assert found(seed=1).rows != found(seed=2).rows


def test_make_model_may_return_a_model_alone():
    def make(config):
        return rn.Model.mlp([2, config["units"], 1], seed=1)

    result = found({"units": rn.integers(2, 9)}, make, optimizer=rn.Adam(0.05))
    assert result.model.sizes == (2, result.best["units"], 1)


def test_a_net_s_own_options_go_before_those_of_all():
    def make(config):
        return rn.Model.mlp([2, 4, 1], seed=1), {"optimizer": rn.Adam(config["rate"])}

    shared = found({"rate": [0.01]}, make, n=1, rounds=1, optimizer=rn.Adam(0.5))
    alone = found({"rate": [0.01]}, make, n=1, rounds=1)
    np.testing.assert_array_equal(shared.model.parameters, alone.model.parameters)


def test_a_share_is_held_out_once_for_all():
    result = found(validation=0.25)
    assert result.rows == found(validation=0.25).rows
    held_out, kept = rn.data.hold_out(0.25, len(X), Y, 0)
    model, own = make_model(result.best)
    rn.train(model, X[kept], Y[kept], epochs=27, **own)
    np.testing.assert_array_equal(model.parameters, result.model.parameters)
    assert model.evaluate(X[held_out], Y[held_out]).cost == result.rows[0]["val_cost"]


def test_weights_of_the_examples_go_with_their_rows():
    weight = np.linspace(0.1, 3, len(X))
    result = found(validation=0.25, sample_weight=weight)
    _, kept = rn.data.hold_out(0.25, len(X), Y, 0)
    model, own = make_model(result.best)
    rn.train(model, X[kept], Y[kept], epochs=27, sample_weight=weight[kept], **own)
    np.testing.assert_allclose(model.parameters, result.model.parameters, rtol=1e-3, atol=1e-5)
    assert result.rows != found(validation=0.25).rows
    assert len(result.refit(X, Y)[1]) == 27  # they are not taken over to other rows
    weighted = result.refit(X, Y, sample_weight=weight)[0]
    assert (weighted.parameters != result.refit(X, Y)[0].parameters).any()


def test_early_stopping_watches_the_held_out_data():
    result = found(n=4, halving=1, epochs=200, callbacks=[rn.EarlyStopping(patience=3)], batch_size=16)
    assert any(row["epochs"] < 200 for row in result.rows)
    model, own = make_model(result.best)
    history = rn.train(
        model,
        X,
        Y,
        epochs=200,
        batch_size=16,
        validation=(X_VAL, Y_VAL),
        callbacks=[rn.EarlyStopping(patience=3)],
        **own,
    )
    assert len(history) == result.rows[0]["epochs"]
    np.testing.assert_array_equal(model.parameters, result.model.parameters)


def test_divergence_is_a_row_and_no_warning():
    def make(config):
        net = rn.Model.mlp([2, 8, 1], output="identity", loss="squared_error", seed=1)
        return net, {"optimizer": rn.GradientDescent(config["rate"])}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = found({"rate": [0.01, 1e30]}, make, n=8, rounds=1)
    notes = {row["rate"]: row["note"] for row in result.rows}
    assert notes == {0.01: "", 1e30: "diverged"}
    assert all(np.isnan(row["val_cost"]) == (row["rate"] == 1e30) for row in result.rows)
    assert result.best == {"rate": 0.01}
    assert np.isfinite(result.model.parameters).all()
    with pytest.warns(rn.DivergenceWarning):
        rn.train(*make({"rate": 1e30})[:1], X, Y, optimizer=rn.GradientDescent(1e30))


def test_when_all_diverge_there_is_no_best():
    def make(config):
        net = rn.Model.mlp([2, 8, 1], output="identity", loss="squared_error", seed=1)
        return net, {"optimizer": rn.GradientDescent(config["rate"])}

    result = found({"rate": rn.log_uniform(1e30, 1e32)}, make, n=4)
    assert len(result.rows) == 4
    assert result.best is None
    assert result.model is None
    assert repr(result) == "SearchResult(4 configurations, 4 failed, best: none)"
    with pytest.raises(
        ValueError, match=re.escape("every configuration has failed, wanted at least one to train again")
    ):
        result.refit(X, Y)


def test_refit_trains_the_best_configuration_on_other_data():
    result = found(validation=0.25)
    model, history = result.refit(X, Y)
    assert len(history) == 27
    expected, own = make_model(result.best)
    rn.train(expected, X, Y, epochs=27, **own)
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    assert len(result.refit(X, Y, epochs=3)[1]) == 3


# ------------------------------------------------------------------------------ Ctrl-C


def test_ctrl_c_between_trainings_keeps_the_rows_so_far():
    calls = []

    def make(config):
        calls.append(config)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return make_model(config)

    result = found(make=make, rounds=1, on_interrupt="return")  # nine, the best three, the best one
    assert result.interrupted
    assert len(result.rows) == 9
    assert [row["epochs"] for row in result.rows] == [3] * 9
    assert result.best is not None
    assert result.model.evaluate(X_VAL, Y_VAL).cost == result.rows[0]["val_cost"]
    assert "interrupted" in repr(result)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
@pytest.mark.parametrize("n_threads", [1, 2])
def test_ctrl_c_within_trainings_keeps_the_rows_so_far(n_threads):
    calls = []

    def stop(training):
        calls.append(training)
        if len(calls) == 350:  # from the thread that trains; Python answers in the main thread
            signal.raise_signal(signal.SIGINT)

    options = {"epochs": 100, "halving": 1, "callbacks": [stop], "n_threads": n_threads}
    result = found(on_interrupt="return", **options)
    assert result.interrupted
    assert 1 <= len(result.rows) < 9
    assert all(row["epochs"] == 100 and np.isfinite(row["val_cost"]) for row in result.rows)
    assert result.model.evaluate(X_VAL, Y_VAL).cost == result.rows[0]["val_cost"]


def test_ctrl_c_before_anything_leaves_an_empty_table():
    def make(config):
        raise KeyboardInterrupt

    result = found(make=make, on_interrupt="return")
    assert (result.rows, result.best, result.model, result.interrupted) == ([], None, None, True)
    assert str(result) == "SearchResult(0 configurations, 0 failed, interrupted, best: none)"


# ------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"make": 3}, TypeError, "make_model is 3, wanted a function of a configuration"),
        ({"space": []}, TypeError, "space is [], wanted a mapping"),
        (
            {"space": {"note": [1]}},
            ValueError,
            "space has the name 'note', which is a column of the table, wanted another",
        ),
        ({"n": 0}, ValueError, "n is 0, wanted a whole number >= 2"),
        ({"n": 1}, ValueError, "n is 1, wanted a whole number >= 2"),
        ({"rounds": 0}, ValueError, "rounds is 0, wanted a whole number >= 1"),
        ({"epochs": 0}, ValueError, "epochs is 0, wanted a whole number >= 1"),
        ({"halving": 0}, ValueError, "halving is 0, wanted a whole number >= 1"),
        ({"monitor": "cost"}, ValueError, "monitor is 'cost', wanted one of 'val_score', 'val_cost'"),
        ({"seed": -1}, ValueError, "seed is -1, wanted a whole number"),
        ({"n_threads": 0}, ValueError, "n_threads is 0, wanted a whole number >= 1"),
        ({"validation": 1.5}, ValueError, "validation is 1.5, wanted 0 < validation < 1"),
        ({"validation": (X,)}, ValueError, "validation has 1 entries, wanted (X, y) or a share of X"),
        ({"validation": 0.001}, ValueError, "validation is 0.001 of 120 rows, wanted at least one row"),
        ({"resume": True}, TypeError, "options has the option 'resume', which belongs to the search"),
        ({"batch_size": 0}, ValueError, "batch_size is 0, wanted a whole number >= 1"),
        (
            {"make": lambda config: 3, "space": {"a": [1]}},
            TypeError,
            "make_model returned 3 for {'a': 1}, wanted a Model or (Model, dict of keyword arguments of "
            "train)",
        ),
        (
            {"make": lambda config: (rn.Model.mlp([2, 1]), {"epochs": 3}), "space": {"a": [1]}},
            TypeError,
            "make_model returned for {'a': 1} the option 'epochs', which belongs to the search",
        ),
    ],
)
def test_wrong_arguments_are_named(options, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        found(**options)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ((X_VAL[:, :1], Y_VAL), "validation X has 1 features, wanted 2 as the model's input"),
        ((X_VAL, Y_VAL[1:]), "validation y has shape (59,) and X has 60 rows, wanted one target per row"),
        ((X_VAL, Y_VAL + 1), "validation y has the label 2, wanted one of 0, 1"),
    ],
)
def test_wrong_validation_data_are_named_before_any_training(monkeypatch, validation, message):
    def never(*args):
        raise AssertionError("there was a training")

    monkeypatch.setattr("cregnet.network_train", never)
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        found(validation=validation)


def test_x_and_y_of_different_length_are_named():
    with pytest.raises(ValueError, match=re.escape("X has shape (120, 2) and y (119,), wanted the same")):
        rn.search(make_model, X, Y[1:], SPACE)
