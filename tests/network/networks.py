"""Plans, parameters and data for tests of the network."""

import itertools

import numpy as np

import cregnet
from cregnet import Plan, spec

OPTIMIZERS = {name: tuple(option.default for option in row.options) for name, row in spec.OPTIMIZERS.items()}
HIDDEN = tuple(
    name for name in spec.ACTIVATIONS if name != "exponential"
)  # for outputs: two in a row overflow
OUTPUTS = {name: (row.link or "identity",) for name, row in spec.LOSSES.items()}
OUTPUTS["squared_error"] = tuple(spec.ACTIVATIONS)
LOSS_AND_OUTPUT = [(loss, output) for loss, outputs in OUTPUTS.items() for output in outputs]
# every output with one hidden activation, and every hidden activation with three losses, all in turn
FIRST = itertools.cycle([(loss, outputs[0]) for loss, outputs in OUTPUTS.items()])
NETS = [("tanh", *pair) for pair in LOSS_AND_OUTPUT]
NETS += [(hidden, *next(FIRST)) for hidden in HIDDEN if hidden != "tanh" for _ in range(3)]
NO_Y, NO_LABELS = np.empty((0, 0)), np.empty(0, np.int32)

# What `make_plan` is given for a net of three layers. First what the gradient knows of ...
IN_THE_GRADIENT = {
    "batch_norm": {"batch_norm": (True, True, True)},
    "batch_norm_of_one_layer": {"batch_norm": (False, True, False)},
    "gates": {"gates": (True, True, True)},
    "gates_l0": {"gates": (False, True, True), "l0": (0.0, 0.01, 0.02)},
    "gaussian": {"gaussian": (True, True, True), "keep": 0.7},
    "gaussian_and_masks": {"gaussian": (True, False, True), "keep": 0.7},
    "noise": {"noise": 0.3},
    "smoothing": {"smoothing": 0.2},
    "batch_norm+masks": {"batch_norm": (True, True, False), "keep": 0.7, "l2": 0.02},
    "batch_norm+gates+gaussian": {
        "batch_norm": (True, False, True),
        "gates": (True, True, False),
        "gaussian": (False, True, True),
        "keep": 0.8,
    },
    "gates_l0+masks+l1": {"gates": (True, True, True), "l0": (0.01, 0.02, 0.03), "keep": 0.8, "l1": 0.01},
    "all": {
        "batch_norm": (True, True, True),
        "gates": (True, True, True),
        "l0": (0.01, 0.0, 0.02),
        "gaussian": (True, False, True),
        "keep": 0.8,
        "noise": 0.2,
        "smoothing": 0.1,
        "l1": 0.01,
        "l2": 0.02,
    },
}
# ... then what acts on the gradient or on the weights after the step.
IN_THE_UPDATE = {
    "proximal": {"proximal": (0.5, 0.0, 0.2)},
    "max_norm": {"max_norm": (0.5, 1.0, 0.0)},
    "clip_value": {"clip_value": 0.01},
    "clip_norm": {"clip_norm": 0.05},
    "clip_both+proximal+max_norm": {
        "clip_value": 0.02,
        "clip_norm": 0.05,
        "proximal": (0.2, 0.3, 0.1),
        "max_norm": (0.5, 0.7, 0.9),
    },
    "all+update": {
        **IN_THE_GRADIENT["all"],
        "clip_value": 0.1,
        "clip_norm": 0.2,
        "proximal": (0.1, 0.0, 0.2),
        "max_norm": (0.9, 0.0, 0.7),
    },
}
FEATURES = {**IN_THE_GRADIENT, **IN_THE_UPDATE}


def make_plan(
    sizes, hidden="relu", output="sigmoid", loss="binary_cross_entropy", keep=1.0, l1=0.0, l2=0.0, **more
):
    n = len(sizes) - 1
    activations = (hidden,) * (n - 1) + (output,)
    return Plan(tuple(sizes), activations, loss, (keep,) * n, (l1,) * n, (l2,) * n, **more)


def make_parameters(plan, rng, dtype=np.float64, scale=1.0, weight=None):
    """Normal numbers; as statistics of batch norm those of some steps, or with weight 0 of none."""
    at = plan.layout
    P = scale * rng.normal(size=at.size)
    for variance in filter(None, at.variance):
        P[variance] = 0.2 + rng.random(variance.stop - variance.start)
    if at.weight is not None:
        P[at.weight] = 0.7 if weight is None else weight
        if weight == 0:
            P[at.n_trained :] = 0
    return P.astype(dtype)


