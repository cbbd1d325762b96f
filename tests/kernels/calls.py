"""Calls of kernels by name, derived from the list of kernels, their cases and their signatures."""

import inspect
import itertools

import numpy as np

import cregnet
import cregnet.reference
from twins import cases_of_family, split_options

NAMES = [(family, name) for family, names in cregnet.KERNELS.items() for name in names]
PUBLIC = [(family, name) for family, name in NAMES if family != "network"]
DOUBLE = np.dtype(np.float64)


def inputs(name):
    """The first two arguments of a kernel."""
    return list(inspect.signature(getattr(cregnet, name)).parameters)[:2]


def cases_of(family, name, dtype=DOUBLE):
    """Arguments by name, of cases whose arrays have more than one element; some of a network's are empty."""
    cases = cases_of_family(family)[name]
    names = list(inspect.signature(getattr(cregnet, name)).parameters)
    for case in cases(np.random.default_rng(1), dtype):
        by_position, options = split_options(case)
        sizes = [a.size for a in by_position if isinstance(a, np.ndarray)]
        if 1 not in sizes and (family == "network" or 0 not in sizes):
            yield dict(zip(names, by_position, strict=False)) | options


def arguments(family, name, dtype=DOUBLE):
    """The one of them with the fewest empty arrays."""
    return max(cases_of(family, name, dtype), key=lambda values: len(arrays_of(values)))


def arrays_of(values):
    return [name for name, value in values.items() if isinstance(value, np.ndarray) and value.size]


def fresh(values):
    return {name: v.copy() if isinstance(v, np.ndarray) else v for name, v in values.items()}


def outputs(name):
    """Arguments of a kernel that are allocated where they are left out, in their order."""
    return [
        p.name
        for p in inspect.signature(getattr(cregnet, name)).parameters.values()
        if p.default is None and p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in ("weight", "cancel")
    ]


def updated(name):
    """Arguments of a kernel that it changes and that are no outputs."""
    return sorted(set(written_by(family_of(name), name)) - set(outputs(name)))


def family_of(name):
    """The family of a kernel."""
    return next(family for family, names in cregnet.KERNELS.items() if name in names)


def written_by(family, name):
    """What the twin changes in some case."""
    changed = set()
    for values in itertools.islice(cases_of(family, name), 20):
        before = fresh(values)
        with np.errstate(all="ignore"):
            getattr(cregnet.reference, name)(**values)
        changed |= {a for a in arrays_of(values) if before[a].tobytes() != values[a].tobytes()}
    return sorted(changed)


def misaligned(array):
    memory = np.zeros(array.nbytes + 1, np.uint8)
    view = memory[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view
