"""A search over small nets on few points."""

import regnet as rn

X, Y, X_VAL, Y_VAL = rn.datasets.make_football(120, 60)
SPACE = {"rate": rn.log_uniform(1e-4, 1), "lam": rn.log_uniform(1e-2, 10), "units": [4, 12]}


def make_model(config):
    """Architecture and training both follow the configuration."""
    model = rn.Model.mlp([2, config["units"], 1], keep_prob=config.get("keep", 1.0), seed=1)
    return model, {"optimizer": rn.Adam(config["rate"]), "penalty": rn.L2(config["lam"])}


def found(space=SPACE, make=make_model, **options):
    options = {"n": 9, "epochs": 27, "validation": (X_VAL, Y_VAL), **options}
    return rn.search(make, X, Y, space, **options)
