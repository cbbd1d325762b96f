"""Arguments of kernels: outputs that may be left out, arrays of any kind, and what is refused."""

import inspect
import re

import numpy as np
import pytest

import cregnet
import cregnet.reference
from cregnet import signature
from cregnet.spec import OPTIMIZERS
from kernels.calls import DOUBLE, PUBLIC, arguments, arrays_of, family_of, fresh, misaligned, outputs, updated
from twins import assert_same, assert_same_results

SINGLE = np.dtype(np.float32)


def call(kernel, values):
    """What a kernel returns, and its arguments afterwards."""
    with np.errstate(all="ignore"):
        return kernel(**values), values


# ------------------------------------------------------------------------------ outputs


def test_every_kernel_fills_or_updates_something():
    """Kernels with outputs, and the rest: what they update in place, or the one that returns a number."""
    without = {name for _, name in PUBLIC if not outputs(name)}
    others = {"penalty", "penalty_backward", "batch_norm_statistics", "shuffle"}
    assert without == set(OPTIMIZERS) | others


@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_outputs_left_out_are_allocated_and_returned(core, dtype, family, name):
    values, kernel = arguments(family, name, dtype), getattr(core, name)
    given = outputs(name)
    left_out = {n: v for n, v in fresh(values).items() if n not in given}
    if "dtype" in inspect.signature(kernel).parameters:
        left_out["dtype"] = dtype
    filled = fresh(values)
    expected, found = kernel(**filled), kernel(**left_out)
    assert_same_results(found, expected)
    arrays = [
        r for r in (expected if isinstance(expected, tuple) else (expected,)) if isinstance(r, np.ndarray)
    ]
    assert all(array is filled[output] for array, output in zip(arrays, given, strict=True))
    for array in (r for r in (found if isinstance(found, tuple) else (found,)) if isinstance(r, np.ndarray)):
        assert array.flags.c_contiguous
        assert array.flags.owndata


@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_outputs_are_last_and_options_have_names(family, name):
    kinds = [p.kind for p in inspect.signature(getattr(cregnet, name)).parameters.values()]
    parameters = list(inspect.signature(getattr(cregnet, name)).parameters.values())
    required = [p.default is p.empty for p in parameters]
    assert required == sorted(required, reverse=True)
    assert kinds == sorted(kinds)
    twin = inspect.signature(getattr(cregnet.reference, name)).parameters.values()
    assert [p.kind for p in twin] == kinds


# ------------------------------------------------------------------------------ arrays of any kind


def strided(array):
    """Every second element of a larger array, backwards along the first axis."""
    memory = np.zeros([2 * n for n in array.shape], array.dtype)
    view = memory[tuple([slice(None, None, -2)] + [slice(None, None, 2)] * (array.ndim - 1))]
    view[...] = array
    return view


def fortran(array):
    return np.asfortranarray(array)


def byteswapped(array):
    return array.astype(array.dtype.newbyteorder())


KINDS = (strided, fortran, misaligned, byteswapped)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_arrays_of_any_kind_are_taken_and_filled(core, dtype, family, name, kind):
    values, kernel = arguments(family, name, dtype), getattr(core, name)
    for argument in arrays_of(values):
        assert_same_call_in(kernel, values, {argument: kind(values[argument])})
    assert_same_call_in(kernel, values, {a: kind(values[a]) for a in arrays_of(values)})


def assert_same_call_in(kernel, values, changed):
    """As `assert_same_call`; results may be in another byte order or layout."""
    expected, after = call(kernel, fresh(values))
    found, ours = call(kernel, fresh({n: v for n, v in values.items() if n not in changed}) | changed)
    for a, b in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_array_equal(a, b)
    for name in arrays_of(values):
        np.testing.assert_array_equal(ours[name], after[name], err_msg=name)


def flat(results):
    return results if isinstance(results, tuple) else () if results is None else (results,)


@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_lists_are_taken_where_nothing_is_written(core, family, name):
    values, kernel = arguments(family, name), getattr(core, name)
    written = outputs(name) + updated(name)
    lists = {a: values[a].tolist() for a in arrays_of(values) if a not in written}
    assert_same_call_in(kernel, values, lists)


