"""What the course's tests need besides."""

import numpy as np
import pytest
from hypothesis import settings

# a busy machine is no reason to fail
settings.register_profile("regnet", deadline=None, max_examples=50)
settings.load_profile("regnet")


@pytest.fixture(autouse=True)
def _own_stream():
    """The course reseeds NumPy's process-wide stream; other tests find it as it was."""
    state = np.random.get_state()  # noqa: NPY002
    yield
    np.random.set_state(state)  # noqa: NPY002


@pytest.fixture
def no_pictures(monkeypatch):
    """Curves go to a figure without a window, which is closed afterwards."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")
