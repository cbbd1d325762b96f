"""What tests of damaged files share."""

import pytest

import regnet as rn
from files.damage import X


@pytest.fixture(scope="module")
def model():
    """A trained model with something of everything that a file can hold."""
    layers = [
        rn.Input(3, 0.9, noise=0.25, gates=True, penalty=rn.L0(0.1)),
        rn.Dense(5, "relu", 0.8, "he", max_norm=2.5, batch_norm=True, penalty=rn.L1(0.1) + rn.L2(0.7)),
        rn.Dense(4, "tanh", 0.7, rn.Normal(0.1), dropout="gaussian"),
        rn.Dense(3, "softmax"),
    ]
    made = rn.Model(layers, seed=2, classes=["no", "perhaps", "yes"])
    rn.train(made, X, ["no", "yes", "perhaps"] * 4, epochs=3, batch_size=5, optimizer=rn.Adam(0.01))
    return made