@pytest.mark.parametrize(("family", "name"), PUBLIC)
def test_read_only_arrays_are_taken_where_nothing_is_written(core, family, name):
    values, kernel = arguments(family, name), getattr(core, name)
    for argument in arrays_of(values):
        given = fresh(values)
        given[argument].flags.writeable = False
        if argument not in outputs(name) + updated(name):
            kernel(**given)
            continue
        before = fresh(given)
        use = "filled" if argument in outputs(name) else "updated"
        message = f"{argument} is read-only, wanted a writable array: it is {use}"
        with pytest.raises(ValueError, match=re.escape(message)):
            kernel(**given)
        for other in arrays_of(values):
            assert_same(given[other], before[other], other)


@pytest.mark.parametrize(
    "name", ["soft_threshold", "clip_values", "clip_norm", "penalty", "penalty_backward", *OPTIMIZERS]
)
def test_vectors_may_have_any_shape(core, dtype, name):
    values, kernel = arguments(family_of(name), name, dtype), getattr(core, name)
    values = {n: v[:3] if isinstance(v, np.ndarray) else v for n, v in values.items()}
    for shape in ((3, 1), (1, 3, 1)):
        vectors, shaped = (
            fresh(values),
            {n: v.reshape(shape).copy() if isinstance(v, np.ndarray) else v for n, v in values.items()},
        )
        expected, found = flat(kernel(**vectors)), flat(kernel(**shaped))
        for output in outputs(name):
            left_out = {n: v for n, v in shaped.items() if n != output}
            assert np.shape(flat(kernel(**left_out))[0]) == shape
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(np.ravel(ours), theirs)
        for argument in arrays_of(values):
            np.testing.assert_array_equal(shaped[argument].ravel(), vectors[argument])
            assert shaped[argument].shape == shape


def test_subclasses_of_arrays_are_filled(core, tmp_path):
    memory = np.memmap(tmp_path / "A", np.float64, "w+", shape=(2, 3))
    assert core.relu(np.ones((2, 3)), memory) is memory
    np.testing.assert_array_equal(memory, 1)


def test_outputs_of_a_kernel_that_are_parts_of_one_array(core):
    W, statistics = np.arange(6.0).reshape(2, 3), np.zeros((2, 2))
    mean, variance = statistics[:, :1], statistics[:, 1:]
    core.batch_norm(W, np.ones((2, 1)), np.zeros((2, 1)), None, None, mean, variance)
    np.testing.assert_allclose(statistics, [[1, 2 / 3], [4, 2 / 3]])
    with pytest.raises(ValueError, match="variance shares memory with mean, wanted an array of its own"):
        core.batch_norm(W, np.ones((2, 1)), np.zeros((2, 1)), None, None, mean, mean)


# ------------------------------------------------------------------------------ dtypes


@pytest.mark.parametrize(
    ("Z", "dtype"),
    [
        (np.ones((2, 3), np.float32), SINGLE),
        (np.ones((2, 3), ">f4"), SINGLE),
        (np.ones((2, 3)), DOUBLE),
        (np.ones((2, 3), np.float16), DOUBLE),
        (np.ones((2, 3), np.int8), DOUBLE),
        (np.ones((2, 3), bool), DOUBLE),
        ([[1, 2, 3]], DOUBLE),
    ],
)
def test_the_dtype_of_the_inputs_decides(core, Z, dtype):
    for module in (core, cregnet.reference):
        assert module.relu(Z).dtype == dtype
        assert module.relu_backward(Z, Z).dtype == dtype


def test_mixed_dtypes_are_computed_in_float64(core):
    W, b, A = np.full((2, 2), 0.1, np.float32), np.full((2, 1), 0.1), np.ones((2, 3), np.float32)
    for module in (core, cregnet.reference):
        Z = module.dense(W, b, A)
        assert Z.dtype == DOUBLE
        np.testing.assert_allclose(Z, W.astype(float) @ A + b, rtol=1e-15)


