"""Arguments that do not fit, everywhere: what computes before it checks must refuse them all the same."""

import numpy as np
import pytest

from regnet.course import dnn_utils, gc_utils, init_utils, opt_utils, reg_utils

from .nets import assert_close

SIZES, M = (4, 3, 2, 1), 5
CACHE = ("Z1", "A1", "W1", "b1", "Z2", "A2", "W2", "b2", "Z3", "A3", "W3", "b3")
UNUSED = {"Z1", "b1", "Z2", "b2", "Z3", "b3"}  # of a cache, on the way back


def net(rng):
    parameters = {}
    for l, (n_in, n_out) in enumerate(zip(SIZES[:-1], SIZES[1:], strict=True), start=1):
        parameters |= {f"W{l}": rng.normal(size=(n_out, n_in)), f"b{l}": rng.normal(size=(n_out, 1))}
    return rng.normal(size=(SIZES[0], M)), rng.integers(0, 2, (1, M)), parameters


def calls(rng):
    """Each call as a function of named arrays, and the arrays; no other shape of any of them is right."""
    X, Y, parameters = net(rng)
    A3, cache = reg_utils.forward_propagation(X, parameters)
    _, masked = reg_utils.forward_propagation_with_dropout(X, parameters, 0.5)
    names = (*CACHE[:1], "D1", *CACHE[1:5], "D2", *CACHE[5:])
    used = {key: array for key, array in zip(CACHE, cache, strict=True) if key not in UNUSED}
    used_masked = {key: array for key, array in zip(names, masked, strict=True) if key not in UNUSED}
    grads = {"d" + key: rng.normal(size=value.shape) for key, value in parameters.items()}

    def only(given):
        return {key: given[key] for key in parameters if key in given}

    def cached(given, names):
        return tuple(given.get(key, np.zeros((1, 1))) for key in names)

    (A_prev, W, b), Z = dnn_utils.L_model_forward(X, parameters)[1][0]
    for module in (reg_utils, init_utils):
        yield lambda g, f=module.forward_propagation: f(g["X"], only(g)), {"X": X} | parameters
        yield (
            lambda g, f=module.backward_propagation: f(g["X"], g["Y"], cached(g, CACHE)),
            {"X": X, "Y": Y} | used,
        )
        yield (
            lambda g, f=module.update_parameters: f({k: g[k] for k in parameters}, g, 0.1),
            parameters | grads,
        )
    yield (
        lambda g: reg_utils.backward_propagation_with_dropout(g["X"], g["Y"], cached(g, names), 0.5),
        {"X": X, "Y": Y} | used_masked,
    )
    for cost in (
        reg_utils.compute_cost,
        init_utils.compute_loss,
        opt_utils.compute_cost,
        dnn_utils.compute_cost,
    ):
        yield lambda g, f=cost: f(g["A"], g["Y"]), {"A": A3, "Y": Y}
    yield lambda g: gc_utils.forward_propagation_n(g["X"], g["Y"], only(g)), {"X": X, "Y": Y} | parameters
    yield lambda g: dnn_utils.L_model_forward(g["X"], only(g)), {"X": X} | parameters
    yield lambda g: dnn_utils.linear_forward(g["A"], g["W"], g["b"]), {"A": A_prev, "W": W, "b": b}
    yield (
        lambda g: dnn_utils.linear_backward(g["dZ"], (g["A"], g["W"], g["b"])),
        {"dZ": Z, "A": A_prev, "W": W, "b": b},
    )
    for activation in ("relu", "sigmoid"):
        yield (
            lambda g, a=activation: dnn_utils.linear_activation_backward(
                g["dA"], ((A_prev, W, b), g["Z"]), a
            ),
            {"dA": Z, "Z": Z},
        )


def other_shapes(rng, array):
    """Shapes that broadcast against the right one, and shapes that do not."""
    n, m = array.shape
    shapes = {(1, m), (n, 1), (1, 1), (m, n), (n, m + 1), (n + 1, m), (n, 0), (0, m), (n * m,), (n, m, 1)}
    return [rng.normal(size=shape) for shape in sorted(shapes - {(n, m)}, key=str)]


