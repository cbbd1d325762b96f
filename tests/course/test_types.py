"""What every function returns, in one table: type, dtype and shape, as the notebooks' own have them."""

import numpy as np
import pytest

import regnet.course
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

M = 5
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(4, M)), np.array([[1, 0, 1, 1, 0]])
PARAMETERS = gc_utils.vector_to_dictionary(RNG.normal(size=(47, 1)))
A3, CACHE = reg_utils.forward_propagation(X, PARAMETERS)
DROPOUT_CACHE = reg_utils.forward_propagation_with_dropout(X, PARAMETERS, 0.8)[1]
GRADS = reg_utils.backward_propagation(X, Y, CACHE)
V = opt_utils.initialize_velocity(PARAMETERS)
Z = RNG.normal(size=(3, M))
AL, CACHES = dnn_utils.L_model_forward(X, PARAMETERS)


def described(value):
    """Type, dtype and shape, of all that a container has."""
    if isinstance(value, dict):
        return {key: described(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(described(entry) for entry in value)
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    return type(value).__name__


def floats(**shapes):
    return {key: f"float64{shape}" for key, shape in shapes.items()}


SHAPES = {"W1": [5, 4], "b1": [5, 1], "W2": [3, 5], "b2": [3, 1], "W3": [1, 3], "b3": [1, 1]}
SMALL = floats(W1=[3, 2], b1=[3, 1], W2=[1, 3], b2=[1, 1])  # of [2, 3, 1]
NET = floats(**SHAPES)
STEP = floats(**{"d" + key: shape for key, shape in SHAPES.items()})
LAYERS = {1: [5, M], 2: [3, M], 3: [1, M]}


def backward(z, a):
    """The gradients' names in the notebooks' order."""
    found = {}
    for l in (3, 2, 1):
        found |= {f"d{z}{l}": LAYERS[l], f"dW{l}": SHAPES[f"W{l}"], f"db{l}": SHAPES[f"b{l}"]}
        found |= {f"d{a}{l - 1}": LAYERS[l - 1]} if l > 1 else {}
    order = [f"d{z}3", "dW3", "db3", f"d{a}2", f"d{z}2", "dW2", "db2", f"d{a}1", f"d{z}1", "dW1", "db1"]
    return floats(**{key: found[key] for key in order})


def cache(*masks):
    """Z, a mask if any, A, W, b of each layer."""
    found = []
    for l in (1, 2, 3):
        mask = [f"bool{LAYERS[l]}"] if masks and l < 3 else []
        found += [f"float64{LAYERS[l]}", *mask, f"float64{LAYERS[l]}", NET[f"W{l}"], NET[f"b{l}"]]
    return tuple(found)


F, ROW = "float64", f"float64[1, {M}]"
CAPITAL, SMALL_LETTERS = backward("Z", "A"), backward("z", "a")
LAYER_CACHES = [
    ((f"{F}[4, {M}]", NET["W1"], NET["b1"]), f"{F}[5, {M}]"),
    ((f"{F}[5, {M}]", NET["W2"], NET["b2"]), f"{F}[3, {M}]"),
    ((f"{F}[3, {M}]", NET["W3"], NET["b3"]), ROW),
]
L_GRADS = {  # dA of a number: from 2018 on that of the activations of that layer
    "dA2": f"{F}[3, {M}]", "dW3": STEP["dW3"], "db3": STEP["db3"],
    "dA1": f"{F}[5, {M}]", "dW2": STEP["dW2"], "db2": STEP["db2"],
    "dA0": f"{F}[4, {M}]", "dW1": STEP["dW1"], "db1": STEP["db1"],
}  # fmt: skip
L_GRADS_2017 = {f"dA{int(k[2:]) + 1}" if k[:2] == "dA" else k: v for k, v in L_GRADS.items()}
ONE_LAYER = (f"{F}[3, {M}]", ((f"{F}[4, {M}]", f"{F}[3, 4]", f"{F}[3, 1]"), f"{F}[3, {M}]"))
W, B = RNG.normal(size=(3, 4)), np.zeros((3, 1))

COMMON = {
    "sigmoid": ((Z,), f"{F}[3, {M}]"),
    "relu": ((Z,), f"{F}[3, {M}]"),
    "forward_propagation": ((X, PARAMETERS), (ROW, cache())),
    "predict": ((X, Y, PARAMETERS), f"int64[1, {M}]"),
    "predict_dec": ((PARAMETERS, X), f"bool[1, {M}]"),
}
INIT = {
    **COMMON,
    "backward_propagation": ((X, Y, CACHE), SMALL_LETTERS),
    "compute_loss": ((A3, Y), "float64"),
    "initialize_parameters_zeros": (([2, 3, 1],), SMALL),
    "initialize_parameters_random": (([2, 3, 1],), SMALL),
    "initialize_parameters_he": (([2, 3, 1],), SMALL),
    "load_dataset": ((False,), ("float64[2, 300]", "int64[1, 300]", "float64[2, 100]", "int64[1, 100]")),
    "model": ((X, Y, 0.01, 1, False), floats(
        W1=[10, 4], b1=[10, 1], W2=[5, 10], b2=[5, 1], W3=[1, 5], b3=[1, 1])),
    "update_parameters": ((PARAMETERS, GRADS, 0.1), NET),
}  # fmt: skip
REG = {
    **COMMON,
    "backward_propagation": ((X, Y, CACHE), CAPITAL),
    "backward_propagation_with_dropout": ((X, Y, DROPOUT_CACHE, 0.8), CAPITAL),
    "backward_propagation_with_regularization": ((X, Y, CACHE, 0.7), CAPITAL),
    "compute_cost": ((A3, Y), "float64"),
    "compute_cost_with_regularization": ((A3, Y, PARAMETERS, 0.1), "float64"),
    "forward_propagation_with_dropout": ((X, PARAMETERS, 0.8), (ROW, cache("D"))),
    "initialize_parameters": (([2, 3, 1],), SMALL),
    "load_planar_dataset": ((0.1, 1), ("float64[2, 50]", "uint8[1, 50]")),
    "model": ((X, Y, 0.01, 1, False), floats(
        W1=[20, 4], b1=[20, 1], W2=[3, 20], b2=[3, 1], W3=[1, 3], b3=[1, 1])),
    "update_parameters": ((PARAMETERS, GRADS, 0.1), NET),
}  # fmt: skip
OPT = {
    **COMMON,
    "backward_propagation": ((X, Y, CACHE), SMALL_LETTERS),
    "compute_cost": ((A3, Y), "float64"),
    "initialize_adam": ((PARAMETERS,), (STEP, STEP)),
    "initialize_parameters": (([2, 3, 1],), SMALL),
    "initialize_velocity": ((PARAMETERS,), STEP),
    "load_dataset": ((False,), ("float64[2, 300]", "int64[1, 300]")),
    "load_params_and_grads": ((), tuple(f"float64{s}" for s in ([2, 3], [2, 1], [3, 3], [3, 1]) * 2)),
    "model": ((X, Y, [4, 5, 3, 1], "gd", 0.01, 64, 0.9, 0.9, 0.999, 1e-8, 1, False), NET),
    "random_mini_batches": (
        (np.ones((2, 3), np.int32), np.ones((1, 3), bool), 2),
        [("int32[2, 2]", "bool[1, 2]"), ("int32[2, 1]", "bool[1, 1]")],
    ),
    "schedule_lr_decay": ((0.5, 100, 1), "float64"),
    "update_lr": ((0.5, 2, 1), "float"),
    "update_parameters_with_adam": ((PARAMETERS, GRADS, V, V, 1), (NET, STEP, STEP)),
    "update_parameters_with_gd": ((PARAMETERS, GRADS, 0.1), NET),
    "update_parameters_with_momentum": ((PARAMETERS, GRADS, V, 0.9, 0.1), (NET, STEP)),
}
GC = {
    "backward_propagation": ((3, 4), "int"),
    "backward_propagation_n": ((X, Y, CACHE), CAPITAL),
    "dictionary_to_vector": (
        (PARAMETERS,),
        ("float64[47, 1]", ["str"] * 47),
    ),
    "forward_propagation": ((2, 4), np.dtype(int).name),
    "forward_propagation_n": ((X, Y, PARAMETERS), ("float64", cache())),
    "gradient_check": ((3, 4), "float64"),
    "gradient_check_n": ((PARAMETERS, GRADS, X, Y), "float64"),
    "gradients_to_vector": ((GRADS,), "float64[47, 1]"),
    "relu": ((Z,), f"{F}[3, {M}]"),
    "sigmoid": ((Z,), f"{F}[3, {M}]"),
    "vector_to_dictionary": ((np.ones((47, 1)),), NET),
}
DNN = {
    "L_layer_model": ((X, Y, [4, 3, 1], 0.1, 1), floats(W1=[3, 4], b1=[3, 1], W2=[1, 3], b2=[1, 1])),
    "L_model_backward": ((AL, Y, CACHES), L_GRADS),
    "L_model_forward": ((X, PARAMETERS), (ROW, LAYER_CACHES)),
    "compute_cost": ((AL, Y), "float64[]"),  # squeezed out of a matrix
    "initialize_parameters": ((2, 3, 1), SMALL),
    "initialize_parameters_deep": (([2, 3, 1],), SMALL),
    "linear_activation_backward": ((Z, ((X, W, B), Z), "relu"), (f"{F}[4, {M}]", f"{F}[3, 4]", f"{F}[3, 1]")),
    "linear_activation_forward": ((X, W, B, "relu"), ONE_LAYER),
    "linear_backward": ((Z, (X, W, B)), (f"{F}[4, {M}]", f"{F}[3, 4]", f"{F}[3, 1]")),
    "linear_forward": ((X, W, B), (f"{F}[3, {M}]", ONE_LAYER[1][0])),
    "relu": ((Z,), (f"{F}[3, {M}]", f"{F}[3, {M}]")),
    "relu_backward": ((Z, Z), f"{F}[3, {M}]"),
    "sigmoid": ((Z,), (f"{F}[3, {M}]", f"{F}[3, {M}]")),
    "sigmoid_backward": ((Z, Z), f"{F}[3, {M}]"),
    "update_parameters": ((PARAMETERS, GRADS, 0.1), NET),
}
APPLICATION = {**DNN, "predict": ((X, Y, PARAMETERS), f"float64[1, {M}]")}
TABLE = {
    init_utils: INIT,
    reg_utils: REG,
    opt_utils: OPT,
    opt_utils_v1a: OPT,
    opt_utils_2021: OPT | {
        "update_parameters_with_adam": ((PARAMETERS, GRADS, V, V, 1), (NET, STEP, STEP, STEP, STEP))
    },
    gc_utils: GC,
    dnn_utils: DNN,
    dnn_utils_v2: DNN,
    dnn_app_utils_v3: APPLICATION,
    dnn_app_utils_v2: APPLICATION | {"L_model_backward": ((AL, Y, CACHES), L_GRADS_2017)},
    planar_utils: {
        "load_planar_dataset": ((), ("float64[2, 400]", "uint8[1, 400]")),
        "sigmoid": ((Z,), f"{F}[3, {M}]"),
    },
}  # fmt: skip
# pictures have no result; what is read from files is in test_files.py
ELSEWHERE = {
    "load_2D_dataset", "load_cat_dataset", "load_data", "load_extra_datasets", "plot_decision_boundary",
    "print_mislabeled_images",
}  # fmt: skip
ROWS = [
    pytest.param(module, name, *row, id=f"{module.__name__.split('.')[-1]}.{name}")
    for module, rows in TABLE.items()
    for name, row in rows.items()
]


@pytest.mark.parametrize(("module", "name", "arguments", "expected"), ROWS)
def test_type_dtype_and_shape(module, name, arguments, expected):
    found = described(getattr(module, name)(*arguments))
    assert found == expected
    if isinstance(expected, dict):
        assert list(found) == list(expected)  # keys in the notebook's order


def test_every_function_is_in_the_table():
    modules = set(regnet.course.MODULES.values()) | {opt_utils_2021}
    modules = {module for module in modules if "dlai_tools" not in module.__name__}
    assert modules == set(TABLE)
    for module, rows in TABLE.items():
        files = {"load_dataset"} if module is reg_utils else set()
        assert set(rows) == set(module.__all__) - ELSEWHERE - files, module.__name__


def test_costs_have_a_shape_as_graders_read_it():
    for cost in (
        reg_utils.compute_cost(A3, Y),
        reg_utils.compute_cost_with_regularization(A3, Y, PARAMETERS, 0.1),
        init_utils.compute_loss(A3, Y),
        opt_utils.compute_cost(A3, Y),
        opt_utils_v1a.compute_cost(A3, Y),
        gc_utils.forward_propagation_n(X, Y, PARAMETERS)[0],
        dnn_utils.compute_cost(AL, Y),
    ):
        assert cost.shape == ()
        assert float(cost) > 0


def test_costs_of_the_deep_model_are_arrays():
    _, costs = dnn_utils.L_layer_model(X, Y, [4, 3, 1], 0.1, 201, return_costs=True)
    assert described(costs) == ["float64[]"] * 3


def test_caches_hold_the_very_parameters():
    _, found = reg_utils.forward_propagation(X, PARAMETERS)
    for at, key in ((2, "W1"), (3, "b1"), (6, "W2"), (7, "b2"), (10, "W3"), (11, "b3")):
        assert found[at] is PARAMETERS[key]
    for ((A_prev, W_l, b_l), _), l in zip(
        dnn_utils.L_model_forward(X, PARAMETERS)[1], (1, 2, 3), strict=True
    ):
        assert W_l is PARAMETERS[f"W{l}"]
        assert b_l is PARAMETERS[f"b{l}"]
        assert l > 1 or A_prev is X
