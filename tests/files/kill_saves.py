"""Kill processes while they save over a model, and see what is left: ``python kill_saves.py net.npz 1000``.

One warm process forks the victims, so that a kill costs some milliseconds. Each victim saves two models
over one another until it is killed. What is left has to be one of the two, bit for bit.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import regnet as rn


def save_for_ever(models, path):
    """Save the models in turn until the process is killed."""
    while True:
        for model in models:
            model.save(path)


def kill_saves(path, n):
    """Counts of what n kills left: whole files, lost ones, and new files that did not come into place."""
    models = [rn.Model.mlp([500, 500, 1], seed=seed) for seed in (1, 2)]
    models[0].save(path)
    begin = time.perf_counter()
    models[0].save(path)
    seconds = time.perf_counter() - begin
    draw = random.Random(0)
    counts = {"whole": 0, "lost": 0, "unfinished": 0}
    for _ in range(n):
        victim = os.fork()
        if victim == 0:
            save_for_ever(models[::-1], path)
        time.sleep(draw.uniform(0, 2 * seconds))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        for unfinished in path.parent.glob(f".{path.name}.*"):
            counts["unfinished"] += 1
            unfinished.unlink()
        try:
            found = rn.load(path).parameters
            whole = any(np.array_equal(found, model.parameters) for model in models)
        except (ValueError, OSError):
            whole = False
        counts["whole" if whole else "lost"] += 1
        if not whole:
            models[0].save(path)
    return counts


if __name__ == "__main__":
    print(json.dumps(kill_saves(Path(sys.argv[1]), int(sys.argv[2]))))
