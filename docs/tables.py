"""Write the tables of the guide from the rows of `cregnet.spec`.

python docs/tables.py            write them between their markers in guide/names.md
python docs/tables.py --check    only say whether they are up to date
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from cregnet import spec

PAGE = Path(__file__).parent / "guide" / "names.md"
COMMAND = "python docs/tables.py"


def code(text: str) -> str:
    """Text as code in a cell, where a bar would end the cell."""
    return f"`{text}`".replace("|", r"\|") if text else ""


def formula(name: str, row: spec.Activation | spec.Loss | spec.Optimizer | spec.Regularizer) -> str:
    """The formula of a row, which has to have one."""
    if not row.formula:
        raise ValueError(f"{name} has no formula, wanted one in its row of cregnet/spec.py")
    return code(row.formula)


def options(found: Iterable[spec.Option]) -> str:
    """Options with their defaults."""
    return ", ".join(code(f"{option.name}={option.default:g}") for option in found)


def table(*columns: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


def activations() -> str:
    """The table of the activations."""
    rows = (
        (code(name), formula(name, row), options(row.options), code(row.initializer), row.source)
        for name, row in spec.ACTIVATIONS.items()
    )
    return table("activation", "A", "options of the kernel", "initialiser", "source", rows=rows)


TARGETS = {
    "binary": "two classes, or 0 and 1 per output",
    "classes": "one class per example",
    "numbers": "numbers",
    "counts": "numbers, at least 0",
}


def losses() -> str:
    """The table of the losses."""
    rows = (
        (
            code(name),
            formula(name, row),
            options(row.options),
            TARGETS[row.targets],
            code(row.link or "") or "any",
            code(row.metric),
            row.source,
        )
        for name, row in spec.LOSSES.items()
    )
    columns = ("loss", "of one example", "options", "targets", "output activation", "metric", "source")
    return table(*columns, rows=rows)


def optimizers() -> str:
    """The table of the optimisers."""
    rows = (
        (code(name), formula(name, row), options(row.options), f"{row.learning_rate:g}", row.source)
        for name, row in spec.OPTIMIZERS.items()
    )
    return table("kernel", "step", "options", "learning rate", "source", rows=rows)


def regularizers() -> str:
    """The table of the regularisers."""
    rows = (
        (code(name), formula(name, row), options([row.range]), row.on, row.source)
        for name, row in spec.REGULARIZERS.items()
    )
    return table("regulariser", "effect", "default", "on", "source", rows=rows)


TABLES: dict[str, Callable[[], str]] = {
    function.__name__: function for function in (activations, losses, optimizers, regularizers)
}


def updated(text: str) -> str:
    """A page with its tables as they should be.

    Raises
    ------
    ValueError
        If the page lacks the markers of a table.
    """
    for name, make in TABLES.items():
        start, end = f"<!-- {name}: written by {COMMAND} -->", f"<!-- end of {name} -->"
        before, found, rest = text.partition(start)
        _, found_end, after = rest.partition(end)
        if not (found and found_end):
            raise ValueError(f"the page lacks {start!r} or {end!r} after it, wanted both")
        text = f"{before}{start}\n\n{make()}\n\n{end}{after}"
    return text


def main(arguments: list[str]) -> int:
    """Write the tables, or with --check return 1 where they are out of date."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    found = PAGE.read_text(encoding="utf-8")
    wanted = updated(found)
    if arguments and found != wanted:
        print(f"{PAGE} is out of date, wanted: {COMMAND}", file=sys.stderr)
        return 1
    if not arguments:
        PAGE.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
