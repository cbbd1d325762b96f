"""Arguments that are not there, in another's place, or of another library: the error says what is meant."""

import inspect
import pickle
import re

import numpy as np
import pytest

import regnet as rn
from regnet._support import suggestions

X, Y = np.random.default_rng(0).normal(size=(12, 2)), np.arange(12) % 2


def net():
    return rn.Model.mlp([2, 3, 1], seed=1)


def search(**options):
    return rn.search(lambda config: net(), X, Y, {"n": [1, 2]}, n=1, rounds=1, epochs=1, **options)


CALLABLES = {
    "train": lambda **options: rn.train(net(), X, Y, **options),
    "check_gradients": lambda **options: rn.check_gradients(net(), X, Y, **options),
    "find_learning_rate": lambda **options: rn.find_learning_rate(net(), X, Y, **options),
    "split": lambda **options: rn.split(X, Y, **options),
    "Model": lambda **options: rn.Model([rn.Input(2), rn.Dense(1)], **options),
    "Model.mlp": lambda **options: rn.Model.mlp([2, 1], **options),
    "Input": lambda **options: rn.Input(2, **options),
    "Dense": lambda **options: rn.Dense(2, **options),
    **{name: getattr(rn, name) for name in ("GradientDescent", "Momentum", "RMSprop", "Adam", "AdamW")},
    **{name: getattr(rn, name) for name in ("L0", "L1", "L2", "EarlyStopping", "ReduceOnPlateau")},
    **{name: getattr(rn, name) for name in ("InverseTime", "Exponential", "Staircase", "Cosine", "OneCycle")},
    "Warmup": rn.Warmup,
}


@pytest.mark.parametrize(
    ("name", "keyword", "wanted"),
    [
        ("train", "learning_rate", "optimizer=rn.Adam(0.01)"),
        ("train", "lr", "optimizer=rn.Adam(0.01)"),
        ("train", "verbose", "progress=True"),
        ("train", "validation_split", "validation=0.2"),
        ("train", "validation_data", "validation=(X_val, y_val)"),
        (
            "train",
            "shuffle",
            "nothing: small batches are shuffled anew in each epoch, a full batch need not be",
        ),
        ("train", "keep_prob", "it in the model: Model.mlp(..., keep_prob=0.8) or Dense(..., keep_prob=0.8)"),
        ("train", "epocs", "'epochs'"),
        ("Adam", "lr", "learning_rate=0.01, the first argument"),
        ("Adam", "betas", "beta1=0.9, beta2=0.999"),
        ("Adam", "weight_decay", "rn.AdamW(0.001, weight_decay=0.01)"),
        ("AdamW", "weigth_decay", "'weight_decay'"),
        ("Momentum", "nesterov", 'form="nesterov"'),
        ("Model.mlp", "dropout", "keep_prob=0.8, the share of units that is kept"),
        (
            "Model.mlp",
            "hidden_layer_sizes",
            "sizes=[2, 20, 1], units from the inputs to the outputs, as the",
        ),
        ("Model", "dropout", "it in its layers: Dense(..., keep_prob=0.8)"),
        ("Model", "random_state", "seed=0"),
        ("Dense", "rate", "keep_prob=0.8, the share of units that is kept"),
        ("L2", "alpha", "lam=0.7, the first argument"),
        ("L1", "alpha", "lam=0.7, the first argument"),
        ("EarlyStopping", "restore_best_weights", "nothing: the best weights are always restored"),
        ("split", "test_size", "fractions=(0.6, 0.2, 0.2)"),
        ("check_gradients", "nothing_like_it", "one of model, X, y, penalty, label_smoothing, epsilon"),
    ],
)
def test_what_is_meant_is_said(name, keyword, wanted):
    message = f"{name} has no argument {keyword!r}, wanted {wanted}"
    with pytest.raises(TypeError, match="^" + re.escape(message)):
        CALLABLES[name](**{keyword: 1})


def test_every_entry_of_the_table_is_said_and_none_is_an_argument():
    assert set(suggestions.SUGGESTIONS_FOR) <= set(CALLABLES)
    for name, meant in suggestions.SUGGESTIONS_FOR.items():
        for keyword, wanted in meant.items():
            with pytest.raises(
                TypeError, match="^" + re.escape(f"{name} has no argument {keyword!r}, wanted {wanted}")
            ):
                CALLABLES[name](**{keyword: 1})


def test_no_meaning_is_without_a_name():
    used = {wanted for meant in suggestions.SUGGESTIONS_FOR.values() for wanted in meant.values()}
    assert used == set(suggestions.SUGGESTIONS.values())