def test_an_output_fixes_the_dtype(core):
    single, double = np.empty((1, 2), np.float32), np.empty((1, 2))
    assert core.relu(np.ones((1, 2), np.float32), double) is double
    assert core.relu([[1.0, 2.0]], single) is single
    assert core.relu(np.ones((1, 2), np.int8), single) is single
    np.testing.assert_array_equal(single, 1)


ONE, COLUMN, TWO = np.ones((2, 3)), np.ones((2, 1)), np.ones((2, 3), np.uint8)
REFUSED = [
    ("relu", ("text",), TypeError, "Z is a string, wanted an array of numbers"),
    ("relu", (None,), TypeError, "Z is None, wanted an array of numbers"),
    ("relu", ([[1, 2], [3]],), TypeError, "Z is a list, wanted an array of numbers: "),
    ("relu", (object(),), TypeError, "Z has dtype object, wanted float32 or float64"),
    ("relu", (ONE.astype(complex),), TypeError, "Z has dtype complex128, wanted float32 or float64"),
    ("relu", (ONE[0],), ValueError, "Z has shape (3,), wanted (n_units, n_examples)"),
    ("relu", (ONE[None],), ValueError, "Z has shape (1, 2, 3), wanted (n_units, n_examples)"),
    ("relu", (3.0,), ValueError, "Z has shape (), wanted (n_units, n_examples)"),
    ("relu", (ONE, [[0.0]]), TypeError, "A is a list, wanted a NumPy array: it is filled"),
    ("relu", (ONE, np.ones((2, 4))), ValueError, "A has shape (2, 4), wanted (2, 3)"),
    ("relu", (ONE, ONE[0]), ValueError, "A has shape (3,), wanted (2, 3)"),
    ("relu", (ONE, ONE.astype(int)), TypeError, "A has dtype int64, wanted float32 or float64"),
    (
        "relu",
        (ONE, ONE.astype(np.float32)),
        TypeError,
        "Z has dtype float64, wanted float32: what is written is float32",
    ),
    ("dense", (ONE, COLUMN[:, 0], ONE.T), ValueError, "b has shape (2,), wanted (2, 1): b.reshape(-1, 1)"),
    ("dense", (ONE, COLUMN, ONE), ValueError, "A_prev has shape (2, 3), wanted (3, 3)"),
    ("dropout", (ONE, TWO * 1.0, 0.5), TypeError, "D has dtype float64, wanted whole numbers (uint8)"),
    (
        "dropout",
        (ONE, TWO * np.int64(256), 0.5),
        ValueError,
        "D has 256 in it, wanted 0 to 255 (uint8)",
    ),
    ("dropout_mask", (3, 0.5, 0, 0, 0), TypeError, "shape is 3, wanted (n_units, n_examples)"),
    ("dropout_mask", ((2, -3), 0.5, 0, 0, 0), ValueError, "shape[1] is -3, wanted a whole number >= 0"),
    ("dropout_mask", ((2, 4), 0.5, 0, 0, 0, TWO), ValueError, "D has shape (2, 3), wanted (2, 4)"),
    ("dropout_mask", ((2, 3), 0.5, 0, 0, 0, ONE), TypeError, "D has dtype float64, wanted uint8"),
    ("random_words", (5, 0, 0, 0, 0, np.empty(4, np.uint32)), ValueError, "out has shape (4,), wanted (5,)"),
    ("one_hot", ([0.5], [0], 2), TypeError, "labels has dtype float64, wanted whole numbers (int32)"),
    ("one_hot", ([2**31], [0], 2), ValueError, "labels has 2147483648 in it, wanted -2147483648 to"),
    ("one_hot", ([0], [0], 2, ONE), ValueError, "Y has shape (2, 3), wanted (2, 1)"),
    ("adam", ([1.0], [1.0], ONE, ONE, 0.1, 0.9, 0.9, 0, 1), TypeError, "W is a list, wanted a NumPy array"),
    (
        "adam",
        (ONE, ONE, COLUMN.copy(), COLUMN.copy(), 0.1, 0.9, 0.9, 0, 1),
        ValueError,
        "V has shape (2, 1), wanted (2, 3)",
    ),
    (
        "momentum",
        (np.ones(2), np.ones(2), np.ones(2, np.float32), 0.1, 0.9),
        TypeError,
        "V has dtype float32, wanted float64",
    ),
    ("shuffle", ([1, 2], 0, 0), TypeError, "order is a list, wanted a NumPy array: it is updated"),
    ("shuffle", (np.arange(3, dtype=np.int32), 0, 0), TypeError, "order has dtype int32, wanted int64"),
    ("gather", (ONE, [0, 2]), ValueError, "order[1] is 2, wanted 0 to 1"),
]


