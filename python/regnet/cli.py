"""The command line: ``regnet demo``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .demo import PICTURE, run_demo

__all__ = ["main"]


def whole_number(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return value


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="regnet", description="Regularised neural networks on NumPy arrays, at the speed of the CPU."
    )
    top.add_argument("--version", action="version", version=f"regnet {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    demo = commands.add_parser(
        "demo",
        help="regularise a network on a football field in many ways and draw them",
        description="Train the network 2-20-3-1 without regularisation, with L2, L1, L0, dropout, batch norm "
        "and early stopping, and the best that a search finds; print a table and draw the cost curves and "
        "decision boundaries.",
    )
    demo.add_argument(
        "--data", type=Path, metavar="FILE.mat", help="the course's data file (default: generated points)"
    )
    demo.add_argument(
        "--out", type=Path, metavar="PICTURE", help=f"the picture to write (default: {PICTURE})"
    )
    demo.add_argument("--iterations", type=whole_number, default=30_000, metavar="N", help="default: 30000")
    demo.add_argument(
        "--seed", type=int, default=3, metavar="N", help="of weights, masks and generated points (default: 3)"
    )
    demo.add_argument("--no-progress", action="store_true", help="no progress bar")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 1 for a wrong argument or file, 130 after Ctrl-C."""
    given = parser().parse_args(arguments)
    try:
        run_demo(
            data=given.data,
            picture=given.out,
            iterations=given.iterations,
            seed=given.seed,
            progress=not given.no_progress,
        )
    except (ImportError, OSError, ValueError, TypeError) as error:
        print(f"regnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("regnet: interrupted", file=sys.stderr)
        return 130  # 128 + SIGINT, as shells have it
    return 0
