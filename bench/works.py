"""What the benchmarks share: works, contestants, clocks and the machine's measured peaks.

A work is a training that every peer can do: the same data, initial weights, order of batches and
hyper-parameters. A contestant is one way of doing it; only its `run` is timed. What makes the peers
comparable (shuffling beforehand where a peer cannot gather, compiling, copying the initial weights)
is in `start` and so costs them nothing.
"""

from __future__ import annotations

import inspect
import os
import platform
import statistics
import time
import timeit
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

import cregnet
import regnet as rn
from regnet._support.threads import usable_cores

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
THREADS = (1, 2)
Seconds = dict[str, list[float]]  # of each contestant, one number per round


@dataclass(frozen=True)
class Work:
    """A training: data, network, batches and optimiser (Adam, or gradient descent)."""

    key: str
    title: str
    sizes: tuple[int, ...]
    X: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    batch_size: int | None
    learning_rate: float
    adam: bool = True
    keep_prob: float = 1.0
    epochs: int = 1
    epsilon: float = 1e-8
    compute_dtype: str = "float32"  # of the products' operands; "bfloat16" is mixed precision

    @property
    def dtype(self) -> np.dtype:
        """Of data and parameters."""
        return self.X.dtype

    @property
    def binary(self) -> bool:
        """One sigmoid output, in place of softmax."""
        return self.sizes[-1] == 1

    @property
    def mixed(self) -> bool:
        """Products of bfloat16 operands, summed in float32; parameters and moments stay in float32."""
        return self.compute_dtype == "bfloat16"

    @property
    def size(self) -> int:
        """Examples of a batch."""
        return self.batch_size or len(self.X)

    def model(self) -> rn.Model:
        """The network with its initial weights, which are numbers of float32 in every dtype."""
        options = {"keep_prob": self.keep_prob, "dtype": self.dtype.name, "seed": 3}
        if self.mixed:
            options["compute_dtype"] = self.compute_dtype
        model = rn.Model.mlp(self.sizes, init=rn.He(), **options)
        model.parameters[:] = rn.Model.mlp(self.sizes, init=rn.He(), seed=3).parameters
        if self.batch_size is None:  # the course's start
            stream = np.random.RandomState(3)
            for W in model.weights:
                W[...] = stream.randn(*W.shape) / np.sqrt(W.shape[1])
        return model

    def optimizer(self) -> rn.training.optimizers.Optimizer:
        """The optimiser as regnet has it."""
        return (
            rn.Adam(self.learning_rate, epsilon=self.epsilon)
            if self.adam
            else rn.GradientDescent(self.learning_rate)
        )

    def order(self) -> np.ndarray:
        """The order in which regnet takes the examples in the first epoch."""
        n = len(self.X)
        return np.arange(n) if self.size >= n else rn.training.batches.epoch_order(n, seed=3, epoch=0)

    def initial(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Copies of the initial W (n_in, n_out) and b (n_out,), layer by layer: rows = examples."""
        model = replace(self, compute_dtype="float32").model()
        pairs = zip(model.weights, model.biases, strict=True)
        return [(np.ascontiguousarray(W.T), b.ravel().copy()) for W, b in pairs]

    def flops(self) -> float:
        """Multiplications and additions of the matrix products of all epochs."""
        layers = [a * b for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True)]
        return 2.0 * (3 * sum(layers) - layers[0]) * len(self.X) * self.epochs

    def head(self) -> Work:
        """A short form without dropout: ten batches, or 300 full ones; in float64 but for mixed precision.

        Epsilon is next to nothing, because not all agree on where in Adam it belongs.
        """
        n, epochs = (len(self.X), 300) if self.batch_size is None else (10 * self.size - 3, 1)
        X = self.X[:n] if self.mixed else self.X[:n].astype(np.float64)
        return replace(self, X=X, y=self.y[:n], keep_prob=1.0, epochs=epochs, epsilon=1e-12)


@dataclass(frozen=True)
class Contestant:
    """One way of doing a work; `run` returns the cost of the last epoch, `finish` the parameters."""

    peer: str
    way: str
    start: Callable[[], Any]
    run: Callable[[Any], float]
    finish: Callable[[Any], list[tuple[np.ndarray, np.ndarray]]]
    threads: int = 1
    share: float = 1.0  # part of the work that is run; the time is divided by it
    close: float = 1e-7  # difference of a parameter that is allowed after the short form in float64
    outliers: float = 0.0  # share of the parameters of an array that may differ by more

    @property
    def name(self) -> str:
        """Peer and way."""
        return f"{self.peer}, {self.way}"


@dataclass(frozen=True)
class Predictor:
    """One way of turning rows into class probabilities."""

    peer: str
    way: str
    predict: Callable[[np.ndarray], np.ndarray]
    threads: int = 1
    prepare: Callable[[], object] = lambda: None  # called before it is timed, with BLAS and OpenMP limited

    @property
    def name(self) -> str:
        """Peer and way."""
        return f"{self.peer}, {self.way}"


def count_threads(n: int) -> str:
    """The words for n threads."""
    return f"{n} thread{'s' * (n > 1)}"


def rows_layers(model: rn.Model) -> list[tuple[np.ndarray, np.ndarray]]:
    """W (n_in, n_out) and b (n_out,) of each layer of a model, for peers whose rows are examples."""
    pairs = zip(model.weights, model.biases, strict=True)
    return [(np.ascontiguousarray(W.T), b.ravel()) for W, b in pairs]


def takes_compute_dtype() -> bool:
    """Whether this regnet has mixed precision."""
    return "compute_dtype" in inspect.signature(rn.Model.mlp).parameters


def random_data(n: int, n_features: int, n_classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Normal inputs and the classes that a random linear map gives them."""
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n, n_features), dtype=np.float32)
    return X, (X @ rng.standard_normal((n_features, n_classes), dtype=np.float32)).argmax(axis=1)


