"""Small models with weights that are not those of the start, and inputs for them."""

import numpy as np

import regnet as rn

X = np.random.default_rng(0).normal(size=(12, 3))


def random_model(output, n_outputs, dtype="float64", **options):
    """A 3-4-n_outputs net, biases not 0."""
    model = rn.Model.mlp([3, 4, n_outputs], activation="tanh", output=output, dtype=dtype, seed=2, **options)
    model.parameters[:] = np.random.default_rng(1).normal(size=model.parameters.size)
    return model


def round_trip(model, path):
    """The model from a file, checked to predict the same bits."""
    model.save(path)
    loaded = rn.load(path)
    np.testing.assert_array_equal(loaded.parameters, model.parameters)
    assert loaded.layers == model.layers
    assert (loaded.dtype, loaded.seed, loaded.loss) == (model.dtype, model.seed, model.loss)
    assert repr(loaded) == repr(model)
    found, expected = loaded.predict(X), model.predict(X)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    return loaded