def test_many_trainings_refuse_what_train_refuses_before_any_work():
    model = net()
    before = model.parameters.copy()
    message = r"^train has no argument 'lr', wanted optimizer=rn.Adam\(0.01\)$"
    for call in (
        lambda: rn.fit_many([model], X, Y, lr=0.1),
        lambda: rn.fit_many([net(), model], X, Y, options=[{}, {"lr": 0.1}]),
        lambda: search(lr=0.1),
    ):
        with pytest.raises(TypeError, match=message):
            call()
    np.testing.assert_array_equal(model.parameters, before)


FIRST = {
    "train": "model",
    "Model": "layers",
    "mlp": "sizes",
    "Adam": "learning_rate",
    "Dense": "units",
    "Input": "units",
    "L1": "lam",
    "split": "X",
}


@pytest.mark.parametrize(
    "function", [rn.train, rn.Model, rn.Model.mlp, rn.Adam, rn.Dense, rn.Input, rn.L1, rn.split]
)
def test_signatures_stay_for_readers(function):
    names = list(inspect.signature(function).parameters)
    assert names[0] == FIRST[function.__name__]
    assert not {"args", "kwargs"} & set(names)
    assert function.__doc__


def test_what_is_decorated_is_pickled():
    assert pickle.loads(pickle.dumps(rn.train)) is rn.train
    assert pickle.loads(pickle.dumps(rn.Adam(0.1))) == rn.Adam(0.1)


# ------------------------------------------------------------------------------ in another's place


@pytest.mark.parametrize("schedule", [rn.Cosine(), rn.Exponential(0.9)])
@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda s: rn.Adam(0.01, s), "beta1 is {}, wanted 0 <= beta1 < 1"),
        (lambda s: rn.Adam(s), "learning_rate is {}, wanted a number > 0"),
        (lambda s: rn.Momentum(0.1, 0.9, s), "form is {}, wanted one of 'average', 'velocity', 'nesterov'"),
        (lambda s: rn.GradientDescent(s), "learning_rate is {}, wanted a number > 0"),
        (lambda s: rn.RMSprop(0.1, s), "beta is {}, wanted 0 <= beta < 1"),
    ],
)
def test_a_schedule_in_the_place_of_a_number(make, wanted, schedule):
    message = f"{wanted.format(schedule)}; a schedule is given as schedule={schedule}"
    with pytest.raises(TypeError, match="^" + re.escape(message) + "$"):
        make(schedule)


def test_a_wrong_number_beside_a_schedule_is_named_alone():
    with pytest.raises(ValueError, match=r"^beta1 is 2, wanted 0 <= beta1 < 1$"):
        rn.Adam(0.1, 2, schedule=rn.Cosine())


SWAPPED = (
    "model is an array of shape (12, 2), wanted a Model first: train(model, X, y), and other functions alike"
)


@pytest.mark.parametrize("function", [rn.train, rn.check_gradients, rn.find_learning_rate])
def test_arguments_in_another_order(function):
    with pytest.raises(TypeError, match="^" + re.escape(SWAPPED) + "$"):
        function(X, Y, net())
    with pytest.raises(TypeError, match="^" + re.escape(SWAPPED) + "$"):
        function(X, net(), Y)
    with pytest.raises(TypeError, match=r"^model is an array of shape \(12, 2\), wanted a Model$"):
        function(X, Y, None)


def test_fit_many_wants_models_first():
    with pytest.raises(TypeError, match=r"^models\[0\] is an array of shape \(2,\), wanted a Model$"):
        rn.fit_many(X, Y, [net()])
    with pytest.raises(TypeError, match=r"^make_model is an array of shape \(12, 2\), wanted a function"):
        rn.search(X, Y, net, {"n": [1, 2]})


# ------------------------------------------------------------------------------ true or false

BOOLS = {
    ("train", "progress"): lambda value: rn.train(net(), X, Y, epochs=1, progress=value),
    ("train", "resume"): lambda value: rn.train(net(), X, Y, epochs=1, resume=value),
    ("fit_many", "progress"): lambda value: rn.fit_many([net()], X, Y, epochs=1, progress=value),
    ("search", "progress"): lambda value: search(progress=value),
    ("split", "stratify"): lambda value: rn.split(X, Y, stratify=value),
    ("standardize", "return_scale"): lambda value: rn.standardize(X, return_scale=value),
    ("exponential_average", "bias_correction"): lambda value: rn.exponential_average(Y, 0.5, value),
    ("Input", "gates"): lambda value: rn.Input(2, gates=value),
    ("Dense", "gates"): lambda value: rn.Dense(2, gates=value),
    ("Dense", "batch_norm"): lambda value: rn.Dense(2, batch_norm=value),
    ("Model.mlp", "batch_norm"): lambda value: rn.Model.mlp([2, 1], batch_norm=value),
    ("L1", "proximal"): lambda value: rn.L1(0.1, proximal=value),
}


