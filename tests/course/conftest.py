"""What the course's tests need besides."""

import subprocess
import sys

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


@pytest.fixture
def run(tmp_path):
    """Write a notebook of some cells and files beside it, run it from elsewhere; it stays as it was."""
    nbformat = pytest.importorskip("nbformat", reason="running a notebook needs nbclient")
    for name in ("nbclient", "ipykernel"):
        pytest.importorskip(name, reason="running a notebook needs nbclient")

    def run_cells(*cells, options=(), files=None):
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell("# Title")] + [nbformat.v4.new_code_cell(c) for c in cells],
            metadata={"kernelspec": {"name": "of-another-machine", "display_name": "", "language": "python"}},
        )
        folder = tmp_path / "homework"
        folder.mkdir()
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        path = folder / "notebook.ipynb"
        nbformat.write(notebook, path)
        before = path.read_bytes()
        command = [sys.executable, "-m", "regnet.course", str(path), *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert path.read_bytes() == before
        return done, [p.name for p in folder.iterdir()]

    return run_cells
