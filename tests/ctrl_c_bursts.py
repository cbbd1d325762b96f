"""Bursts of three to five Ctrl-C at random moments; run by test_interrupts.py, or by hand:

python tests/ctrl_c_bursts.py {train,fit_many,search} N [seed]

Each burst hits one call: before its threads start, while it trains or while it ends. Afterwards no
thread may be left, SIGINT has its handler, the models are sound and can be trained again. Prints how many
bursts ended a call, and the first thing that is wrong.
"""

import faulthandler
import os
import random
import signal
import sys
import threading
import time
from collections import Counter

import numpy as np

import regnet as rn

X, Y, X_VAL, Y_VAL = rn.datasets.make_football(200, 60)
PICTURES, LABELS = np.random.default_rng(0).random((64, 64), np.float32), np.arange(64) % 2
HANG = 60  # seconds


def plain():
    """One training, the model and what must hold for it."""
    model = rn.Model.mlp([2, 20, 1], seed=1)
    return [model], lambda: rn.train(model, X, Y, epochs=400, batch_size=16), lambda history: None


def stopping():
    """With early stopping: the best weights are restored."""
    model = rn.Model.mlp([2, 20, 1], dtype="float64", seed=1)
    options = {"validation": (X_VAL, Y_VAL), "callbacks": [rn.EarlyStopping(1000), lambda training: None]}

    def check(history):
        costs = history.val_cost[np.isfinite(history.val_cost)]
        if costs.size:
            assert history.best_epoch is not None
            assert abs(model.evaluate(X_VAL, Y_VAL).cost - costs.min()) < 1e-12, "not the best weights"

    return [model], lambda: rn.train(model, X, Y, epochs=60, batch_size=16, **options), check


def averaged():
    """With batch norm and an average: which has its statistics."""
    model = rn.Model.mlp([2, 20, 1], batch_norm=True, dtype="float64", seed=1)
    call = lambda: rn.train(model, X, Y, epochs=60, batch_size=16, averaging=rn.SWA(0))  # noqa: E731

    def check(history):
        if len(history):
            assert model.parameters[model.layout.weight].all(), "no statistics"

    return [model], call, check


def augmented():
    """With pictures that another thread makes."""
    model = rn.Model.mlp([64, 20, 1], seed=1)
    augment = rn.augment.Compose([rn.augment.Shift(1)], shape=(8, 8))
    options = {"augment": augment, "n_threads": random.choice([1, 2]), "batch_size": 16}
    return [model], lambda: rn.train(model, PICTURES, LABELS, epochs=20, **options), lambda history: None


def train():
    """One of the kinds of trainings."""
    return random.choice([plain, stopping, averaged, augmented])()


def fit_many():
    """Many nets, in more or fewer threads."""
    models = [rn.Model.mlp([2, 20, 1], seed=seed) for seed in range(5)]
    options = {"n_threads": random.choice([1, 2, 4]), "batch_size": 16, "epochs": 60}
    if random.random() < 0.5:
        options |= {"validation": (X_VAL, Y_VAL), "callbacks": [rn.EarlyStopping(1000)]}
    return models, lambda: rn.fit_many(models, X, Y, **options), lambda histories: None


def search():
    """Six configurations, halved."""

    def make(config):
        return rn.Model.mlp([2, 10, 1], seed=1), {"optimizer": rn.Adam(config["rate"])}

    space = {"rate": rn.log_uniform(1e-3, 1e-1)}
    options = {"n": 6, "epochs": 54, "n_threads": random.choice([1, 2, 4])}

    def check(found):
        assert all(np.isfinite(row["val_cost"]) for row in found.rows)
        if found.best is not None:
            assert np.isfinite(found.model.parameters).all()

    return [], lambda: rn.search(make, X, Y, space, **options), check


class Attack:
    """A call, and what was there right after it."""

    def __init__(self, call):
        self.call, self.may_begin = call, False
        self.begun, self.ended, self.result, self.handler = False, "by itself", None, None

    def run(self):
        """Its steps; may be begun again, since KeyboardInterrupt may come out anywhere in it."""
        if not self.begun:
            self.begun = True
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.may_begin = True
            try:
                self.result = self.call()
            except KeyboardInterrupt as interrupt:
                self.ended = "with a result" if hasattr(interrupt, "result") else "without"
                self.result = getattr(interrupt, "result", None)
        if self.handler is None:
            self.threads = [thread.name for thread in threading.enumerate() if "regnet" in thread.name]
            self.handler = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def calmly(function, depth=8):
    """Call it until it ends; each KeyboardInterrupt, wherever it comes, costs one of the levels."""
    try:
        calmly(function, depth - 1) if depth else function()
    except KeyboardInterrupt:
        calmly(function, depth - 1)


def burst(attacked, delay, gaps):
    """Press Ctrl-C some time after the call has begun, and again after each gap."""
    while not attacked.may_begin:
        time.sleep(1e-4)
    time.sleep(delay)
    for gap in gaps:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(gap)


def curves_are_equal(history):
    """Whether all curves that there are have the same length."""
    return len({len(history.curve(name)) for name in rn.History.CURVES} - {0}) <= 1


def attack(kind, seconds):
    """One burst; returns how the call ended."""
    models, call, check = kind()
    gaps = [random.uniform(0, 0.002) for _ in range(random.randint(3, 5))]
    attacked = Attack(call)
    attacker = threading.Thread(target=burst, args=(attacked, random.uniform(0, 1.1 * seconds), gaps))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    attacker.start()
    calmly(attacked.run)
    attacker.join()
    time.sleep(0.001)  # the last signal may be on its way
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert not attacked.threads, f"threads are left: {attacked.threads}"
    assert attacked.handler is signal.default_int_handler, f"SIGINT has {attacked.handler}"
    result = attacked.result
    histories = result if isinstance(result, list) else [result] if isinstance(result, rn.History) else []
    assert all(map(curves_are_equal, histories)), "curves differ in length"
    if result is not None:
        check(result)
    for model in models:
        assert np.isfinite(model.parameters).all(), "not finite"
    for model in models[:1]:
        inputs, labels = (PICTURES, LABELS) if model.sizes[0] == 64 else (X, Y)
        assert len(rn.train(model, inputs, labels, epochs=2, batch_size=16)) == 2
    return attacked.ended


def main():
    """All bursts."""
    kind, n = {"train": train, "fit_many": fit_many, "search": search}[sys.argv[1]], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    random.seed(seed)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the parent ignores it
    seconds = []
    for _ in range(8):
        _, call, _ = kind()
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    ends, wrong = Counter(), Counter()
    for i in range(n):
        faulthandler.dump_traceback_later(HANG, exit=True)
        try:
            ends[attack(kind, sorted(seconds)[5])] += 1
        except Exception as error:
            wrong[f"{type(error).__name__}: {error}"] += 1
            if isinstance(error, AssertionError) and "threads" in str(error):
                deadline = time.monotonic() + 5
                while any("regnet" in t.name for t in threading.enumerate()) and time.monotonic() < deadline:
                    time.sleep(0.05)
                if any("regnet" in t.name for t in threading.enumerate()):
                    print(f"burst {i}: threads train for ever")
                    break
    print(f"{sum(ends.values()) + sum(wrong.values())} bursts; ended {dict(ends)}; wrong {dict(wrong)}")
    sys.stdout.flush()
    os._exit(1 if wrong else 0)  # threads that are left would keep it


if __name__ == "__main__":
    main()
