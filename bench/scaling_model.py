"""A model of a training step on more cores than there are, made of what `bench_scaling.py` measures.

A step of p threads takes as long as its slowest thread in each half, and the barriers:

    examples(columns of the widest share) + fetching W
  + weights(blocks of the largest share) + fetching the activations
  + serial + waiting + 2 barriers(p)

The shares are those of `share_columns` and `weights_pass` in the core. `examples` and `weights` are measured
on one thread for the very width and number of blocks. What other threads have written since the last barrier
has to be fetched once by each L3 domain; a domain's own threads share it. Nothing overlaps, which errs on the
slow side. Waiting is what two threads take longer than the rest of the model says: it is taken for chance, so
that the slowest of p threads is as much later as the largest of p normal numbers is larger than that of two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

UPDATE_ELEMENTS, UPDATE_SMALL, UPDATE_SHARES = 65536, 16384, 8  # as in the core's workspace.pxi
NUMBER = 4  # bytes, float32
LARGE_BATCH = 1024  # examples from which smaller blocks cost little
ADAM_BYTES = 6 * NUMBER  # per weight: W and two moments, read and written


@dataclass(frozen=True)
class Machine:
    """Cores by L3 domain and NUMA node, and what moves data between them: assumptions."""

    name: str
    cores: int
    domains: int = 1  # with an L3 each
    nodes: int = 1  # of memory
    domain_bandwidth: float = 25e9  # bytes a second that a domain reads from outside
    node_bandwidth: float = 150e9  # ... that a node's memory delivers
    l3: float = 32e6  # bytes of a domain
    line: float = 1e-7  # seconds in which a cache line changes its owner within a domain
    line_across: float = 2e-7  # ... between the domains of a node
    line_between: float = 5e-7  # ... between nodes


@dataclass(frozen=True)
class Division:
    """How a batch and the weights are divided."""

    unit: int = 32  # columns that are not divided
    shares: int = UPDATE_SHARES  # a large layer has a multiple of so many blocks ...
    large_shares: int = UPDATE_SHARES  # ... and of so many where batches are large
    placed: bool = False  # memory lies on the node of the thread that uses it
    tree: bool = False  # barriers of log2(p) rounds in place of one counter

    def widest(self, n: int, threads: int) -> int:
        """Columns of the thread that has most."""
        units = math.ceil(n / self.unit)
        return min(n, math.ceil(units / threads) * self.unit)

    def threads(self, n: int, wanted: int) -> int:
        """Threads that a batch of n keeps busy, at most."""
        return min(wanted, math.ceil(n / self.unit))

    def block_rows(self, n_out: int, n_in: int, n: int) -> int:
        """Rows of W that are updated together: bits depend on it, so it must not depend on the threads."""
        if n_out * n_in <= UPDATE_SMALL:
            return n_out
        shares = self.large_shares if n >= LARGE_BATCH else self.shares
        blocks = math.ceil(n_out * n_in / (shares * UPDATE_ELEMENTS)) * shares
        return math.ceil(n_out / blocks)

    def blocks(self, n_out: int, n_in: int, n: int, threads: int) -> list[int]:
        """Blocks of this layer that each thread has."""
        blocks = math.ceil(n_out / self.block_rows(n_out, n_in, n))
        return [blocks * (m + 1) // threads - blocks * m // threads for m in range(threads)]


@dataclass(frozen=True)
class Costs:
    """Seconds on one thread, measured, of one network."""

    sizes: tuple[int, ...]
    forward_backward: Callable[[int], float]  # of so many columns, all layers
    block: Callable[
        [int, int, int], float
    ]  # dW and Adam of a block of layer l with so many rows, for a batch
    rest: Callable[
        [int], float
    ]  # of a step of a batch: gather, transposes, loss, and what the kernels leave out
    serial: float = 2e-10  # per example: every thread adds up the losses of all

    @property
    def weights(self) -> int:
        """Numbers in all W."""
        return sum(a * b for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True))


@dataclass(frozen=True)
class Step:
    """A predicted step, by what takes the time."""

    threads: int
    examples: float
    weights: float
    fetch_weights: float
    fetch_activations: float
    serial: float
    waiting: float
    barriers: float
    idle_columns: float  # share of the threads' time in the first half, because shares are unequal
    idle_blocks: float  # ... in the second half

    @property
    def seconds(self) -> float:
        """Of the whole step."""
        fetched = self.fetch_weights + self.fetch_activations
        return self.examples + self.weights + fetched + self.serial + self.waiting + self.barriers


def barrier(machine: Machine, threads: int, tree: bool) -> float:
    """Each arrival takes the counter's line from the last one; each departure reads the line of the phase."""
    if threads == 1:
        return 0.0
    if tree:
        distances = [machine.line, machine.line_across, machine.line_between]
        farthest = distances[0 if machine.domains == 1 else 1 if machine.nodes == 1 else 2]
        return 2 * math.ceil(math.log2(threads)) * farthest
    per_domain = machine.cores / machine.domains
    inside = min(threads, per_domain) - 1
    across = max(0.0, min(threads, machine.cores / machine.nodes) - per_domain)
    between = max(0.0, threads - machine.cores / machine.nodes)
    arrivals = inside * machine.line + across * machine.line_across + between * machine.line_between
    return 2 * arrivals


def lateness(threads: int) -> float:
    """The mean of the largest of so many normal numbers, in standard deviations (Blom 1958)."""
    return NormalDist().inv_cdf((threads - 0.375) / (threads + 0.25)) if threads > 1 else 0.0


def predict(
    costs: Costs, machine: Machine, division: Division, n: int, wanted: int, late: float = 0.0
) -> Step:
    """One step of a batch of n on so many threads of a machine.

    Two threads wait for `late` of the time of their work.
    """
    threads = division.threads(n, wanted)
    width = division.widest(n, threads)
    rest = costs.rest(n) * width / n
    examples = costs.forward_backward(width) + rest

    per_thread = [0.0] * threads
    for l, (n_in, n_out) in enumerate(zip(costs.sizes[:-1], costs.sizes[1:], strict=True)):
        rows = division.block_rows(n_out, n_in, n)
        one = costs.block(l, rows, n)
        for m, blocks in enumerate(division.blocks(n_out, n_in, n, threads)):
            per_thread[m] += blocks * one

    domains = min(machine.domains, math.ceil(threads * machine.domains / machine.cores))
    nodes = min(machine.nodes, math.ceil(threads * machine.nodes / machine.cores))
    foreign = 1 - 1 / domains
    W, A = costs.weights * NUMBER, sum(costs.sizes) * n * NUMBER
    # one node's memory alone delivers what all domains want, unless blocks lie where they are used
    delivered = machine.node_bandwidth * (nodes if division.placed else 1)
    rate = min(machine.domain_bandwidth, delivered / domains)
    largest = max(per_thread)
    weights = max(largest, ADAM_BYTES * costs.weights / delivered) if threads > 1 else largest
    passes = 2 if machine.l3 / 2 < W else 1  # forward and backward; a small W stays in L3 between them
    # each domain reads the transposed activations of all examples, and its own rows of dZ
    activations = (A + A / domains) * foreign
    return Step(
        threads,
        examples,
        weights,
        passes * W * foreign / rate,
        activations / rate,
        costs.serial * n,
        late * lateness(threads) / lateness(2) * (examples + weights),
        2 * barrier(machine, threads, division.tree),
        idle_columns=1 - n / (threads * width),
        idle_blocks=1 - sum(per_thread) / (threads * largest),
    )
