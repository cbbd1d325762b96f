"""`install`, whole notebooks, pictures, and the examples of shared functions."""

import doctest
import importlib
import inspect
import pickle
import pkgutil
import sys

import numpy as np
import pytest

import regnet.course
import regnet.course._notebook
import regnet.course._pictures
from regnet.course import (
    dnn_app_utils_v2,
    dnn_app_utils_v3,
    dnn_utils,
    dnn_utils_v2,
    gc_utils,
    init_utils,
    opt_utils,
    opt_utils_2021,
    opt_utils_v1a,
    planar_utils,
    reg_utils,
)
from regnet.course.dlai_tools import testing_utils

from .nets import untouched

# the import lines of the notebooks
LINES = """
from reg_utils import sigmoid, relu, plot_decision_boundary, initialize_parameters
from reg_utils import load_2D_dataset, predict_dec
from reg_utils import compute_cost, predict, forward_propagation, backward_propagation, update_parameters
from init_utils import sigmoid, relu, compute_loss, forward_propagation, backward_propagation
from init_utils import update_parameters, predict, load_dataset, plot_decision_boundary, predict_dec
from opt_utils import load_params_and_grads, initialize_parameters, forward_propagation, backward_propagation
from opt_utils import compute_cost, predict, predict_dec, plot_decision_boundary, load_dataset
from opt_utils_v1a import load_params_and_grads, initialize_parameters, forward_propagation
from opt_utils_v1a import backward_propagation, compute_cost, predict, predict_dec, load_dataset
from gc_utils import sigmoid, relu, dictionary_to_vector, vector_to_dictionary, gradients_to_vector
from planar_utils import plot_decision_boundary, sigmoid, load_planar_dataset, load_extra_datasets
from dnn_app_utils_v2 import *
from dnn_app_utils_v3 import *
from dnn_utils_v2 import sigmoid, sigmoid_backward, relu, relu_backward
from dnn_utils import sigmoid, sigmoid_backward, relu, relu_backward
from dlai_tools.testing_utils import single_test, multiple_test
"""
NAMES = tuple(regnet.course.MODULES)


def test_the_helper_notices_a_change():
    parameters = {"W1": np.ones((2, 2))}
    with pytest.raises(AssertionError), untouched(parameters):
        parameters["W1"] += 1
    with pytest.raises(AssertionError), untouched(parameters):
        parameters["b1"] = 0


# ------------------------------------------------------------------------------ install


@pytest.fixture
def no_modules(monkeypatch):
    """None of the notebook's modules is imported, now or afterwards."""
    for name in NAMES:
        monkeypatch.setitem(sys.modules, name, None)


def test_import_lines_work_after_install(no_modules):
    with pytest.raises(ImportError):
        exec(LINES, {})
    regnet.course.install()
    found = {}
    exec(LINES, found)
    assert found["relu"] is dnn_utils.relu
    assert found["vector_to_dictionary"] is gc_utils.vector_to_dictionary
    assert found["load_params_and_grads"] is opt_utils.load_params_and_grads
    exec("from reg_utils import *\nfrom init_utils import model as init_model", found)
    assert found["model"] is reg_utils.model
    assert found["init_model"] is init_utils.model


def test_install_wins_over_a_helper_file(no_modules, tmp_path, monkeypatch):
    (tmp_path / "reg_utils.py").write_text("raise AssertionError('the file beside the notebook')")
    monkeypatch.syspath_prepend(tmp_path)
    regnet.course.install()
    regnet.course.install()  # twice is once
    assert importlib.import_module("reg_utils") is reg_utils


def test_the_signatures_are_the_notebooks():
    signatures = {
        reg_utils.model: "X, Y, learning_rate=0.3, num_iterations=30000, print_cost=True, lambd=0, "
        "keep_prob=1",
        init_utils.model: "X, Y, learning_rate=0.01, num_iterations=15000, print_cost=True, "
        "initialization='he'",
        opt_utils.model: (
            optimization := "X, Y, layers_dims, optimizer, learning_rate=0.0007, "
            "mini_batch_size=64, beta=0.9, beta1=0.9, beta2=0.999, epsilon=1e-08, num_epochs=10000, "
            "print_cost=True, decay=None, decay_rate=1"
        ),
        opt_utils_v1a.model: optimization,
        opt_utils_2021.model: optimization.replace("10000", "5000"),
        opt_utils.random_mini_batches: "X, Y, mini_batch_size=64, seed=0",
        opt_utils.update_parameters_with_adam: "parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, "
        "beta2=0.999, epsilon=1e-08, return_corrected=False",
        gc_utils.gradient_check_n: "parameters, gradients, X, Y, epsilon=1e-07, print_msg=False",
        dnn_utils.L_layer_model: "X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000, "
        "print_cost=False, return_costs=False",
    }
    for function, expected in signatures.items():
        empty = inspect.Parameter.empty
        parameters = inspect.signature(function).parameters.values()
        found = [p.name if p.default is empty else f"{p.name}={p.default!r}" for p in parameters]
        assert ", ".join(found) == expected