def make_data(plan, rng, n, dtype=np.float64, with_labels=False, with_weight=True):
    """(X, Y, labels, weight) that fit a plan."""
    X, n_out = rng.normal(size=(n, plan.sizes[0])).astype(dtype), plan.sizes[-1]
    labels, Y = NO_LABELS, NO_Y.astype(dtype)
    if with_labels:
        labels = rng.integers(0, n_out, n).astype(np.int32)
    elif plan.loss == "categorical_cross_entropy":
        Y = rng.dirichlet(np.ones(n_out), n).astype(dtype)
    else:
        Y = rng.random((n, n_out)).astype(dtype)
    weight = rng.random(n).astype(dtype) if with_weight else np.empty(0, dtype)
    return X, Y, labels, weight


def n_batches(plan, n, batch_size):
    """Batches of an epoch; with batch norm a last one of one example joins the one before it."""
    joins = any(plan.batch_norm) and n > batch_size > 1 and n % batch_size == 1
    return n // batch_size if joins else -(-n // batch_size)


def training_arguments(plan, rng, dtype, n, batch_size, n_epochs=3, shuffled=True, masks=None, **kinds):
    X, Y, labels, weight = make_data(plan, rng, n, dtype, **kinds)
    orders = (
        np.stack([rng.permutation(n) for _ in range(n_epochs)])
        if shuffled
        else np.empty((n_epochs, 0), np.int64)
    )
    P = make_parameters(plan, rng, dtype, scale=0.5)
    return (
        plan, P, np.zeros((cregnet.n_moments(plan.optimizer), P.size), dtype), X, Y, labels, weight, orders,
        np.full((n_epochs, n_batches(plan, n, batch_size)), 0.05),
        batch_size, 5, masks, np.zeros_like(P), np.array([np.inf, np.nan]), np.zeros(n_epochs),
    )  # fmt: skip


def train(network, plan, parameters, data, rates, batch_size, first_step=0, best=None):
    """Train in place, examples as they lie, from moments of 0; returns the mean cost of each epoch."""
    moments = np.zeros((cregnet.n_moments(plan.optimizer), parameters.size), parameters.dtype)
    costs, best = np.zeros(len(rates)), np.empty(0, parameters.dtype) if best is None else best
    orders = np.empty((len(rates), 0), np.int64)
    done = network.network_train(plan, parameters, moments, *data, orders, rates, batch_size, first_step,
                                 None, best, np.array([np.inf, np.nan]), costs)  # fmt: skip
    assert done == len(rates)
    return costs


def gradient(network, plan, parameters, data, step=3):
    """(cost, gradient) of one batch."""
    out = np.full_like(parameters, np.nan)
    cost, filled = network.network_gradient(plan, parameters, *data, step, None, out)
    assert filled is out
    return cost, out


def constant_rates(plan, n, batch_size, n_epochs=1, rate=0.1):
    return np.full((n_epochs, n_batches(plan, n, batch_size)), rate)


def predict(network, plan, P, X, logits=False):
    out = np.empty((len(X), plan.sizes[-1]), X.dtype)
    assert network.network_predict(plan, P, X, out, logits=logits)[0] is out
    return out


def weights(plan, P):
    """W of each layer, as views."""
    shapes = zip(plan.sizes[1:], plan.sizes[:-1], strict=True)
    return [P[W].reshape(shape) for W, shape in zip(plan.layout.W, shapes, strict=True)]


def identity_net(n, **more):
    """A layer that gives back what it gets, and its parameters: W = I, all else 0."""
    plan = make_plan((n, n), (), "identity", "squared_error", **more)
    P = np.zeros(plan.layout.size)
    weights(plan, P)[0][...] = np.eye(n)
    return plan, P


def what_arrives(network, plan, P, x, step=3):
    """The output of an identity net for one example in training: with targets of 0 that is db."""
    data = x[None], np.zeros((1, len(x))), NO_LABELS, np.empty(0)
    return gradient(network, plan, P, data, step)[1][plan.layout.b[0]]