def fits_after_all(name, array, given):
    """A row without its first dimension; inputs of a forward pass, which may be fewer or more."""
    if array.shape == (M,):
        return name == "Y" or given.keys() == {"A", "Y"}
    first = name in ("X", "A") and not {"Y", "dZ"} & given.keys()
    return first and array.ndim == 2 and len(array) == SIZES[0]


def test_every_wrong_shape_is_refused_with_a_reason(attacks):
    for attack in range(attacks(2)):
        rng = np.random.default_rng(attack)
        for call, given in calls(rng):
            call(given)
            for name, array in given.items():
                for wrong in other_shapes(rng, array):
                    if fits_after_all(name, wrong, given):
                        call(given | {name: wrong})
                        continue
                    with pytest.raises(ValueError, match=r"shape|wanted") as caught:
                        call(given | {name: wrong})
                    assert caught.value.__context__ is None  # one reason, not two
                if name != "b":  # which no gradient depends on
                    with pytest.raises((TypeError, ValueError), match=r"wanted|has no|ufunc"):
                        call(given | {name: np.full(array.shape, "a")})
                with pytest.raises((TypeError, ValueError), match=r"wanted|has no|shape"):
                    call({key: value for key, value in given.items() if key != name} | {name: None})


def leaves(value):
    if isinstance(value, dict):
        return [leaf for entry in value.values() for leaf in leaves(entry)]
    if isinstance(value, (tuple, list)):
        return [leaf for entry in value for leaf in leaves(entry)]
    return [value]


@pytest.mark.parametrize(
    "another",
    [
        lambda array: array.tolist(),
        lambda array: np.asfortranarray(array),
        lambda array: np.repeat(array, 2, axis=1)[:, ::2],
        lambda array: array.astype(">f8") if array.dtype.kind == "f" else array.astype(np.uint8),
        lambda array: array.view(type("Subclass", (np.ndarray,), {})),
    ],
    ids=["lists", "by columns", "with gaps", "other byte order, unsigned labels", "subclass"],
)
def test_the_same_numbers_in_another_form_give_the_same(another):
    rng = np.random.default_rng(3)
    for call, given in calls(rng):
        expected = leaves(call(given))
        for name in given:
            found = leaves(call(given | {name: another(given[name])}))
            for one, other in zip(found, expected, strict=True):
                assert_close(np.asarray(one, float), np.asarray(other, float))


def test_whole_numbers_are_taken_as_such():
    X, Y, parameters = net(np.random.default_rng(0))
    whole = {key: np.rint(3 * value).astype(int) for key, value in parameters.items()}
    X = np.rint(3 * X).astype(int)
    as_floats = {key: value.astype(float) for key, value in whole.items()}
    for function in (reg_utils.forward_propagation, dnn_utils.L_model_forward):
        for one, other in zip(
            leaves(function(X, whole)), leaves(function(X.astype(float), as_floats)), strict=True
        ):
            assert_close(one, other)
    A3, cache = reg_utils.forward_propagation(X, whole)
    grads = reg_utils.backward_propagation(X, Y, cache)
    new = reg_utils.update_parameters(whole, grads, 0.5)
    assert_close(new["W1"], whole["W1"] - 0.5 * grads["dW1"])
    assert A3.dtype == new["W1"].dtype == np.float64


def test_single_precision_stays_single():
    X, Y, parameters = net(np.random.default_rng(0))
    single = {key: value.astype(np.float32) for key, value in parameters.items()}
    A3, cache = reg_utils.forward_propagation(X.astype(np.float32), single)
    grads = reg_utils.backward_propagation(X.astype(np.float32), Y, cache)
    assert {array.dtype for array in (A3, *grads.values())} == {np.dtype(np.float32)}
    mixed = reg_utils.backward_propagation(X, Y, cache)
    assert {array.dtype for array in mixed.values()} == {np.dtype(np.float64)}
    for key, value in mixed.items():
        assert_close(grads[key].astype(float), value, rtol=1e-4, atol=1e-5)