def football(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """The course's 211 points where the file and SciPy are at hand, else made ones."""
    try:
        return rn.datasets.load_football(data / "football.mat")[:2]
    except (ImportError, FileNotFoundError):
        return rn.datasets.make_football(seed=0)[:2]


def training_work(key: str, data: Path = DATA, quick: bool = False) -> Work:
    """The work of that key: A, B, C or D; B, C and D with "-dropout", C and D with "-bfloat16"."""
    letter, _, variant = key.partition("-")
    if letter == "A":
        X, y = football(data)
        title = "football 2-20-3-1, 211 points, 30,000 full-batch steps, float64"
        return Work("A", title, (2, 20, 3, 1), X, y, None, 0.3, adam=False, epochs=30_000)
    sizes, n, batch_size = {
        "B": ((32, 64, 64, 10), 20_000, 32),
        "C": ((784, 512, 512, 10), 7_500 if quick else 30_000, 128),
        "D": ((1024, 2048, 2048, 10), 1_024 if quick else 8_192, 256),
    }[letter]
    X, y = random_data(n, sizes[0])
    keep_prob = 0.5 if variant == "dropout" else 1.0
    compute_dtype = "bfloat16" if variant == "bfloat16" else "float32"
    title = f"{n:,} x {'-'.join(map(str, sizes))}, batch {batch_size}, Adam, one epoch, float32"
    title += {"dropout": ", dropout 0.5", "bfloat16": ", products in float32 or bfloat16"}.get(variant, "")
    rate = 1e-4 if letter == "D" else 1e-3  # 1e-3 is too much for so wide a net
    options = {"keep_prob": keep_prob, "compute_dtype": compute_dtype}
    return Work(key, title, sizes, X, y, batch_size, rate, **options)


def regnet_contestants(work: Work) -> list[Contestant]:
    """regnet itself, on one thread and on two; none in mixed precision where this regnet has none."""
    if work.mixed and not takes_compute_dtype():
        return []

    def contestant(threads: int) -> Contestant:
        def run(model: rn.Model) -> float:
            history = rn.train(
                model,
                work.X,
                work.y,
                epochs=work.epochs,
                batch_size=work.batch_size,
                optimizer=work.optimizer(),
                n_threads=threads,
            )
            return float(history.cost[-1])

        def finish(model: rn.Model) -> list[tuple[np.ndarray, np.ndarray]]:
            return [(W.T, b.ravel()) for W, b in zip(model.weights, model.biases, strict=True)]

        way = f"{work.compute_dtype} " * work.mixed + count_threads(threads)
        return Contestant("regnet", way, work.model, run, finish, threads)

    return [contestant(threads) for threads in THREADS]


# ------------------------------------------------------------------------------ clocks


def limit_threads(n: int) -> Any:
    """Context in which BLAS and OpenMP use n threads."""
    return ThreadpoolController().limit(limits=n)


def best_time(run: Callable[[], object], seconds: float = 0.2, least: int = 3) -> float:
    """Seconds of the fastest call, called for `seconds` and at least `least` times."""
    times: list[float] = []
    run()
    ends = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < ends:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def interleave(calls: dict[str, Callable[[], object]], repeats: int, seconds: float = 0.1) -> Seconds:
    """Seconds per call, each repeat long enough for the clock, one repeat of every contestant per round."""
    number = {}
    for name, call in calls.items():
        call()
        number[name] = max(1, int(seconds / (timeit.timeit(call, number=3) / 3)))
    found: Seconds = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            found[name].append(timeit.timeit(call, number=number[name]) / number[name])
    return found


def spread(values: Iterable[float]) -> dict[str, float]:
    """Median, least and greatest."""
    values = list(values)
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


# ------------------------------------------------------------------------------ the machine


def busy_seconds() -> tuple[float, float] | None:
    """Processor seconds of all processes so far, and of this one; None where Linux does not tell them."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(int, stat.read_text().split("\n")[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK"), time.process_time()


def others_share(before: tuple[float, float] | None, seconds: float) -> float:
    """Share of all cores that other processes have had since busy_seconds was `before`; NaN if unknown."""
    now = busy_seconds()
    if before is None or now is None:
        return float("nan")
    everyone, ours = (b - a for a, b in zip(before, now, strict=True))
    return max(0.0, everyone - ours) / (seconds * usable_cores())


def matmul_peak(dtype: str = "float32", threads: int = 1) -> float:
    """GFLOP/s of the best large product: NumPy's BLAS, and on one thread regnet's own."""
    best = 0.0
    with limit_threads(threads):
        for n in (1024, 2048):
            A, C = np.ones((n, n), dtype), np.empty((n, n), dtype)
            best = max(best, 2 * n**3 / best_time(lambda A=A, C=C: np.dot(A, A, out=C)))
    if threads == 1:
        W, A, Z = np.ones((504, 784), dtype), np.ones((784, 128), dtype), np.empty((504, 128), dtype)
        best = max(best, 2 * Z.size * 784 / best_time(lambda: cregnet.matmul(W, A, Z)))
    return best / 1e9


def copy_peak(megabytes: int = 256) -> float:
    """GB/s read and written by one thread copying arrays beyond every cache."""
    source = np.ones(megabytes << 17)  # float64: 2^17 to the megabyte
    target = np.ones_like(source)
    return 2 * source.nbytes / best_time(lambda: np.copyto(target, source)) / 1e9


def processor() -> str:
    """The processor's name, with family and model number where Linux tells them."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return name
    pairs = [line.split(":", 1) for line in info.read_text().splitlines() if ":" in line]
    found = {key.strip(): value.strip() for key, value in reversed(pairs)}
    name = found.get("model name", name)
    return f"{name} (family {found['cpu family']}, model {found['model']})" if "cpu family" in found else name


def machine() -> dict[str, Any]:
    """What ran: processor, instruction set, versions."""
    return {
        "processor": processor(),
        "cores": usable_cores(),
        "isa": cregnet.isa(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "regnet": rn.__version__,
    }
