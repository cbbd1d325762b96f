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

# Exit statuses that a shell reports for a process ended by a signal: 128 + SIGINT, 128 + SIGPIPE.
INTERRUPTED, BROKEN_PIPE = 130, 141


def whole_number(name: str, least: int, most: int | None = None) -> Callable[[str], int]:
    """The argparse type of an integer argument with a range."""

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
    """The parser of the command line."""
    top = argparse.ArgumentParser(
        prog="regnet", description="Regularised neural networks on NumPy arrays, at the speed of the CPU."
    )
    top.add_argument("--version", action="version", version=f"regnet {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    demo = commands.add_parser(
        "demo",
        help="train one network with each kind of regularisation, and draw the results",
        description="Train the network 2-20-3-1 without regularisation, with L2, L1, L0, dropout, batch norm "
        "and early stopping, and with the best hyper-parameters that a search finds; print a table, and draw "
        "the cost curves and decision boundaries.",
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
    """Run a command and return its exit status; an expected error becomes one line on standard error."""
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
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 after success, 1 if a file or package is missing or cannot be used, 130 after Ctrl-C, 141 if the
        reader of standard output has closed it, as in ``regnet demo | head -2``.

    Raises
    ------
    SystemExit
        With status 2 if an argument is invalid.
    """
    try:
        try:
            return run(arguments)
        finally:
            flush()  # here, also after --help, because an error at interpreter exit cannot be caught
    except OSError as error:  # `run` has reported it, unless standard output is closed
        discard_output()
        return BROKEN_PIPE if isinstance(error, BrokenPipeError) else 1


def flush() -> None:
    """Flush standard output, unless it is closed."""
    if sys.stdout is not None:
        sys.stdout.flush()


def discard_output() -> None:
    """Redirect standard output and error to the null device, because the interpreter flushes them at exit."""
    null_device = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(null_device, stream.fileno())
    os.close(null_device)
