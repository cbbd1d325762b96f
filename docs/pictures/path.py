"""The pictures of docs/guide/path.md: schedules, early stopping, averages, the learning-rate range test.

python docs/pictures/path.py [FOLDER]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, RED, name_axes, row, save

import regnet as rn
from regnet.training.schedules import Horizon

EPOCHS, STEPS = 50, 20  # of the schedules; steps per epoch
COLOURS = (BLUE, ORANGE, GREEN, PINK)
DASHES = ("-", "--", "-.", ":")


def draw_schedules() -> None:
    """schedules.png."""
    families: dict[str, list[rn.Schedule]] = {
        "decay": [rn.InverseTime(0.1), rn.Exponential(0.95), rn.PowerLaw(1.0), rn.InverseSqrt(3.0)],
        "steps": [rn.Staircase(every=10, factor=0.5), rn.Table({5: 0.08, 35: 0.01})],
        "over the whole training": [
            rn.Cosine(),
            rn.OneCycle(),
            rn.Warmup(5 * STEPS, then=rn.Exponential(0.97)),
        ],
    }
    step = np.arange(EPOCHS * STEPS)
    figure, axes = row(len(families), 12, 3.6, sharey=True)
    for ax, (title, schedules) in zip(axes, families.items(), strict=True):
        for schedule, colour, dash in zip(schedules, COLOURS, DASHES, strict=False):
            rates = schedule.rates(0.1, step // STEPS, step, Horizon(EPOCHS, len(step)))
            name = (
                repr(schedule)
                .replace(", then", ",\n  then")
                .replace(", divide=25.0, final_divide=10000.0", "")
            )
            ax.plot(step / STEPS, rates, dash, color=colour, label=name)
        name_axes(ax, "epoch", "", title)
        ax.set(ylim=(0, 0.18), xlim=(0, EPOCHS))
        ax.legend(frameon=False, fontsize=8, loc="upper right")
    axes[0].set_ylabel("learning rate, a0 = 0.1")
    save(figure, "schedules")


def field() -> tuple[Any, ...]:
    """Training and validation points whose classes mix near the border."""
    return rn.datasets.make_football(n_train=400, n_test=2000, noise=0.1)


def draw_stopping() -> None:
    """stopping.png: what early stopping sees, and what a plateau does to the rate."""
    X, y, *held_out = field()
    options = {"epochs": 400, "batch_size": 32, "validation": held_out}
    figure, axes = row(2, 11, 3.6)
    history = rn.train(rn.Model.mlp([2, 50, 20, 1], seed=3), X, y, optimizer=rn.Adam(0.01), **options)
    best = int(history.val_cost.argmin())
    axes[0].plot(history.cost, color=BLUE, label="training")
    axes[0].plot(history.val_cost, color=RED, label="validation")
    axes[0].axvline(best, color=BLACK, linewidth=1, linestyle="--", label=f"best epoch, {best}")
    name_axes(axes[0], "epoch", "cost J", "the weights worth keeping")
    axes[0].set(ylim=(0.15, 0.45), xlim=(0, 400))
    axes[0].legend(frameon=False, loc="upper left", fontsize=9)
    slower = rn.ReduceOnPlateau(0.5, patience=10, monitor="cost")
    options |= {"epochs": 150, "callbacks": [slower]}
    history = rn.train(rn.Model.mlp([2, 50, 20, 1], seed=3), X, y, optimizer=rn.Adam(0.05), **options)
    axes[1].plot(history.cost, color=BLUE, label="training cost")
    name_axes(axes[1], "epoch", "cost J", "ReduceOnPlateau(0.5, patience=10)")
    rate = axes[1].twinx()
    rate.plot(
        history.learning_rate, color=ORANGE, drawstyle="steps-post", linestyle="--", label="learning rate"
    )
    rate.set(yscale="log", ylabel="learning rate", ylim=(0.004, 0.1))
    rate.set_yticks(used := np.unique(history.learning_rate), [f"{value:g}" for value in used])
    rate.minorticks_off()
    lines = [*axes[1].get_lines(), *rate.get_lines()]
    rate.legend(lines, [line.get_label() for line in lines], frameon=False, fontsize=9)
    save(figure, "stopping")


def draw_averages() -> None:
    """averages.png: a series with and without bias correction; validation costs under SWA and EMA."""
    figure, axes = row(2, 11, 3.6)
    days = np.arange(100)
    values = 15 + 5 * np.sin(days / 16) + 2 * np.random.default_rng(0).standard_normal(len(days))
    axes[0].plot(days, values, ".", color=GREY, markersize=4, label="x")
    axes[0].plot(days, rn.exponential_average(values, 0.9), color=BLUE, label="beta 0.9, corrected")
    uncorrected = rn.exponential_average(values, 0.9, bias_correction=False)
    axes[0].plot(days, uncorrected, "--", color=RED, label="beta 0.9, not corrected")
    axes[0].plot(days, rn.exponential_average(values, 0.98), ":", color=GREEN, label="beta 0.98, corrected")
    name_axes(axes[0], "t", "value", "exponentially weighted averages of a series")
    axes[0].legend(frameon=False, fontsize=9)
    X, y, *held_out = field()
    averages = {
        "no average": (None, "#cccccc", "-"),
        "SWA(0.5)": (rn.SWA(0.5), BLUE, "-"),
        "EMA(0.95)": (rn.EMA(0.95), ORANGE, "--"),
    }
    for name, (averaging, colour, dash) in averages.items():
        model = rn.Model.mlp([2, 50, 20, 1], seed=0)
        optimizer = rn.GradientDescent(0.5)
        history = rn.train(
            model,
            X,
            y,
            epochs=100,
            batch_size=16,
            optimizer=optimizer,
            averaging=averaging,
            validation=held_out,
        )
        width = 4 if averaging is None else 1.5  # the others begin on top of it
        axes[1].plot(history.val_cost, dash, color=colour, linewidth=width, label=name)
    name_axes(axes[1], "epoch", "validation cost", "averages of the weights")
    axes[1].set(ylim=(0.22, 0.34))
    axes[1].legend(frameon=False, fontsize=9)
    save(figure, "averages")


def draw_range() -> None:
    """learning_rate.png."""
    X, y, _, _ = field()
    figure, axes = row(2, 11, 3.6)
    for ax, optimizer in zip(axes, (rn.Adam(), rn.GradientDescent(1)), strict=True):
        found = rn.find_learning_rate(rn.Model.mlp([2, 50, 20, 1], seed=3), X, y, optimizer=optimizer)
        found.plot(ax)
        ax.set_ylim(0.2, 1.2)  # the cost ends far above
        ax.set_title(type(optimizer).__name__, fontsize=10)
    save(figure, "learning_rate")


if __name__ == "__main__":
    draw_schedules()
    draw_stopping()
    draw_averages()
    draw_range()