MODULES = (
    reg_utils,
    init_utils,
    opt_utils,
    opt_utils_v1a,
    opt_utils_2021,
    gc_utils,
    dnn_utils,
    dnn_utils_v2,
    dnn_app_utils_v2,
    dnn_app_utils_v3,
    planar_utils,
    testing_utils,
)
READERS = ("load_2D_dataset", "load_cats", "load_flat_cats")  # of files that only the course has


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_public_functions_have_examples(module):
    for name in module.__all__:
        function = getattr(module, name)
        text = inspect.getdoc(function)
        if set(inspect.signature(function).parameters) - {"is_plot"}:
            assert "Parameters\n---" in text, name
        if "plot" not in name and "print" not in name and "test" not in name:
            assert "Returns\n---" in text, name
        assert ">>>" in text or function.__name__ in READERS, name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_of_public_functions_run(module):
    """With the names that a notebook has after ``import numpy as np`` and a star import of the module.

    `doctest.testmod` skips functions that are defined in a private module or wrapped by a decorator.
    """
    names = {"np": np} | {name: getattr(module, name) for name in module.__all__}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    others = {other.__name__ for other in MODULES if other is not module}  # their examples have their names
    for name in module.__all__:
        function = inspect.unwrap(names[name])
        if function.__module__ not in others:
            own = {function.__name__: names[name]}  # the name in its own examples
            for test in doctest.DocTestFinder().find(function, name, globs=names | own):
                runner.run(test)
    assert runner.summarize().failed == 0
    assert runner.tries > 0 or module is dnn_utils_v2  # which defines no function


PRIVATE = [name for _, name, _ in pkgutil.iter_modules(regnet.course.__path__) if name.startswith("_")]


@pytest.mark.parametrize("name", PRIVATE)
def test_examples_of_private_modules_run(name):
    module = importlib.import_module(f"regnet.course.{name}")
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_functions_can_be_pickled(module):
    """A function that a private module defines is pickled under the public module that notebooks import."""
    for name in module.__all__:
        function = getattr(module, name)
        assert pickle.loads(pickle.dumps(function)) is function
        assert inspect.getsource(function)


def test_functions_name_their_public_module():
    for function in (
        dnn_utils.relu_backward,
        dnn_utils.linear_activation_forward,
        reg_utils.forward_propagation_with_dropout,
        opt_utils_v1a.update_parameters_with_momentum,
        opt_utils_v1a.schedule_lr_decay,
    ):
        public = importlib.import_module(function.__module__)
        assert public in MODULES
        assert getattr(public, function.__name__) is function


# ------------------------------------------------------------------------------ pictures


@pytest.fixture
def ax(no_pictures):
    """The current axes."""
    import matplotlib.pyplot as plt

    return plt.gca()


def drawn_points(ax):
    """The points of all classes; regions are collections of another kind."""
    from matplotlib.collections import PathCollection

    found = [points.get_offsets() for points in ax.collections if isinstance(points, PathCollection)]
    return np.vstack([np.asarray(points) for points in found])


def test_costs_are_drawn(ax, capsys):
    X, Y = opt_utils.load_dataset(is_plot=False)
    opt_utils.model(X, Y, [2, 5, 2, 1], "gd", num_epochs=301)
    [line] = ax.get_lines()
    assert line.get_xdata().tolist() == [0, 1, 2, 3]
    assert ax.get_xlabel() == "epochs (per 100)"
    assert (ax.get_ylabel(), ax.get_title()) == ("cost", "Learning rate = 0.0007")
    printed = float(capsys.readouterr().out.split(":")[1])
    assert line.get_ydata()[0] == pytest.approx(printed, abs=1e-6)


def test_without_matplotlib_a_line_says_so(monkeypatch, capsys):
    X, Y = opt_utils.load_dataset(is_plot=False)
    monkeypatch.setattr(regnet.course._pictures, "find_spec", lambda name: None)
    opt_utils.model(X, Y, [2, 5, 2, 1], "gd", num_epochs=1)
    assert capsys.readouterr().out.splitlines()[-1] == "(no picture of the costs: pip install 'regnet[plot]')"


def test_data_sets_are_drawn(ax):
    for load in (init_utils.load_dataset, opt_utils.load_dataset):
        ax.clear()
        X = load()[0]
        assert sorted(drawn_points(ax).tolist()) == sorted(X.T.tolist())


def test_football_is_drawn(football_mat, ax):
    X, Y, _, _ = reg_utils.load_2D_dataset(football_mat)
    assert sorted(drawn_points(ax).tolist()) == sorted(X.T.tolist())
    assert (X.shape, Y.shape) == ((2, 211), (1, 211))