@pytest.mark.parametrize(("name", "given", "error", "message"), REFUSED)
def test_what_is_refused_names_the_argument(core, name, given, error, message):
    with pytest.raises(error, match="^" + re.escape(message)):
        getattr(core, name)(*given)


def test_numbers_of_any_type_are_taken(core):
    for slope in (1, np.float32(1), np.int8(1), True):
        assert core.leaky_relu([[-2.0]], slope=slope) == -2
    with pytest.raises(ValueError, match="slope is too large, wanted a number below 1e308"):
        core.leaky_relu([[-2.0]], slope=10**400)


def test_a_dtype_that_is_not_real_is_refused(core):
    with pytest.raises(TypeError, match="dtype is int32, wanted float32 or float64"):
        core.gaussian_dropout_factors((1, 2), 0.5, 0, 0, 0, dtype=np.int32)
    with pytest.raises(TypeError, match="dtype is int32, wanted float32 or float64"):
        core.one_hot([0], [0], 2, dtype=np.int32)


# ------------------------------------------------------------------------------ numbers

RATE_OR_OPTION = [
    (name, option, least, below)
    for name, row in OPTIMIZERS.items()
    for option, least, below in [
        ("learning_rate", None, None),
        *((option.name, option.least, option.below) for option in row.options),
    ]
]


@pytest.mark.parametrize(("name", "option", "least", "below"), RATE_OR_OPTION)
def test_numbers_of_optimisers_are_checked(core, name, option, least, below):
    values = arguments("optimizer", name)
    wrong = [np.nan, np.inf, -np.inf] if least is None else [np.nan, least - 1e-9, below]
    for number in wrong:
        given = fresh(values) | {option: float(number)}
        before = fresh(given)
        with pytest.raises(ValueError, match=rf"^{option} is {re.escape(str(float(number)))}, wanted "):
            getattr(core, name)(**given)
        for argument in arrays_of(values):
            assert_same(given[argument], before[argument], argument)
    with pytest.raises(TypeError, match=rf"^{option} is 'a', wanted a number$"):
        getattr(core, name)(**(values | {option: "a"}))


@pytest.mark.parametrize(
    ("name", "option", "wrong", "message"),
    [
        ("leaky_relu", "slope", -0.1, "slope is -0.1, wanted a number >= 0"),
        ("leaky_relu_backward", "slope", np.nan, "slope is nan, wanted a number >= 0"),
        ("penalty", "l1", -1.0, "l1 is -1.0, wanted a number >= 0"),
        ("penalty_backward", "l2", np.inf, "l2 is inf, wanted a number >= 0"),
        ("batch_norm", "epsilon", 0, "epsilon is 0.0, wanted a number > 0"),
        ("batch_norm_statistics", "decay", 1.0, "decay is 1.0, wanted 0 <= decay < 1"),
        ("max_norm", "bound", 0.0, "bound is 0.0, wanted a number > 0"),
        ("soft_threshold", "threshold", -1, "threshold is -1.0, wanted a number >= 0"),
    ],
)
def test_numbers_out_of_range_are_refused(core, name, option, wrong, message):
    family = family_of(name)
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(core, name)(**(arguments(family, name) | {option: wrong}))


def test_the_parser_of_signatures_reads_every_mark():
    A, weight, order, out = signature.parse("A(n,m) weight?(m) order!:int64(...) -> out(n,4)")
    assert (A.dims, A.dtype, A.role, A.optional) == (("n", "m"), None, signature.READ, False)
    assert (weight.dims, weight.optional) == (("m",), True)
    assert (order.dims, order.dtype, order.role) == (("...",), np.int64, signature.UPDATED)
    assert (out.dims, out.role) == (("n", 4), signature.FILLED)
