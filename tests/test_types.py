"""What a type checker says: nothing of right programs, and of wrong ones that a name is misspelt."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import regnet as rn
from cregnet import spec

README = Path(__file__).parents[1] / "README.md"
RIGHT = """
import cregnet
import numpy as np
import regnet as rn

X, y, _, _ = rn.datasets.make_football()
layers = [rn.Input(2, dropout="gaussian"), rn.Dense(3, "leaky_relu", init="he"), rn.Dense(1)]
model = rn.Model(layers, dtype=X.dtype, loss="squared_error")
for model in (rn.Model.mlp([2, 1], dtype=np.float32), rn.Model.mlp([2, 1], dtype=float, output="sigmoid")):
    stop = rn.EarlyStopping(3, "val_score", direction="max")
    rn.train(model, X, y, batch_size="auto", class_weight="balanced", backend="reference", callbacks=[stop])
rn.Momentum(form="nesterov"), rn.L2(1, "batch") + rn.L1(1, scale="none") + rn.L0(1, "examples")
rn.find_learning_rate(model, X, y, batch_size=None)
rn.Model.mlp([2, 1], loss=rn.Loss("squared_error")).loss_options
rn.search(lambda config: model, X, y, {"a": rn.uniform(0, 1)}, monitor="val_cost")
rn.plotting.plot_cost, rn.course.reg_utils.model, rn.augment.Shift, cregnet.reference.relu
Z = cregnet.dense(np.ones((3, 2)), [[0.0], [0.0], [0.0]], np.ones((2, 5)))
A: np.ndarray = cregnet.leaky_relu(Z, Z, slope=0.1)
cost, dZ = cregnet.squared_error(A, Z)
half, last = cost / 2, dZ[-1]
"""
WRONG = """
import cregnet
import regnet as rn

X, y, _, _ = rn.datasets.make_football()
rn.EarlyStoping
rn.training_loop
rn.course.regutils
cregnet.referense
cregnet.rellu
cregnet.philox_rounds
cregnet.relu("Z", 3)
cregnet.leaky_relu([[1.0]], None, 0.1)
cregnet.clip_norm([1.0], 2.0).shape
cregnet.reference.rellu
rn.Dense(3, "rellu")
rn.Loss("squared")
rn.Dense(3, dropout="gauss")
rn.Dense(3, init="hee")
rn.Input(3, dropout="gauss")
rn.Model([], loss="log_loss")
rn.Model([], dtype="float16")
rn.Model.mlp([2, 1], activation="rellu")
rn.Model.mlp([2, 1], output="linear")
rn.Model.mlp([2, 1], init="hee")
rn.Model.mlp([2, 1], dtype="double")
rn.Model.mlp([2, 1], loss="mse")
model = rn.Model.mlp([2, 1])
rn.train(model, X, y, backend="cuda")
rn.train(model, X, y, batch_size="full")
rn.train(model, X, y, class_weight="equal")
rn.find_learning_rate(model, X, y, batch_size="full")
rn.search(lambda config: model, X, y, {}, monitor="cost")
rn.EarlyStopping(monitor="val_loss")
rn.EarlyStopping(direction="up")
rn.ReduceOnPlateau(monitor="val_loss")
rn.ReduceOnPlateau(direction="up")
rn.Momentum(form="heavy_ball")
rn.L0(1, "example")
rn.L1(1, "example")
rn.L2(1, "example")
"""
FIRST_WRONG = "rn.EarlyStoping"


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """File name -> line -> what mypy says, in one run."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    folder = tmp_path_factory.mktemp("types")
    examples = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names = "import regnet as rn\n" + "".join(f"rn.{name}\n" for name in rn.__all__)
    texts = {"right.py": RIGHT, "wrong.py": WRONG, "names.py": names}
    texts |= {f"readme_{number}.py": text for number, text in enumerate(examples)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    options = ["--strict", "--no-error-summary", "--config-file=", "--cache-dir=cache"]
    command = [sys.executable, "-m", "mypy", *options, *texts]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)
    assert done.stderr == ""
    found = {name: {} for name in texts}
    for line in done.stdout.splitlines():
        name, number, text = line.split(":", 2)
        found[name][int(number)] = text
    return found


def test_right_programs_have_no_errors(complaints):
    wrong = complaints["wrong.py"]
    assert complaints == {name: {} for name in complaints} | {"wrong.py": wrong}
    assert "readme_0.py" in complaints


def test_each_misspelt_name_is_an_error(complaints):
    lines = WRONG.splitlines()
    first = lines.index(FIRST_WRONG) + 1
    misspelt = [n for n in range(first, len(lines) + 1) if not lines[n - 1].startswith("model =")]
    assert sorted(complaints["wrong.py"]) == misspelt
    assert 'Module has no attribute "EarlyStoping"; maybe "EarlyStopping"' in complaints["wrong.py"][first]


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (rn.training.engine.BACKENDS, rn.training.engine.Backend),
        (rn.models.initializers.BY_NAME, rn.models.initializers.InitializerName),
        (rn.training.optimizers.KERNEL_OF, rn.training.optimizers.Form),
        (spec.ACTIVATIONS, spec.ActivationName),
        (spec.LOSSES, spec.LossName),
        (spec.OPTIMIZERS, spec.OptimizerName),
    ],
)
def test_a_table_has_the_names_of_its_type(table, names):
    """Both are written down: a type cannot be made from the keys of a dictionary."""
    assert tuple(table) == get_args(names)
