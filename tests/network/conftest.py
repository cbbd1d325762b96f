"""What tests of the network can use beside the rest."""

import pytest

import cregnet.reference
from builds import BUILDS, load_core


@pytest.fixture(params=["reference", *BUILDS])
def network(request):
    """The twin and each build of the core: what holds whoever computes it."""
    return cregnet.reference if request.param == "reference" else load_core(request.param)
