"""Small random pictures, nets for them, and transformations that change nothing or a little."""

import numpy as np

import regnet as rn
from regnet.augment import Compose, Elastic, HorizontalFlip, Rotate, Shift, Transformation

NOTHING = [Compose([], shape=(4, 6)), Compose([Shift(0), Rotate(0), Elastic(0.0)], shape=(4, 6))]
SOME = Compose([Shift(1), Rotate(20), HorizontalFlip()], shape=(4, 6))


def images(n=130, dtype=np.float64, classes=3):
    """Random pictures of 4 x 6 pixels with random labels."""
    rng = np.random.default_rng(0)
    return rng.random((n, 24)).astype(dtype), rng.integers(0, classes, n)


def net(keep_prob=0.7, **options):
    options = {"dtype": "float64", "seed": 3, "keep_prob": keep_prob, **options}
    return rn.Model.mlp([24, 10, 3], **options)


class Probe(Transformation):
    """Changes nothing and does something else: calls a function with the images."""

    def __init__(self, function):
        self.function = function

    def apply(self, images, words):
        self.function(images)
        return images


def probe(function):
    return Compose([Probe(function)], shape=(4, 6))
