"""What an activation, a loss, an optimiser and a regulariser is: one row of a table each.

The codes of the compiled core, the checks and defaults of a plan, the names of the kernels, saved files,
the tables in the documents and the tests are derived from these rows. A row comes with a kernel in
`kernels/`, its twin in `reference/` and its cases in `tests/kernels/`.

Names that type checkers have to know stand in a `Literal` beside their table.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "LOSSES",
    "OPTIMIZERS",
    "PURPOSES",
    "REGULARIZERS",
    "Activation",
    "ActivationName",
    "Loss",
    "LossName",
    "Optimizer",
    "OptimizerName",
    "Option",
    "Regularizer",
]


class Option(NamedTuple):
    """A number that a kernel takes: least <= value < below, or least < value where `open`."""

    name: str
    default: float
    least: float = 0.0
    below: float = math.inf
    open: bool = False

    def check(self, value: float, name: str = "") -> float:
        """The value, if it is in the range.

        Raises
        ------
        ValueError
            Names the option, what came and what is wanted; a NaN is in no range.
        """
        name = name or self.name
        if (self.least < value if self.open else self.least <= value) and value < self.below:
            return value
        raise ValueError(f"{name} is {value!r}, wanted {self.wanted(name)}")

    def wanted(self, name: str = "") -> str:
        """The range in words."""
        if self.below == math.inf:
            return f"a number {'>' if self.open else '>='} {self.least:g}"
        return f"{self.least:g} {'<' if self.open else '<='} {name or self.name} < {self.below:g}"


# ------------------------------------------------------------------------------ activations

Source = Literal["none", "sign", "output", "input"]


class Activation(NamedTuple):
    """A = f(Z), elementwise or, as softmax, down each column.

    Attributes
    ----------
    derivative : {"none", "sign", "output", "input"}
        What the derivative is computed from: nothing; the sign of A, which dropout does not change; A
        itself, as it was before dropout; or Z.
    initializer : str
        The initialiser of a layer that names none.
    formula, source : str
        For the documents.
    options : tuple of Option
        Arguments of the kernels after the arrays. Layers of a network use the defaults.
    """

    derivative: Source
    initializer: str
    formula: str
    source: str = ""
    options: tuple[Option, ...] = ()


ActivationName = Literal[
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "softmax",
    "elu",
    "selu",
    "softplus",
    "silu",
    "mish",
    "gelu",
    "exponential",
]
ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation("none", "glorot", "Z"),
    "sigmoid": Activation("output", "glorot", "1 / (1 + exp(-Z))"),
    "tanh": Activation("output", "glorot", "tanh(Z)"),
    "relu": Activation("sign", "he", "max(Z, 0)", "Nair & Hinton 2010"),
    "leaky_relu": Activation(
        "sign", "he", "Z where Z >= 0, else slope Z", "Maas et al. 2013", (Option("slope", 0.01),)
    ),
    "softmax": Activation("output", "glorot", "exp(Z) / sum(exp(Z)) down each column"),
    "elu": Activation(
        "output",
        "he",
        "Z where Z >= 0, else alpha (exp(Z) - 1)",
        "Clevert et al. 2016",
        (Option("alpha", 1.0),),
    ),
    "selu": Activation(
        "output",
        "lecun",
        "1.0507 Z where Z >= 0, else 1.7581 (exp(Z) - 1)",
        "Klambauer et al. 2017",
    ),
    "softplus": Activation("output", "he", "log(1 + exp(Z))", "Dugas et al. 2001"),
    "silu": Activation("input", "he", "Z / (1 + exp(-Z))", "Elfwing et al. 2018"),
    "mish": Activation("input", "he", "Z tanh(log(1 + exp(Z)))", "Misra 2020"),
    "gelu": Activation("input", "he", "Z Phi(Z), Phi the normal distribution", "Hendrycks & Gimpel 2016"),
    "exponential": Activation("output", "glorot", "exp(Z)"),
}

# ------------------------------------------------------------------------------ losses

Kind = Literal["binary", "classes", "numbers", "counts"]


class Loss(NamedTuple):
    """The cost of outputs against targets, and the gradient that the backward pass starts from.

    Attributes
    ----------
    targets : {"binary", "classes", "numbers", "counts"}
        0 or 1 for each output; one class for all of them; any numbers; numbers of at least 0.
    link : str or None
        The activation that the output must have. The loss is then computed from the logits, so that
        nothing overflows; without a link it is computed from the activations, and any will do.
    metric : str
        The score that `evaluate` reports: a name of `regnet.models.metrics`.
    formula, source : str
        For the documents; a the output, y the target.
    options : tuple of Option
        Arguments of the kernel after the arrays.
    """

    targets: Kind
    link: str | None
    metric: str
    formula: str
    source: str = ""
    options: tuple[Option, ...] = ()


LossName = Literal[
    "binary_cross_entropy",
    "categorical_cross_entropy",
    "squared_error",
    "huber",
    "absolute_error",
    "quantile",
    "poisson",
]
LOSSES: dict[str, Loss] = {
    "binary_cross_entropy": Loss("binary", "sigmoid", "accuracy", "-y log a - (1 - y) log(1 - a)"),
    "categorical_cross_entropy": Loss("classes", "softmax", "accuracy", "-sum y log a"),
    "squared_error": Loss("numbers", None, "r2", "1/2 (a - y)^2"),
    "huber": Loss(
        "numbers",
        None,
        "r2",
        "1/2 (a - y)^2 where |a - y| <= delta, else delta (|a - y| - delta / 2)",
        "Huber 1964",
        (Option("delta", 1.0, open=True),),
    ),
    "absolute_error": Loss("numbers", None, "d2_absolute_error", "|a - y|", "Laplace 1774"),
    "quantile": Loss(
        "numbers",
        None,
        "d2_pinball",
        "q (y - a) where y >= a, else (1 - q) (a - y)",
        "Koenker & Bassett 1978",
        (Option("q", 0.5, below=1.0, open=True),),
    ),
    "poisson": Loss(
        "counts", "exponential", "d2_poisson_deviance", "a - y log a", "McCullagh & Nelder 1989, chapter 6"
    ),
}

# ------------------------------------------------------------------------------ optimisers


class Optimizer(NamedTuple):
    """One step on a vector of parameters.

    The kernel's arguments are W, dW, one vector for each moment, the learning rate, the options and,
    where `counts`, the number of the step from 1.

    Attributes
    ----------
    moments : tuple of str
        Vectors of parameter size that are kept between steps: V a mean or velocity, S a mean of
        squares, never negative.
    options : tuple of Option
    counts : bool
        Whether the step's number is an argument.
    learning_rate : float
        The default.
    source, formula : str
        For the documents; g the gradient, a the learning rate, t the step's number.

    An option named ``decay`` is for the weights alone: biases, gamma, beta and gates take 0.
    """

    moments: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    counts: bool = False
    learning_rate: float = 0.01
    source: str = ""
    formula: str = ""


def betas(**defaults: float) -> tuple[Option, ...]:
    """Decay rates of moments, in [0, 1)."""
    return tuple(Option(name, default, below=1.0) for name, default in defaults.items())


EPSILON, DECAY = Option("epsilon", 1e-8), Option("decay", 0.01)

OptimizerName = Literal[
    "gradient_descent", "momentum", "momentum_velocity", "nesterov", "rmsprop", "adam", "adamw", "lion"
]
OPTIMIZERS: dict[str, Optimizer] = {
    "gradient_descent": Optimizer(source="Cauchy 1847", formula="W -= a g"),
    "momentum": Optimizer(
        ("V",),
        betas(beta=0.9),
        source="Polyak 1964, as an average",
        formula="V = beta V + (1 - beta) g; W -= a V",
    ),
    "momentum_velocity": Optimizer(
        ("V",), betas(beta=0.9), source="Polyak 1964", formula="V = beta V + a g; W -= V"
    ),
    "nesterov": Optimizer(
        ("V",),
        betas(beta=0.9),
        source="Nesterov 1983, Sutskever et al. 2013",
        formula="V = beta V + a g; W -= beta V + a g",
    ),
    "rmsprop": Optimizer(
        ("S",),
        (*betas(beta=0.99), EPSILON),
        source="Hinton 2012, lecture 6e",
        formula="S = beta S + (1 - beta) g^2; W -= a g / (sqrt(S) + epsilon)",
    ),
    "adam": Optimizer(
        ("V", "S"),
        (*betas(beta1=0.9, beta2=0.999), EPSILON),
        True,
        0.001,
        "Kingma & Ba 2015, algorithm 1",
        "V = beta1 V + (1 - beta1) g; S = beta2 S + (1 - beta2) g^2; "
        "W -= a V / (1 - beta1^t) / (sqrt(S / (1 - beta2^t)) + epsilon)",
    ),
    "adamw": Optimizer(
        ("V", "S"),
        (*betas(beta1=0.9, beta2=0.999), EPSILON, DECAY),
        True,
        0.001,
        "Loshchilov & Hutter 2019, algorithm 2",
        "W *= 1 - a decay, then a step of adam",
    ),
    "lion": Optimizer(
        ("V",),
        (*betas(beta1=0.9, beta2=0.99), Option("decay", 0.0)),
        learning_rate=1e-4,
        source="Chen et al. 2023, algorithm 2",
        formula="W -= a (sign(beta1 V + (1 - beta1) g) + decay W); V = beta2 V + (1 - beta2) g",
    ),
}

# ------------------------------------------------------------------------------ regularisers


class Regularizer(NamedTuple):
    """A number per layer of a plan.

    Attributes
    ----------
    on : {"weights", "outputs"}
        Weights of layers 1 to L, or activations of layers 0 (the input) to L - 1.
    range : Option
        Its range and the default, which is none of it.
    acts : {"gradient", "step", "draw"}
        Where: on the gradient, on the weights after a step, or by draws in the forward pass.
    formula, source : str
        For the documents; a the learning rate.
    """

    on: Literal["weights", "outputs"]
    range: Option
    acts: Literal["gradient", "step", "draw"]
    formula: str = ""
    source: str = ""


REGULARIZERS: dict[str, Regularizer] = {
    "l1": Regularizer("weights", Option("l1", 0.0), "gradient", "J += l1 sum |W|", "Tibshirani 1996"),
    "l2": Regularizer(
        "weights",
        Option("l2", 0.0),
        "gradient",
        "J += l2 / 2 sum W^2",
        "Krogh & Hertz 1992",
    ),
    "proximal": Regularizer(
        "weights",
        Option("proximal", 0.0),
        "step",
        "J += proximal sum |W|; W = sign(W) max(|W| - a proximal, 0)",
        "Duchi & Singer 2009, section 5.1",
    ),
    "max_norm": Regularizer(
        "weights",
        Option("max_norm", 0.0),
        "step",
        "w *= min(1, max_norm / ||w||) for each row w of W; 0 is no bound",
        "Srivastava et al. 2014, section 5.1",
    ),
    "l0": Regularizer(
        "outputs",
        Option("l0", 0.0),
        "gradient",
        "J += l0 sum p, p the probability that a gate is open",
        "Louizos, Welling & Kingma 2018",
    ),
}

# ------------------------------------------------------------------------------ randomness, constants

# Purposes of random draws, a part of the counter. A new use of randomness gets a new number.
PURPOSES: dict[str, int] = {
    "dropout": 0,
    "shuffle": 1,
    "weights": 2,
    "split": 3,
    "data": 4,
    "noise": 5,
    "gaussian_dropout": 6,
    "search": 7,
    "augment": 8,
    "gates": 9,
}

# Batch normalisation: added to the variance; what of the statistics a step keeps, 1 - 1 / 100 steps.
BATCH_NORM_EPSILON = 1e-5
BATCH_NORM_DECAY = 1 - 1.0 / 100

# Hard-concrete gates (Louizos, Welling & Kingma 2018): temperature and stretch.
GATE_BETA = 2.0 / 3.0
GATE_GAMMA = -0.1
GATE_ZETA = 1.1

# ------------------------------------------------------------------------------ names of the kernels

# By family: the .pxi file, the module of the twins and the test file have its name.
KERNELS: dict[str, tuple[str, ...]] = {
    "activation": tuple(name + form for name in ACTIVATIONS for form in ("", "_backward")),
    "dense": ("dense", "dense_backward", "matmul", "matmul_tn", "matmul_nt"),
    "bfloat16": ("round_to_bfloat16",),
    "dropout": ("philox", "random_words", "dropout_mask", "dropout", "dropout_backward"),
    "noise": ("gaussian_noise", "gaussian_dropout_factors", "apply_factors"),
    "initialize": ("normal_weights", "uniform_weights"),
    "loss": tuple(LOSSES),
    "penalty": ("penalty", "penalty_backward"),
    "proximal": ("soft_threshold", "max_norm", "clip_values", "clip_norm"),
    "optimizer": tuple(OPTIMIZERS),
    "batchnorm": (
        "batch_norm",
        "batch_norm_backward",
        "batch_norm_predict",
        "batch_norm_fold",
        "batch_norm_statistics",
    ),
    "batch": ("gather", "one_hot", "shuffle"),
    "network": ("network_train", "network_gradient", "network_predict", "network_sample"),
}
