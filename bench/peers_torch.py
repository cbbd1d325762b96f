"""PyTorch, eager: fused optimisers, batches by index_select and no DataLoader; compiled when asked for.

Mixed precision is that of its manual: parameters in float32, the forward pass under `torch.autocast`, the
loss in float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from works import THREADS, Contestant, Predictor, Work, count_threads, rows_layers

import regnet as rn

COMPILE = False  # set by --compile


def network(layers: list[tuple[np.ndarray, np.ndarray]], keep_prob: float) -> torch.nn.Sequential:
    """Linear, ReLU and dropout, up to the logits, with the given W (n_in, n_out) and b (n_out,)."""
    modules: list[torch.nn.Module] = []
    for l, (W, b) in enumerate(layers):
        linear = torch.nn.Linear(*W.shape, dtype=torch.from_numpy(W).dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
        modules.append(linear)
        if l < len(layers) - 1:
            modules.append(torch.nn.ReLU())
            if keep_prob < 1:
                modules.append(torch.nn.Dropout(1 - keep_prob))
    return torch.nn.Sequential(*modules)


class Net:
    """A network, its optimiser and its loss."""

    def __init__(self, work: Work, threads: int, compiled: bool) -> None:
        torch.set_num_threads(threads)
        self.work = work
        self.net = network(work.initial(), work.keep_prob)
        options = {"lr": work.learning_rate, "fused": True}
        if work.adam:
            self.optimizer = torch.optim.Adam(self.net.parameters(), eps=work.epsilon, **options)
        else:
            self.optimizer = torch.optim.SGD(self.net.parameters(), **options)
        self.X, self.order = torch.from_numpy(work.X), torch.from_numpy(work.order())
        if work.binary:
            self.y = torch.from_numpy(work.y.astype(work.dtype)[:, None])
            loss = torch.nn.functional.binary_cross_entropy_with_logits
        else:
            self.y, loss = torch.from_numpy(work.y), torch.nn.functional.cross_entropy

        def cost(X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            if not work.mixed:
                return loss(self.net(X), y)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                Z = self.net(X)
            return loss(Z.float(), y)

        self.cost = torch.compile(cost) if compiled else cost

    def run(self) -> float:
        """All epochs; the mean loss of the last."""
        n, size, order = len(self.X), self.work.size, self.order
        for _ in range(self.work.epochs):
            total = torch.zeros((), dtype=torch.float64)
            for i in range(0, n, size):
                rows = order[i : i + size]
                whole = size >= n
                X = self.X if whole else self.X.index_select(0, rows)
                y = self.y if whole else self.y.index_select(0, rows)
                self.optimizer.zero_grad(set_to_none=True)
                cost = self.cost(X, y)
                cost.backward()
                self.optimizer.step()
                total += cost.detach() * len(rows)
        return float(total) / n

    def parameters(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """W (n_in, n_out) and b of each layer."""
        found = [m for m in self.net if isinstance(m, torch.nn.Linear)]
        return [(m.weight.detach().numpy().T, m.bias.detach().numpy()) for m in found]


def contestants(work: Work) -> list[Contestant]:
    """Eager on one thread and on two; compiled on two when asked for."""
    share = 0.1 if work.epochs >= 10_000 else 1.0  # every step costs the same
    part = replace(work, epochs=int(work.epochs * share)) if share < 1 else work
    counts = THREADS if work.batch_size else (1,)  # a second thread only hurts in work A
    precision = "autocast bfloat16 " * work.mixed
    ways = [(f"{precision}eager", n, False) for n in counts]
    ways += [(f"{precision}compiled", n, True) for n in counts if COMPILE]
    return [
        Contestant(
            "torch",
            f"{way} {count_threads(n)}",
            lambda n=n, c=c: Net(part, n, c),
            Net.run,
            Net.parameters,
            threads=n,
            share=share,
        )
        for way, n, c in ways
    ]


def predictors(model: rn.Model) -> list[Predictor]:
    """Eager in inference mode, on one thread and on two."""
    net = network(rows_layers(model), 1.0).eval()

    def predict(X: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return torch.softmax(net(torch.from_numpy(X)), 1).numpy()

    return [
        Predictor("torch", count_threads(n), predict, n, lambda n=n: torch.set_num_threads(n))
        for n in THREADS
    ]


def masks(n: int, keep_prob: float) -> dict[str, Callable[[], Any]]:
    """Ways to draw n elements of 0 and 1."""
    D, U = torch.empty(n, dtype=torch.uint8), torch.empty(n)

    def with_threads(run: Callable[[], Any]) -> Callable[[], Any]:
        def one() -> Any:
            torch.set_num_threads(1)
            return run()

        return one

    return {
        "torch, bernoulli_": with_threads(lambda: D.bernoulli_(keep_prob).numpy()),
        "torch, rand": with_threads(lambda: (U.uniform_() < keep_prob).numpy()),
    }


def adam_steps(W: np.ndarray, g: np.ndarray) -> dict[str, tuple[Callable[[], object], np.ndarray]]:
    """Steps of fused Adam on copies of W, on one thread and on two."""
    found = {}
    for threads in THREADS:
        ours = torch.nn.Parameter(torch.from_numpy(W.copy()))
        ours.grad = torch.from_numpy(g)
        optimizer = torch.optim.Adam([ours], lr=1e-3, fused=True)

        def step(optimizer: Any = optimizer, threads: int = threads) -> None:
            torch.set_num_threads(threads)
            optimizer.step()

        found[f"torch, fused {count_threads(threads)}"] = (step, ours.detach().numpy())
    return found
