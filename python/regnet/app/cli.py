"""The command line: ``regnet demo``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import __version__
from .._support.checks import integer
from .._support.randomness import LARGEST_SEED
from .demo import PICTURE, run_demo

__all__ = ["main"]


# Exit statuses as shells have them for what a signal has ended: 128 + SIGINT, 128 + SIGPIPE.
INTERRUPTED, BROKEN_PIPE = 130, 141


def whole_number(name: str, least: int, most: int | None = None) -> Callable[[str], int]:
    """The reader of an argument that is a whole number in a range."""

    def read(text: str) -> int:
        try:
            value: int | str = int(text)
        except ValueError:
            value = text
        try:
            return integer(name, value, least=least, most=most)
        except (TypeError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


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
    iterations, seed = whole_number("iterations", 1), whole_number("seed", 0, LARGEST_SEED)
    demo.add_argument("--iterations", type=iterations, default=30_000, metavar="N", help="default: 30000")
    demo.add_argument(
        "--seed", type=seed, default=3, metavar="N", help="of weights, masks, generated points (default: 3)"
    )
    demo.add_argument("--no-progress", action="store_true", help="no progress bar")
    return top


def run(arguments: Sequence[str] | None) -> int:
    """Run a command; what it cannot read, write or import is a line on standard error and status 1."""
    given = parser().parse_args(arguments)
    try:
        run_demo(
            data=given.data,
            picture=given.out,
            iterations=given.iterations,
            seed=given.seed,
            progress=not given.no_progress,
        )
        flush()
    except BrokenPipeError:
        raise
    except (ImportError, OSError, ValueError, TypeError) as error:
        print(f"regnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("regnet: interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status.

    2 (SystemExit) for a wrong argument, 1 for a file or a package that is missing or does not do, 130
    after Ctrl-C, and 141 where nobody reads the output any more, as in ``regnet demo | head -2``.
    """
    try:
        try:
            return run(arguments)
        finally:
            flush()  # of --help too; an error when the interpreter ends could not be caught
    except OSError as error:  # `run` has said so, unless nobody is there to read it
        discard_output()
        return BROKEN_PIPE if isinstance(error, BrokenPipeError) else 1


def flush() -> None:
    """Write out what is in the buffer of standard output, where that is not closed."""
    if sys.stdout is not None:
        sys.stdout.flush()


def discard_output() -> None:
    """Let what is still in the buffers go nowhere: the interpreter writes it out when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
