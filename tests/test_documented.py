"""Public names have numpydoc: a sentence, each parameter, and what is returned."""

import inspect
import re

import pytest

import cregnet
import regnet as rn

SECTION = re.compile(r"^(\w[\w ]*)\n-+$", re.MULTILINE)


def own_methods(cls):
    """Public methods that a class of regnet defines and no base of it does, which would describe them."""
    for name, method in vars(cls).items():
        function = inspect.unwrap(getattr(method, "__func__", method))
        inherited = any(hasattr(base, name) for base in cls.__mro__[1:])
        if inspect.isfunction(function) and not name.startswith("_") and not inherited:
            yield name, getattr(cls, name)


def public():
    """Name and object of everything that is public and called."""
    for name in rn.__all__:
        found = getattr(rn, name)
        if inspect.isroutine(found) or inspect.isclass(found):
            yield f"rn.{name}", found
        if inspect.isclass(found):
            bases = [base for base in found.__mro__ if base.__module__.startswith("regnet")]
            for base in bases:
                yield from ((f"rn.{name}.{method}", f) for method, f in own_methods(base))
    for names in cregnet.KERNELS.values():
        yield from ((f"cregnet.{name}", getattr(cregnet, name)) for name in names)


def sections(text):
    """The sections of a docstring by their titles; that before the first has none."""
    parts = SECTION.split(text)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def missing(found):
    """What a docstring lacks."""
    text = inspect.getdoc(found) or ""
    if not text:
        return ["a docstring"]
    lacks, given = [], sections(text)
    if not text.split("\n\n")[0].rstrip().endswith((".", ":")):
        lacks.append("a sentence at the start")
    if inspect.isclass(found) and issubclass(found, Warning):
        return lacks
    signature = inspect.signature(found)
    described = given.get("Parameters", "") + (given.get("Attributes", "") if inspect.isclass(found) else "")
    names = re.findall(r"^([\w*, ]+?)(?: :.*)?$", described, re.MULTILINE)
    names = {name.strip("* ") for line in names for name in line.split(",")}
    lacks += [f"the parameter {name}" for name in signature.parameters if name not in {*names, "self"}]
    returns = inspect.isroutine(found) and signature.return_annotation not in (None, "None", signature.empty)
    if returns and not {"Returns", "Yields"} & set(given):
        lacks.append("what it returns")
    return lacks


# Has arguments that are not for users: `search` makes it.
MADE_BY_SEARCH = rn.SearchResult


def test_every_public_name_is_described():
    lacks = {name: missing(found) for name, found in public() if found is not MADE_BY_SEARCH}
    assert len(lacks) > 100
    assert {name: lack for name, lack in lacks.items() if lack} == {}


def wrong(a, b: int = 0) -> int:
    """Has no point

    Parameters
    ----------
    a : int
    """
    return a + b


def right(a, *, b=0) -> int:
    """Adds.

    Parameters
    ----------
    a, b : int

    Returns
    -------
    int
    """
    return a + b


@pytest.mark.parametrize(
    ("function", "lacks"),
    [
        (wrong, ["a sentence at the start", "the parameter b", "what it returns"]),
        (right, []),
        (lambda: None, ["a docstring"]),
    ],
)
def test_what_is_missing_is_found(function, lacks):
    assert missing(function) == lacks
