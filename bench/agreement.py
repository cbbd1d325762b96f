"""That contestants compute the same thing, before any time counts."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
from works import Contestant, Work, limit_threads, regnet_contestants

Layers = list[tuple[np.ndarray, np.ndarray]]

# How far ten steps of mixed precision may end from those in float64, in units of the way that these went.
# Rounding to bfloat16 is at most 2^-9 of an operand, but Adam's first steps have the same length for every
# gradient however small, so some parameters go the other way.
FARTHEST, NEAREST = 0.25, 0.02  # products in float32 come to 0.004, in bfloat16 to 0.09 and 0.11


def everyone(work: Work, peers: dict[str, ModuleType]) -> list[Contestant]:
    """All contestants of a work, regnet first."""
    return regnet_contestants(work) + [c for peer in peers.values() for c in peer.contestants(work)]


def all_precisions(work: Work, peers: dict[str, ModuleType]) -> list[Contestant]:
    """All contestants; of a work in mixed precision, its peers in float32 too and no others."""
    if not work.mixed:
        return everyone(work, peers)
    peers = with_mixed(work, peers)
    return everyone(replace(work, compute_dtype="float32"), peers) + everyone(work, peers)


def with_mixed(work: Work, peers: dict[str, ModuleType]) -> dict[str, ModuleType]:
    """The peers that can do the work in its precision."""
    return {name: peer for name, peer in peers.items() if peer.contestants(work)}


def result(contestant: Contestant) -> tuple[Layers, float]:
    """Parameters and cost after a run."""
    with limit_threads(contestant.threads):
        state = contestant.start()
        cost = contestant.run(state)
    return [(W.copy(), b.copy()) for W, b in contestant.finish(state)], cost


def check_agreement(work: Work, peers: dict[str, ModuleType]) -> None:
    """Every contestant does the short form of the work, without dropout, with regnet's result in float64."""
    wide = replace(work, compute_dtype="float32")
    peers = with_mixed(work, peers) if work.mixed else peers
    ours, *others = everyone(wide.head(), peers)
    expected, expected_cost = result(ours)
    ways = zip(expected, wide.head().initial(), strict=True)
    assert max(abs(W - W0).max() for (W, _), (W0, _) in ways) > 1e-4, "nothing was trained"
    for contestant in others:
        found, cost = result(contestant)
        check_parameters(work, contestant, found, expected)
        check_cost(work, contestant, cost, expected_cost, min(10 * contestant.close, 1e-4))
    if work.mixed:
        for contestant in everyone(work.head(), peers):
            found, cost = result(contestant)
            check_distance(work, contestant, found, expected)
            check_cost(work, contestant, cost, expected_cost, 0.01)


def check_parameters(work: Work, contestant: Contestant, found: Layers, expected: Layers) -> None:
    """Equal but for rounding and the outliers that the contestant may have."""
    close = contestant.close
    for ours, theirs in zip(expected, found, strict=True):
        for a, b, what in zip(ours, theirs, "Wb", strict=True):
            off = np.mean(~np.isclose(b, a, rtol=close, atol=close))
            allowed = contestant.outliers + (contestant.outliers > 0) / a.size
            assert off <= allowed, f"work {work.key}: {contestant.name}: {off:.2%} of {what} differ"


def check_distance(work: Work, contestant: Contestant, found: Layers, expected: Layers) -> None:
    """Near in mixed precision, and not as near as products in float32 come."""
    flat, exact, start = (
        np.concatenate([np.asarray(p, np.float64).ravel() for pair in layers for p in pair])
        for layers in (found, expected, work.initial())
    )
    distance = np.linalg.norm(flat - exact) / np.linalg.norm(exact - start)
    message = f"work {work.key}: {contestant.name}: {distance:.3g} away from float64"
    assert NEAREST < distance < FARTHEST, message


def check_cost(work: Work, contestant: Contestant, cost: float, expected: float, close: float) -> None:
    """Equal to a relative difference."""
    message = f"work {work.key}: {contestant.name}: cost"
    np.testing.assert_allclose(cost, expected, rtol=close, err_msg=message)
