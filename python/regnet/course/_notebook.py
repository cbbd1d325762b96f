"""Run a notebook's code cells with the course's modules installed, and print how long each took.

The notebook file is never written. Its cells run in a kernel of this Python, in the notebook's folder, after
a first cell that calls `install`. The kernel is headless and keeps its own files in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["main", "run_notebook"]

PRELUDE = "import regnet.course\nregnet.course.install({edition!r})\ndel regnet"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LINE = re.compile(r"^\s*Cell In ?\[\d+\],? line (\d+)", re.MULTILINE)


class CellFailed(Exception):
    """A cell raised an error; the message has the cell's number, the line and the error."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


def packages() -> tuple[Any, Any, Any]:
    """nbclient, nbformat and jupyter_client; raise an ImportError that says how to install them."""
    try:
        import ipykernel  # noqa: F401  # runs in the kernel's process
        import jupyter_client
        import jupyter_client.kernelspec
        import nbclient
        import nbformat
    except ImportError:
        raise ImportError("running a notebook needs nbclient: pip install 'regnet[notebook]'") from None
    return nbclient, nbformat, jupyter_client


def read(path: Path) -> Any:
    """The notebook, converted to format 4."""
    _, nbformat, _ = packages()
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # of nbformat, jsonschema or json
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is not a notebook: {reason}") from error


def edition_of(notebook: Any) -> str:
    """The argument for `install`: a notebook that imports `public_tests` is of 2021."""
    sources = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return "2021" if any("public_tests" in source for source in sources) else "by name"


@contextmanager
def kernel(notebook: Any, folder: Path) -> Iterator[Any]:
    """A client with a running kernel of this Python in which the course's modules are installed."""
    nbclient, nbformat, jupyter_client = packages()
    specs: Any = jupyter_client.kernelspec

    class ThisPython(specs.KernelSpecManager):
        """Use this interpreter, not the kernel that the notebook names."""

        def get_kernel_spec(self, kernel_name: str) -> Any:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            command += ["--HistoryManager.enabled=False", "--log-level=ERROR"]
            return specs.KernelSpec(argv=command, language="python")

    with tempfile.TemporaryDirectory(prefix="regnet-") as temporary:
        manager = jupyter_client.AsyncKernelManager(
            kernel_spec_manager=ThisPython(),
            connection_file=os.path.join(temporary, "kernel.json"),
            transport="tcp" if sys.platform == "win32" else "ipc",  # sockets in the folder, no network
        )
        client = nbclient.NotebookClient(
            notebook, km=manager, timeout=None, resources={"metadata": {"path": str(folder)}}
        )
        with client.setup_kernel(env=dict(os.environ, IPYTHONDIR=temporary)):
            prelude = PRELUDE.format(edition=edition_of(notebook))
            client.execute_cell(nbformat.v4.new_code_cell(prelude), -1, store_history=False)
            yield client


def printed(cell: Any) -> str:
    """What a cell printed, without figures and displayed values."""
    return "".join(output["text"] for output in cell["outputs"] if output["output_type"] == "stream")


def failure_of(number: int, cell: Any, error: Any) -> CellFailed:
    """The exception for a failed cell, with Jupyter's traceback without colours."""
    lines = [line for output in cell["outputs"] for line in output.get("traceback", ())]
    traceback = COLOURS.sub("", "\n".join(lines))
    line = LINE.search(traceback)
    place = f"cell {number}, line {line[1]}" if line else f"cell {number}"
    return CellFailed(f"{place}: {error.ename}: {error.evalue}", traceback)


def run_notebook(path: Path, show_output: bool = False) -> float:
    """Run the code cells, print one line with the seconds of each, and return the total.

    Raises
    ------
    CellFailed
        If a cell raises an error; later cells do not run. The attribute `traceback` is the cell's.
    ImportError
        If nbclient is not installed.
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it is not a notebook.
    """
    notebook = read(path)
    nbclient, _, _ = packages()
    cells = [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code" and c.source.strip()]
    total = 0.0
    with kernel(notebook, path.absolute().parent) as client:
        for number, (index, cell) in enumerate(cells, start=1):
            started = time.perf_counter()
            error = None
            try:
                client.execute_cell(cell, index)
            except nbclient.exceptions.CellExecutionError as failure:
                error = failure
            except nbclient.exceptions.DeadKernelError as failure:
                raise CellFailed(f"cell {number}: the kernel died") from failure
            seconds = time.perf_counter() - started
            total += seconds
            print(
                f"cell {number:3d} {seconds:9.3f} s   {cell.source.strip().splitlines()[0][:70]}", flush=True
            )
            if show_output or error:
                print(printed(cell), end="", flush=True)
            if error:
                raise failure_of(number, cell, error) from error
    print(f"{len(cells)} cells {total:8.3f} s", flush=True)
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a notebook; return the exit status: 1 if a cell or reading the file failed, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m regnet.course",
        description="Run a notebook's code cells, headless and with the course's modules from regnet, and "
        "print how long each took. The notebook is not changed.",
    )
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    parser.add_argument("--output", action="store_true", help="print what the cells print, too")
    given = parser.parse_args(arguments)
    try:
        run_notebook(given.notebook, given.output)
    except CellFailed as error:
        print(*filter(None, [error.traceback, f"regnet.course: {error}"]), sep="\n", file=sys.stderr)
        return 1
    except (ImportError, OSError, ValueError) as error:
        print(f"regnet.course: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("regnet.course: interrupted", file=sys.stderr)
        return 130  # 128 + SIGINT, as in shells
    return 0
