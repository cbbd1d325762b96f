"""What the scripts beside it share: a notebook on disk, and trainings that can be stopped and gone on with.

A script has one folder, given by its user. In it `results.json` says what is done, so that a run that
was stopped does not repeat it, and each net in training is a file from which its training goes on with
the same bits as if it had never been stopped.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import regnet as rn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the benchmarks' own modules

import mnist
from mnist import load as load_mnist
from works import DATA, machine, processor, takes_compute_dtype

__all__ = ["DATA", "Notebook", "load_mnist", "mnist", "processor", "takes_compute_dtype", "train_in_pieces"]

PIECE = 60.0  # seconds between two savings


class Notebook:
    """What a script has found so far: a dictionary, written to `results.json` after each change.

    A folder belongs to one choice of settings: what was found with others is not mixed in.
    """

    def __init__(self, folder: Path, **settings: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.path = folder, folder / "results.json"
        self.entries: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}
        found = self.once("settings", lambda: settings)
        if found != settings:
            raise SystemExit(f"{folder} has results of {found}, wanted {settings}: take another folder")
        self.once("date", lambda: date.today().isoformat())
        self.once("machine", machine)

    def write(self, name: str, value: Any) -> None:
        """Set an entry, on disk too, in a new file that takes the old one's place once it is whole."""
        self.entries[name] = value
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps(self.entries, indent=1))
        os.replace(unfinished, self.path)

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        """The entry of that name; what `work` returns, when there is none yet."""
        if name not in self.entries:
            self.write(name, work())
        return self.entries[name]


def train_in_pieces(
    notebook: Notebook,
    name: str,
    new_model: Callable[[], rn.Model],
    X: Any,
    y: Any,
    epochs: int,
    **options: Any,
) -> rn.Model:
    """A trained net; saved about every minute, and when it was saved before, trained on from there.

    Costs and seconds of its epochs are the notebook's entry ``NAME epochs``.
    """
    path, entry = notebook.folder / f"{name}.npz", f"{name} epochs"
    model = rn.load(path) if path.exists() else new_model()
    done = 0 if model.training_state is None else model.training_state.epoch
    curve = notebook.entries.get(entry, [])[:done]  # the net is saved after its curve
    while done < epochs:
        history = rn.train(
            model, X, y, epochs=epochs, resume=done > 0, callbacks=[rn.TimeBudget(PIECE)], **options
        )
        if history.stop_reason not in ("epochs", "time budget"):
            raise SystemExit(
                f"the training of {name} ended in epoch {done + len(history)}: {history.stop_reason}"
            )
        curve += [list(pair) for pair in zip(history.cost.tolist(), history.seconds.tolist(), strict=True)]
        done = len(curve)
        notebook.write(entry, curve)
        unfinished = path.with_suffix(".part.npz")
        model.save(unfinished)
        os.replace(unfinished, path)
        print(
            f"{name}: epoch {done} of {epochs}, cost {history.cost[-1]:.5f}, "
            f"{history.seconds[-1]:.1f} s an epoch",
            flush=True,
        )
    return model
