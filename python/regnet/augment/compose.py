"""`Compose`: transformations of rows that are images, drawn anew in each epoch.

The draws for example i in epoch e come from Philox4x32-10 with the seed as key and the counter
(i, block of four words, e, purpose and number of the transformation): how an image is transformed
depends on (seed, e, i) alone, not on the batches, their order or the number of threads.

>>> import regnet as rn
>>> augment = rn.augment.Compose([rn.augment.HorizontalFlip(p=1.0)], shape=(2, 3))
>>> augment(np.arange(6.0).reshape(1, 6))
array([[2., 1., 0., 5., 4., 3.]])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from .._support.checks import integer
from .._support.randomness import check_seed
from .resampling import blocks, keep_memory
from .transforms import Transformation, Words

__all__ = ["BLOCK_PIXELS", "Compose"]

Array = NDArray[Any]

PURPOSE = cregnet.PURPOSES["augment"]
BLOCK_PIXELS = 1 << 18  # of images transformed together: a few milliseconds


def draw_words(seed: int, epoch: int, examples: Array, position: int, n_words: int) -> Words:
    """Random words of some examples in an epoch for the transformation at a position, (examples, n_words)."""
    n, n_blocks = len(examples), -(-n_words // 4)
    counter = np.empty((n, n_blocks, 4), np.uint32)
    counter[..., 0] = examples[:, None]
    counter[..., 1] = np.arange(n_blocks)
    counter[..., 2] = epoch
    counter[..., 3] = PURPOSE << 28 | position
    words = cregnet.philox(counter.reshape(-1, 4), [seed & 0xFFFFFFFF, seed >> 32])
    return words.reshape(n, 4 * n_blocks)[:, :n_words]


@dataclass(frozen=True)
class Compose:
    """Transformations, one after the other, for rows that are images.

    Parameters
    ----------
    transformations : sequence of Transformation
    shape : (h, w) or (h, w, channels)
        Shape of the image in a row of h * w * channels numbers: row by row, channels last.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.

    Examples
    --------
    >>> from regnet.augment import Rotate, Shift
    >>> augment = Compose([Shift(2), Rotate(15)], shape=(8, 8))
    >>> X = np.random.default_rng(0).random((5, 64), np.float32)
    >>> new = augment(X, seed=1, epoch=3)
    >>> new.shape, new.dtype
    ((5, 64), dtype('float32'))
    >>> bool((augment(X[2:4], seed=1, epoch=3, examples=[2, 3]) == new[2:4]).all())
    True
    """

    transformations: Sequence[Transformation]
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "transformations", check_transformations(self.transformations))
        object.__setattr__(self, "shape", check_shape(self.shape))

    @property
    def n_features(self) -> int:
        """Numbers in a row."""
        return int(np.prod(self.shape))

    def blocks(self, n: int) -> Iterator[slice]:
        """Slices of n rows, each of rows that are transformed together."""
        return blocks(n, self.n_features, BLOCK_PIXELS)

    def transform(self, X: Array, examples: Array, seed: int, epoch: int) -> Array:
        """Transform one block of rows (n, n_features) without checks; `examples` are their numbers."""
        h, w = self.shape[:2]
        images = X.reshape(len(X), h, w, self.n_features // (h * w))
        images.flags.writeable = False  # of this view: a user's transformation may forget to copy
        for position, transformation in enumerate(self.transformations):
            words = draw_words(seed, epoch, examples, position, transformation.n_words(h, w))
            made = transformation.apply(images, words)
            if np.shape(made) != images.shape:
                raise ValueError(
                    f"{transformation!r} made images of shape {np.shape(made)}, wanted {images.shape}"
                )
            images = made
        return images.reshape(X.shape)

    def __call__(
        self, X: ArrayLike, *, seed: int = 0, epoch: int = 0, examples: ArrayLike | None = None
    ) -> Array:
        """Transform the rows of X as in an epoch of a training.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
            float32 or float64; not changed.
        seed : int
            `train` uses the seed of the model.
        epoch : int
            From 0.
        examples : array-like of int (n_samples,), optional
            Numbers of the examples, on which their draws depend; 0, 1, 2 ... by default.

        Returns
        -------
        array (n_samples, n_features)
            A new array of the dtype of X.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong.
        """
        X = check_rows(X, self.n_features)
        seed, epoch = check_seed(seed), integer("epoch", epoch, least=0, most=2**32 - 1)
        numbers = check_examples(examples, len(X))
        keep_memory()
        result = np.empty_like(X)
        for block in self.blocks(len(X)):
            result[block] = self.transform(X[block], numbers[block], seed, epoch)
        return result


def check_transformations(transformations: Any) -> tuple[Transformation, ...]:
    """Return the transformations as a tuple."""
    wanted = "wanted a sequence of transformations such as Shift(2) and Rotate(15)"
    try:
        found = tuple(transformations)
    except TypeError:
        raise TypeError(f"transformations is {transformations!r}, {wanted}") from None
    for entry in found:
        if not isinstance(entry, Transformation):
            raise TypeError(f"transformations has {entry!r}, {wanted}")
    return found


def check_shape(shape: Any) -> tuple[int, ...]:
    """Height, width and, if given, channels."""
    if not isinstance(shape, (tuple, list)) or len(shape) not in (2, 3):
        raise ValueError(f"shape is {shape!r}, wanted (h, w) or (h, w, channels)")
    return tuple(integer("an entry of shape", length, least=1) for length in shape)


def check_rows(X: ArrayLike, n_features: int) -> Array:
    """Return the rows as a C-contiguous array of floats."""
    array = np.asarray(X)
    if array.dtype not in (np.float32, np.float64):
        raise TypeError(f"X has dtype {array.dtype}, wanted float32 or float64")
    if array.ndim != 2 or array.shape[1] != n_features:
        raise ValueError(f"X has shape {array.shape}, wanted (n_samples, {n_features})")
    return np.ascontiguousarray(array)


def check_examples(examples: ArrayLike | None, n: int) -> Array:
    """Return the numbers of the examples as an array."""
    if examples is None:
        return np.arange(n)
    numbers = np.asarray(examples)
    if numbers.dtype.kind not in "iu":
        raise TypeError(f"examples has dtype {numbers.dtype}, wanted whole numbers")
    if numbers.shape != (n,):
        raise ValueError(f"examples has shape {numbers.shape}, wanted ({n},) as X has {n} rows")
    if n and not 0 <= numbers.min() <= numbers.max() < 2**32:
        raise ValueError(
            f"examples has numbers from {numbers.min()} to {numbers.max()}, wanted 0 to {2**32 - 1}"
        )
    return numbers
