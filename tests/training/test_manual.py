"""`ManualControl`: what a person writes or sets is obeyed from the next epoch on."""

import re
import threading

import numpy as np
import pytest

import regnet as rn

X, Y, _, _ = rn.datasets.make_football(60)


def net(seed=3):
    return rn.Model.mlp([2, 8, 1], dtype="float64", seed=seed)


def fit(callbacks, **options):
    options = {"epochs": 5, "optimizer": rn.GradientDescent(0.5), **options}
    return rn.train(net(), X, Y, callbacks=callbacks, **options)


def at(epoch, act):
    """A callback that stands for a person who acts during an epoch."""

    def person(training):
        if training.epoch == epoch:
            act()

    return person


# ------------------------------------------------------------------------------ the file


def test_a_rate_in_the_file_is_obeyed(tmp_path):
    file = tmp_path / "control"
    person = at(1, lambda: file.write_text("learning_rate = 0.125\n"))
    history = fit([person, rn.ManualControl(file)])
    np.testing.assert_array_equal(history.learning_rate, [0.5, 0.5, 0.125, 0.125, 0.125])
    assert history.stop_reason == "epochs"


def test_the_training_is_the_one_with_these_rates(tmp_path):
    file, model, expected = tmp_path / "control", net(), net()
    person = at(1, lambda: file.write_text("learning_rate = 0.125"))
    options = {"epochs": 5, "batch_size": 20}
    rn.train(model, X, Y, optimizer=rn.Adam(0.5), callbacks=[person, rn.ManualControl(file)], **options)
    rn.train(expected, X, Y, optimizer=rn.Adam(0.5, schedule=rn.Table({2: 0.125})), **options)
    np.testing.assert_array_equal(model.parameters, expected.parameters)


def test_stop_in_the_file_stops(tmp_path):
    file = tmp_path / "control"
    history = fit([at(2, lambda: file.write_text("stop\n")), rn.ManualControl(file)])
    assert len(history) == 3
    assert history.stop_reason == "manual control"


def test_early_stopping_beside_it_restores_the_best_weights(tmp_path):
    file = tmp_path / "control"
    stopper = rn.EarlyStopping(100, "cost")
    history = fit([stopper, at(2, lambda: file.write_text("stop")), rn.ManualControl(file)])
    assert history.stop_reason == "manual control"
    assert history.best_epoch == 2


def test_the_file_may_change_often(tmp_path):
    file = tmp_path / "control"
    people = [
        at(0, lambda: file.write_text("learning_rate=0.25")),
        at(1, lambda: file.write_text("  # nothing new\n\n")),
        at(2, lambda: file.write_text("# slower\nlearning_rate = 0.3 # no\nlearning_rate = 1.25e-1 # yes\n")),
        at(3, lambda: file.unlink()),
    ]
    history = fit([*people, rn.ManualControl(str(file))])
    np.testing.assert_array_equal(history.learning_rate, [0.5, 0.25, 0.25, 0.125, 0.125])


def test_what_the_file_says_at_the_start_holds_at_once(tmp_path):
    file = tmp_path / "control"
    file.write_text("learning_rate = 0.25\nstop")
    history = fit([rn.ManualControl(file)])
    np.testing.assert_array_equal(history.learning_rate, [0.25])


def test_the_file_is_never_written(tmp_path):
    fit([rn.ManualControl(tmp_path / "control")])
    assert not list(tmp_path.iterdir())


def test_the_same_text_is_obeyed_once(tmp_path):
    """Another callback may go on from the rate that was set by hand."""
    file = tmp_path / "control"
    file.write_text("learning_rate = 0.25")

    def halve(training):
        training.learning_rate_scale *= 0.5

    history = fit([halve, rn.ManualControl(file)], epochs=3)
    np.testing.assert_array_equal(history.learning_rate, [0.25, 0.125, 0.0625])


@pytest.mark.parametrize(
    "line",
    [
        "learning_rate = fast",
        "learning_rate = 0",
        "learning_rate = -1",
        "learning_rate = nan",
        "learning_rate",
        "faster",
        "stop now",
        "stop = 1",
        "momentum = 0.9",
    ],
)
def test_a_line_that_is_not_understood_is_warned_of_once_and_ignored(tmp_path, line):
    file = tmp_path / "control"
    file.write_text(f"learning_rate = 0.25\n{line}\n")
    message = (
        f"line 2 of {file} is {line!r}, wanted 'learning_rate = NUMBER' with a number > 0, or 'stop'; "
        "it is ignored"
    )
    with pytest.warns(RuntimeWarning, match="^" + re.escape(message) + "$") as found:
        history = fit([rn.ManualControl(file)])
    assert len(found) == 1
    np.testing.assert_array_equal(history.learning_rate, [0.25] * 5)


