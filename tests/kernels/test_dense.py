"""The dense layer and its products: twins over all tile sizes, derivatives, bounds."""

import itertools

import numpy as np
import pytest

from twins import assert_same, check_cases, reals

# rows around 4, 6 and 12; columns around 1 and 2 vectors of 2, 4, 8 or 16; depths around the block of 512
ROWS = (0, 1, 3, 4, 5, 6, 7, 11, 12, 13, 25)
COLUMNS = (0, 1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 70)
DEPTHS = (0, 1, 2, 20)
SIZES = [
    *itertools.product(ROWS, COLUMNS, DEPTHS),
    *itertools.product((1, 13), (5, 33), (127, 128, 511, 512, 513, 1030)),
    (40, 40, 100),
    (64, 33, 300),
]


def matmul_cases(rng, dtype):
    for n, m, k in SIZES:
        yield reals(rng, n, k, dtype=dtype), reals(rng, k, m, dtype=dtype), np.ones((n, m), dtype)


def matmul_tn_cases(rng, dtype):
    for n, m, k in SIZES:
        yield reals(rng, k, n, dtype=dtype), reals(rng, k, m, dtype=dtype), np.ones((n, m), dtype)


def matmul_nt_cases(rng, dtype):
    for n, m, k in SIZES:
        yield reals(rng, n, k, dtype=dtype), reals(rng, m, k, dtype=dtype), np.ones((n, m), dtype)


def dense_cases(rng, dtype):
    for n_out, m, n_in in SIZES:
        W, b, A = (
            reals(rng, n_out, n_in, dtype=dtype),
            reals(rng, n_out, 1, dtype=dtype),
            reals(rng, n_in, m, dtype=dtype),
        )
        yield W, b, A, np.ones((n_out, m), dtype)


def dense_backward_cases(rng, dtype):
    for n_out, m, n_in in SIZES:
        dZ, W, A = (reals(rng, *s, dtype=dtype) for s in ((n_out, m), (n_out, n_in), (n_in, m)))
        yield dZ, W, A, np.ones_like(W), np.ones((n_out, 1), dtype), np.ones_like(A)


CASES = {
    "dense": dense_cases,
    "dense_backward": dense_backward_cases,
    "matmul": matmul_cases,
    "matmul_tn": matmul_tn_cases,
    "matmul_nt": matmul_nt_cases,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype), scale=2)


def test_backward_is_the_derivative(core):
    rng = np.random.default_rng(2)
    W, b, A, dZ = (
        rng.normal(size=(3, 4)),
        rng.normal(size=(3, 1)),
        rng.normal(size=(4, 7)),
        rng.normal(size=(3, 7)),
    )
    dW, db, dA, h = np.empty_like(W), np.empty_like(b), np.empty_like(A), 1e-6
    core.dense_backward(dZ, W, A, dW, db, dA)
    for parameter, gradient in ((W, dW), (b, db), (A, dA)):
        for at in np.ndindex(parameter.shape):
            Z = []
            for step in (h, -h):
                kept, parameter[at] = parameter[at], parameter[at] + step
                out = np.empty_like(dZ)
                core.dense(W, b, A, out)
                parameter[at] = kept
                Z.append(out)
            assert gradient[at] == pytest.approx((dZ * (Z[0] - Z[1])).sum() / (2 * h), rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", ["matmul", "matmul_tn", "matmul_nt"])
def test_nothing_outside_the_matrices_is_touched(core, dtype, name):
    for n, m, k in ((1, 1, 1), (5, 7, 3), (13, 33, 20), (40, 37, 60)):
        memory = np.full(n * m + 64, 7, dtype)
        C = memory[32:-32].reshape(n, m)
        shapes = {"matmul": ((n, k), (k, m)), "matmul_tn": ((k, n), (k, m)), "matmul_nt": ((n, k), (m, k))}[
            name
        ]
        getattr(core, name)(np.ones(shapes[0], dtype), np.ones(shapes[1], dtype), C)
        assert_same(C, np.full((n, m), k, dtype), name)
        assert (memory[:32] == 7).all()
        assert (memory[-32:] == 7).all()


def test_columns_beyond_a_matrix_do_not_leak_in(core, dtype):
    # the row after the last one of B is NaN: a tile that read past its end would spread it
    memory = np.full(5 * 33 + 64, np.nan, dtype)
    B = memory[: 5 * 33].reshape(5, 33)
    B[:] = 1
    C = np.empty((3, 33), dtype)
    core.matmul(np.ones((3, 5), dtype), B, C)
    np.testing.assert_array_equal(C, 5)


def test_wrong_shapes_say_which(core):
    with pytest.raises(ValueError, match=r"B has shape \(4, 2\), wanted \(3, 2\)"):
        core.matmul(np.ones((5, 3)), np.ones((4, 2)), np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"b has shape \(1, 5\), wanted \(5, 1\)"):
        core.dense(np.ones((5, 3)), np.ones((1, 5)), np.ones((3, 2)), np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"dW has shape \(5, 2\), wanted \(5, 3\)"):
        core.dense_backward(
            np.ones((5, 2)),
            np.ones((5, 3)),
            np.ones((3, 2)),
            np.ones((5, 2)),
            np.ones((5, 1)),
            np.ones((3, 2)),
        )


@pytest.mark.parametrize("k", [1, 3, 7, 8, 15, 16, 17, 33, 70, 130])
def test_a_product_by_the_identity_turns_a_matrix_over(core, dtype, k):
    for m in (1, 2, 4, 8, 9, 16, 31, 32, 33, 65, 150):
        B, turned = np.arange(m * k, dtype=dtype).reshape(m, k), np.full((k, m), np.nan, dtype)
        core.matmul_nt(np.eye(k, dtype=dtype), B, turned)
        np.testing.assert_array_equal(turned, B.T)