@pytest.mark.parametrize("value", ["x", "", 1, 0, [], np.array([True])], ids=repr)
@pytest.mark.parametrize("name", BOOLS, ids=".".join)
def test_only_true_and_false_are_truth_values(name, value):
    with pytest.raises(TypeError, match=rf"^{name[1]} is .*, wanted True or False$"):
        BOOLS[name](value)


@pytest.mark.parametrize("name", BOOLS, ids=".".join)
def test_numpy_s_false_is_taken(name):
    BOOLS[name](np.bool_(False))


def test_every_public_truth_value_is_tested():
    found = set()
    for name in rn.__all__:
        public = getattr(rn, name)
        if not callable(public) or name in ("Training", "SearchResult", "History"):  # made by regnet
            continue
        parts = {name: public} | ({"Model.mlp": rn.Model.mlp} if name == "Model" else {})
        for label, part in parts.items():
            try:
                parameters = inspect.signature(part).parameters.values()
            except ValueError:
                continue
            found |= {(label, p.name) for p in parameters if str(p.annotation).split(" ")[0] == "bool"}
    assert found == set(BOOLS)


# ------------------------------------------------------------------------------ what is shown


class Endless:
    def __repr__(self):
        return "x" * 10_000


LONG = [
    np.zeros((1000, 20)),
    list(range(10_000)),
    [[0.0] * 100] * 100,
    dict.fromkeys(range(1000), "x" * 50),
    "x" * 10_000,
    10**5000,
    Endless(),
    [np.zeros((100, 100))] * 50,
]


@pytest.mark.parametrize("value", LONG, ids=lambda value: type(value).__name__)
def test_messages_do_not_dump_what_was_given(value):
    calls = [
        lambda: rn.train(value, X, Y),
        lambda: rn.train(net(), X, Y, epochs=-value if isinstance(value, int) else value),
        lambda: rn.train(net(), X, Y, optimizer=value),
        lambda: rn.train(net(), X, Y, penalty=value),
        lambda: rn.train(net(), X, Y, backend=value),
        lambda: rn.train(net(), X, Y, cancel=value),
        lambda: rn.train(net(), X, Y, averaging=value),
        lambda: rn.train(net(), X, Y, augment=value),
        lambda: rn.train(net(), X, Y, validation=value),
        lambda: rn.train(net(), X, Y, callbacks=value),
        lambda: rn.train(net(), X, Y, class_weight=value),
        lambda: rn.train(net(), X, Y, dropout_masks=value),
        lambda: rn.train(net(), X, Y, sample_weight=value),
        lambda: rn.train(net(), X, Y, label_smoothing=value),
        lambda: rn.train(net(), value, Y),
        lambda: rn.train(net(), X, value),
        lambda: rn.fit_many(value, X, Y),
        lambda: rn.fit_many([net()], X, Y, options=[value]),
        lambda: rn.search(value, X, Y, {"a": [1]}),
        lambda: rn.search(lambda config: value, X, Y, {"a": [1, 2]}, n=1, rounds=1, epochs=1),
        lambda: rn.search(lambda config: net(), X, Y, value),
        lambda: rn.Model(value),
        lambda: rn.Model([rn.Input(2), value]),
        lambda: rn.Model([rn.Input(2), rn.Dense(1)], dtype=value),
        lambda: rn.Model([rn.Input(2), rn.Dense(1)], loss=value),
        lambda: rn.Model([rn.Input(2), rn.Dense(1)], seed=value),
        lambda: rn.Model.mlp([2, 1], keep_prob=value),
        lambda: rn.Model.mlp([2, value, 1]),
        lambda: rn.Dense(2, value),
        lambda: rn.Dense(2, init=value),
        lambda: rn.Dense(2, dropout=value),
        lambda: rn.Dense(2, penalty=value),
        lambda: rn.Adam(value, schedule=value),
        lambda: rn.Adam(schedule=value),
        lambda: rn.Table(value),
        lambda: rn.L2(value) if not isinstance(value, int) else rn.L2("x"),
        lambda: rn.split(X, Y, fractions=value),
        lambda: rn.mini_batches(X, Y, batch_size=value),
        lambda: rn.uniform(value, 1),
        lambda: rn.check_gradients(value, X, Y),
        lambda: rn.find_learning_rate(value, X, Y),
        lambda: rn.EarlyStopping(patience=value),
        lambda: rn.ManualControl(value),
        lambda: rn.diagnose(train=value, dev=0.1),
    ]
    messages = [message for call in calls if (message := refusal(call))]
    assert len(messages) > len(calls) / 2
    assert max(map(len, messages)) < 600, max(messages, key=len)[:200]


def refusal(call):
    """What a call says when it refuses its argument, if it does."""
    try:
        call()
    except (TypeError, ValueError) as error:
        return str(error)
    except OSError:  # the system's word on a path
        return None
    return None