def test_decision_boundary(ax):
    X, y = np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 1.0]]), np.array([[0, 1, 1]])
    asked = []

    def model(points):
        asked.append(points)
        return (points[:, 0] > 0.5)[None]

    with untouched(X, y):
        reg_utils.plot_decision_boundary(model, X, y)
    [points] = asked
    assert points.shape[1] == 2
    np.testing.assert_allclose([points.min(axis=0), points.max(axis=0)], [[-1, -1], [3, 4]])
    assert sorted(drawn_points(ax).tolist()) == sorted(X.T.tolist())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")
    assert ax.get_xlim() == pytest.approx((-0.16, 2.16))
    assert ax.get_ylim() == pytest.approx((-0.24, 3.24))


def test_limits_that_were_set_stay(ax):
    ax.set_xlim(-0.75, 0.4)
    ax.set_ylim(-0.75, 0.65)
    X, y = np.array([[0.0, 0.1], [0.0, 0.2]]), np.array([0, 1])
    reg_utils.plot_decision_boundary(lambda x: x[:, 0] > 0, X, y)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.75, 0.4), (-0.75, 0.65))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.ones((3, 2)), [[0, 1]], r"X has shape \(3, 2\), wanted \(2, m\): only two features can be drawn"),
        (np.ones((2, 3)), [[0, 1]], r"X has shape \(2, 3\) and y has shape \(1, 2\), wanted as many columns"),
        (
            np.ones((2, 2)),
            np.ones((2, 2)),
            r"y has shape \(2, 2\) and X has shape \(2, 2\), wanted y of shape",
        ),
    ],
)
def test_wrong_boundaries(X, y, message):
    with pytest.raises(ValueError, match=message):
        reg_utils.plot_decision_boundary(lambda x: x, X, y)


def test_without_matplotlib_a_boundary_is_an_error(monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pictures need matplotlib: pip install 'regnet\[plot\]'"):
        reg_utils.plot_decision_boundary(lambda x: x, np.ones((2, 2)), [[0, 1]])


# ------------------------------------------------------------------------------ notebooks


def test_a_notebook_runs(run):
    done, files = run(
        "%matplotlib inline\nimport numpy as np\nimport matplotlib.pyplot as plt\n" + LINES,
        "from opt_utils import *\ntrain_X, train_Y = load_dataset()",
        "  ",
        "parameters = model(train_X, train_Y, [2, 5, 2, 1], 'gd', num_epochs=1001)",
        "from pathlib import Path\nprint(Path.cwd().name)\nassert 'regnet' not in dir()",
        options=["--output"],
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    cells = [line.split() for line in lines if line.startswith("cell ")]
    assert [cell[:2] for cell in cells] == [["cell", str(k)] for k in (1, 2, 3, 4)]
    assert all(float(cell[2]) >= 0 and cell[3] == "s" for cell in cells)
    assert cells[0][4:] == ["%matplotlib", "inline"]
    assert "Cost after epoch 1000: 0.685273" in lines
    assert "homework" in lines  # its folder is the current one
    assert lines[-1].startswith("4 cells")
    assert files == ["notebook.ipynb"]


def test_a_notebook_stops_at_an_error(run):
    done, _ = run("print('hello')", "x = 1\nprint('before')\nx / 0", "print('never')")
    assert done.returncode == 1
    error = done.stderr.splitlines()
    assert error[-1] == "regnet.course: cell 2, line 3: ZeroDivisionError: division by zero"
    assert any(line.endswith("3 x / 0") for line in error)  # the traceback marks the line, without colours
    assert "\x1b" not in done.stderr
    lines = done.stdout.splitlines()
    assert "hello" not in lines
    assert lines[-1] == "before"  # what the failing cell printed
    assert "never" not in done.stdout


def test_a_notebook_whose_kernel_dies(run):
    done, _ = run("import os\nos._exit(3)")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "regnet.course: cell 1: the kernel died"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file 'note.ipynb'"),
        ("{", "note.ipynb is not a notebook: "),
        ("[]", "is not a notebook"),
    ],
)
def test_a_file_that_is_no_notebook(tmp_path, monkeypatch, capsys, content, message):
    pytest.importorskip("nbclient", reason="running a notebook needs nbclient")
    pytest.importorskip("ipykernel", reason="running a notebook needs nbclient")
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "note.ipynb").write_text(content)
    assert regnet.course._notebook.main(["note.ipynb"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("regnet.course: ")
    assert message in error
    assert error.count("\n") == 1


def test_without_nbclient_a_line_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nbclient", None)
    assert regnet.course._notebook.main([str(tmp_path / "note.ipynb")]) == 1
    message = "regnet.course: running a notebook needs nbclient: pip install 'regnet[notebook]'\n"
    assert capsys.readouterr().err == message