def test_a_file_that_cannot_be_read_just_now_is_read_later(tmp_path, monkeypatch):
    file = tmp_path / "control"
    file.write_text("learning_rate = 0.25")
    read, calls = type(file).read_text, []

    def locked(self, *args, **options):
        calls.append(self)
        if len(calls) <= 2:
            raise PermissionError("locked")
        return read(self, *args, **options)

    monkeypatch.setattr(type(file), "read_text", locked)
    np.testing.assert_array_equal(fit([rn.ManualControl(file)]).learning_rate, [0.5] * 2 + [0.25] * 3)


# ------------------------------------------------------------------------------ the object


def test_the_object_steers_from_another_thread():
    control, started, slowed = rn.ManualControl(), threading.Event(), threading.Event()
    found = []

    def tell(training):
        started.set()
        if training.history.last("learning_rate") == 0.125:
            slowed.set()

    def work():
        callbacks = [tell, control]
        found.append(fit(callbacks, epochs=10**8))

    worker = threading.Thread(target=work)
    worker.start()
    assert started.wait(10)
    assert control.learning_rate is None
    control.learning_rate = 0.125
    assert control.learning_rate == 0.125
    assert slowed.wait(10)
    control.stop()
    worker.join(10)
    [history] = found
    assert history.stop_reason == "manual control"
    assert history.learning_rate[0] == 0.5
    assert history.learning_rate[-1] == 0.125


def test_the_schedule_goes_on_from_the_new_rate():
    control = rn.ManualControl()

    def person(training):
        if training.epoch == 1:
            control.learning_rate = 0.25

    optimizer = rn.GradientDescent(0.5, schedule=rn.Exponential(0.5))
    history = fit([person, control], epochs=4, optimizer=optimizer)
    np.testing.assert_array_equal(history.learning_rate, [0.5, 0.25, 0.25 / 4, 0.25 / 8])


def test_one_object_steers_many_nets():
    control = rn.ManualControl()
    control.learning_rate = 0.125
    models = [net(seed) for seed in range(3)]
    histories = rn.fit_many(
        models, X, Y, epochs=4, optimizer=rn.GradientDescent(0.5), callbacks=[control], n_threads=2
    )
    for history in histories:
        np.testing.assert_array_equal(history.learning_rate, [0.125] * 4)
    control.stop()
    histories = rn.fit_many(models, X, Y, epochs=4, callbacks=[control], n_threads=2)
    assert [len(history) for history in histories] == [1, 1, 1]


def test_a_resumed_training_keeps_the_rate():
    control, model = rn.ManualControl(), net()
    control.learning_rate = 0.125
    options = {"optimizer": rn.GradientDescent(0.5)}
    rn.train(model, X, Y, epochs=2, callbacks=[control], **options)
    history = rn.train(model, X, Y, epochs=4, resume=True, **options)
    np.testing.assert_array_equal(history.learning_rate, [0.125] * 2)


def test_a_rate_set_once_is_obeyed_once():
    """Another callback may go on from the rate that was set by hand; the same rate set again counts anew."""
    control = rn.ManualControl()
    control.learning_rate = 0.25

    def halve(training):
        training.learning_rate_scale *= 0.5
        if training.epoch == 2:
            control.learning_rate = 0.25

    history = fit([halve, control])
    np.testing.assert_array_equal(history.learning_rate, [0.25, 0.125, 0.0625, 0.25, 0.125])


def test_what_it_prints():
    assert repr(rn.ManualControl()) == "ManualControl()"
    assert repr(rn.ManualControl("control")) == "ManualControl('control')"


# ------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("rate", "error"), [(0, ValueError), (-1.0, ValueError), (float("nan"), ValueError), ("0.1", TypeError)]
)
def test_a_wrong_rate_is_named(rate, error):
    control = rn.ManualControl()
    with pytest.raises(error, match="^" + re.escape(f"learning_rate is {rate!r}, wanted a number > 0") + "$"):
        control.learning_rate = rate
    assert control.learning_rate is None


def test_a_wrong_path_is_named(tmp_path):
    with pytest.raises(TypeError, match=re.escape("path is 3, wanted the name of a file")):
        rn.ManualControl(3)
    for path in (tmp_path / "missing" / "control", tmp_path):
        message = f"path is {str(path)!r}, wanted a file in a folder that exists"
        with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
            rn.ManualControl(path)
