"""JAX: the whole training jitted, lax.scan over batches shuffled before, compiled before the clock starts.

In mixed precision each product, forward and backward, has bfloat16 operands and a float32 sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from works import Contestant, Predictor, Work, rows_layers

import regnet as rn

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)


def narrow_product(A: Any, B: Any) -> Any:
    """A @ B with operands rounded to bfloat16 and sums in float32."""
    return jnp.matmul(A.astype(jnp.bfloat16), B.astype(jnp.bfloat16), preferred_element_type=jnp.float32)


@jax.custom_vjp
def mixed_product(A: Any, B: Any) -> Any:
    """The same with a derivative whose products are of that kind too; JAX's own has a float32 operand."""
    return narrow_product(A, B)


def mixed_product_forward(A: Any, B: Any) -> tuple[Any, Any]:
    """The product, and its operands as the derivative wants them."""
    A, B = A.astype(jnp.bfloat16), B.astype(jnp.bfloat16)
    return narrow_product(A, B), (A, B)


def mixed_product_backward(operands: Any, dC: Any) -> tuple[Any, Any]:
    """From dC to dA and dB."""
    A, B = operands
    return narrow_product(dC, B.T), narrow_product(A.T, dC)


mixed_product.defvjp(mixed_product_forward, mixed_product_backward)


def logits(
    layers: Any, A: Any, columns: bool, keep_prob: float, key: Any, product: Callable[..., Any] = jnp.matmul
) -> Any:
    """Forward pass, rows or columns = examples."""
    for l, (W, b) in enumerate(layers):
        A = product(W.T, A) + b[:, None] if columns else product(A, W) + b
        if l < len(layers) - 1:
            A = jnp.maximum(A, 0)
            if keep_prob < 1:
                D = jax.random.bernoulli(jax.random.fold_in(key, l), np.float32(keep_prob), A.shape)
                A = jnp.where(D, A / keep_prob, 0)
    return A


def build(work: Work, columns: bool, random: str) -> Callable[..., Any]:
    """The jitted training: (layers, batches, targets, rest, rest targets) to (layers, cost)."""

    def cost(layers: Any, X: Any, y: Any, key: Any) -> Any:
        product = mixed_product if work.mixed else jnp.matmul
        Z = logits(layers, X, columns, work.keep_prob, key, product)
        if work.binary:
            y = y[None] if columns else y[:, None]
            return (jnp.logaddexp(0, Z) - Z * y).mean()
        axis = 0 if columns else 1
        # a product with one-hot targets: the gather of the usual formula has a slow derivative on the CPU
        return -(
            jax.nn.log_softmax(Z, axis) * jax.nn.one_hot(y, Z.shape[axis], dtype=Z.dtype, axis=axis)
        ).sum() / len(y)

    def step(state: Any, batch: Any) -> Any:
        layers, V, S, t, key = state
        t = t + 1
        key_now = jax.random.fold_in(key, t) if work.keep_prob < 1 else key
        J, gradient = jax.value_and_grad(cost)(layers, *batch, key_now)
        rate = work.learning_rate
        if not work.adam:
            layers = jax.tree.map(lambda p, g: p - rate * g, layers, gradient)
            return (layers, V, S, t, key), J
        V = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g, V, gradient)
        S = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, S, gradient)
        kind = work.dtype
        a = (rate / (1 - 0.9 ** t.astype(jnp.float64))).astype(kind)
        root = (1 / jnp.sqrt(1 - 0.999 ** t.astype(jnp.float64))).astype(kind)
        layers = jax.tree.map(lambda p, v, s: p - a * v / (jnp.sqrt(s) * root + work.epsilon), layers, V, S)
        return (layers, V, S, t, key), J

    def training(layers: Any, X: Any, y: Any, X_rest: Any, y_rest: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, layers) if work.adam else ()
        state = (layers, zeros, zeros, jnp.int32(0), jax.random.key(0, impl=random))
        if work.batch_size is None:
            state, J = lax.scan(lambda s, _: step(s, (X[0], y[0])), state, None, length=work.epochs)
            return state[0], J[-1]
        state, J = lax.scan(step, state, (X, y))
        total = J.sum() * work.size
        if len(y_rest):
            state, last = step(state, (X_rest, y_rest))
            total += last * len(y_rest)
        return state[0], total / len(work.X)

    return jax.jit(training)


def contestants(work: Work) -> list[Contestant]:
    """Two ways: rows and columns = examples, or with dropout two generators of random bits.

    XLA takes the threads it wants, here all cores.
    """
    ways = [("rows", False, "threefry2x32"), ("columns", True, "threefry2x32")]
    if work.keep_prob < 1:
        ways = [("threefry", False, "threefry2x32"), ("rbg", False, "rbg")]
    if work.mixed:
        ways = [(f"bfloat16 {name}", columns, random) for name, columns, random in ways]
    return [contestant(work, *way) for way in ways]


def contestant(work: Work, way: str, columns: bool, random: str) -> Contestant:
    """One of them; compiled by the first `start`."""
    n, size, order = len(work.X), work.size, work.order()
    whole = n // size * size
    X, y = work.X[order], work.y[order].astype(work.dtype if work.binary else np.int32)
    batches, rest = X[:whole].reshape(-1, size, X.shape[1]), X[whole:]
    if columns:
        batches, rest = np.ascontiguousarray(batches.transpose(0, 2, 1)), np.ascontiguousarray(rest.T)
    data = [jnp.asarray(a) for a in (batches, y[:whole].reshape(-1, size), rest, y[whole:])]
    compiled: list[Any] = []

    def start() -> dict[str, Any]:
        layers = [(jnp.asarray(W), jnp.asarray(b)) for W, b in work.initial()]
        if not compiled:
            compiled.append(build(work, columns, random).lower(layers, *data).compile())
        return {"layers": layers}

    def run(state: dict[str, Any]) -> float:
        state["layers"], cost = jax.block_until_ready(compiled[0](state["layers"], *data))
        return float(cost)

    def finish(state: dict[str, Any]) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(np.asarray(W), np.asarray(b)) for W, b in state["layers"]]

    return Contestant("JAX", way, start, run, finish, threads=2)


def predictors(model: rn.Model) -> list[Predictor]:
    """Jitted; compiled anew by the first call with another number of rows. XLA takes the threads it wants."""
    layers = [(jnp.asarray(W), jnp.asarray(b)) for W, b in rows_layers(model)]
    predict = jax.jit(lambda X: jax.nn.softmax(logits(layers, X, False, 1.0, None), 1))
    return [Predictor("JAX", "jit", lambda X: np.asarray(predict(X)), threads=2)]


def masks(n: int, keep_prob: float) -> dict[str, Callable[[], Any]]:
    """Ways to draw n elements of 0 and 1."""
    found = {}
    for name, impl in (("threefry", "threefry2x32"), ("rbg", "rbg")):
        draw = jax.jit(lambda key: jax.random.bernoulli(key, np.float32(keep_prob), (n,)))
        key = jax.random.key(0, impl=impl)
        found[f"JAX, {name}"] = lambda draw=draw, key=key: draw(key).block_until_ready()
    return found
