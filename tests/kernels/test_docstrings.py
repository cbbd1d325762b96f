"""Docstrings of kernels: an example that runs, every argument by name."""

import doctest
import inspect
import re

import numpy as np
import pytest

import cregnet
from kernels.calls import PUBLIC


@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_examples_of_kernels_run(family, name):
    text, names = getattr(cregnet, name).__doc__, {"cregnet": cregnet, "np": np}
    example = doctest.DocTestParser().get_doctest(text, names, name, None, 0)
    assert example.examples
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(example)
    assert runner.failures == 0


@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_docstrings_name_every_argument(family, name):
    text = getattr(cregnet, name).__doc__
    section = text.split("Parameters\n")[1].split("Raises\n")[0]
    for argument in inspect.signature(getattr(cregnet, name)).parameters:
        assert re.search(rf"^ *(\w+, )*{argument}(, \w+)* :", section, re.MULTILINE), argument
