"""Augmentation of rows that are images: other pictures with the same labels, drawn anew in each epoch.

The draws for example i in epoch e come from Philox4x32-10 with the seed as key and the counter
(i, block of four words, e, purpose and number of the transformation): a picture's transformation is
a function of (seed, e, i), whatever the batches, their order or the number of threads.

>>> import regnet as rn
>>> augment = rn.augment.Compose([rn.augment.HorizontalFlip(p=1.0)], shape=(2, 3))
>>> augment(np.arange(6.0).reshape(1, 6))
array([[2., 1., 0., 5., 4., 3.]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import cregnet

from .._support.checks import fraction, integer, number
from .._support.randomness import check_seed
from .resampling import blocks, displacements, keep_memory, move, resample, rotation

__all__ = ["Compose", "Elastic", "HorizontalFlip", "RandomCrop", "Rotate", "Shift", "Transformation"]

Array = NDArray[Any]
Words = NDArray[np.uint32]

PURPOSE = cregnet.PURPOSES["augment"]
MOST_PIXELS = 1 << 16  # of a shift: draws are scaled in 64 bits
BLOCK_PIXELS = 1 << 18  # of pictures transformed together: a few milliseconds


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


def whole_numbers(words: Words, most: int) -> NDArray[np.int64]:
    """Whole numbers from -most to most, equally likely (to 2^-32)."""
    return (words.astype(np.uint64) * np.uint64(2 * most + 1) >> np.uint64(32)).astype(np.int64) - most


class Transformation:
    """Base of the transformations: what is done to pictures, given random words.

    A transformation of one's own overrides `n_words` and `apply`.
    """

    def n_words(self, h: int, w: int) -> int:
        """How many 32-bit random words a picture of this height and width needs, at least 1."""
        return 1

    def apply(self, images: Array, words: Words) -> Array:
        """Transformed pictures, of the same shape and dtype, the ones given left as they are.

        `images` is (n, h, w, channels), `words` (n, n_words); a picture must become what its own
        words say, whatever the others are.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method apply(images, words)")


@dataclass(frozen=True)
class HorizontalFlip(Transformation):
    """Left and right exchanged, with probability p.

    Parameters
    ----------
    p : float
        From 0 (never) to 1 (always).

    Raises
    ------
    ValueError
        If p is not in [0, 1].

    Examples
    --------
    >>> Compose([HorizontalFlip(1.0)], shape=(1, 4))(np.array([[1.0, 2.0, 3.0, 4.0]]))
    array([[4., 3., 2., 1.]])
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        fraction("p", self.p, zero=True, one=True)

    def apply(self, images: Array, words: Words) -> Array:
        """Flip a picture where its draw is below p."""
        chosen = words[:, 0] < self.p * 2.0**32
        return np.where(chosen[:, None, None, None], images[:, :, ::-1], images)


@dataclass(frozen=True)
class Shift(Transformation):
    """Moved by a whole number of pixels, from -pixels to pixels down and as many to the right.

    All moves are equally likely; no value is interpolated.

    Parameters
    ----------
    pixels : int
        At least 0.
    fill : float
        Value of what comes in from outside.

    Raises
    ------
    ValueError, TypeError
        If pixels is not a whole number from 0 to 65536 or fill is not finite.

    Examples
    --------
    >>> Compose([Shift(1)], shape=(2, 2))(np.ones((3, 4)), seed=2)
    array([[1., 0., 0., 0.],
           [1., 0., 1., 0.],
           [0., 1., 0., 1.]])
    """

    pixels: int
    fill: float = 0.0

    def __post_init__(self) -> None:
        integer("pixels", self.pixels, least=0, most=MOST_PIXELS)
        number("fill", self.fill)

    def n_words(self, h: int, w: int) -> int:
        """One down, one to the right."""
        return 2

    def apply(self, images: Array, words: Words) -> Array:
        """Move each picture by its two draws."""
        down, right = whole_numbers(words, self.pixels).T
        return move(images, down, right, self.pixels, self.fill)


@dataclass(frozen=True)
class RandomCrop(Transformation):
    """A window of the picture's own size, cut at random from the picture padded on all four sides.

    The common way to write a shift by up to `padding` whole pixels (He et al. 2016, section 4.2).

    Parameters
    ----------
    padding : int
        Pixels on each side, at least 0.
    fill : float
        Value of the padding.

    Raises
    ------
    ValueError, TypeError
        If padding is not a whole number from 0 to 65536 or fill is not finite.

    Examples
    --------
    >>> Compose([RandomCrop(4)], shape=(32, 32, 3))(np.zeros((5, 3072))).shape
    (5, 3072)
    """

    padding: int
    fill: float = 0.0

    def __post_init__(self) -> None:
        integer("padding", self.padding, least=0, most=MOST_PIXELS)
        number("fill", self.fill)

    def n_words(self, h: int, w: int) -> int:
        """Row and column of the window."""
        return 2

    def apply(self, images: Array, words: Words) -> Array:
        """Cut each picture's window: a window further down moves what is in it up."""
        down, right = -whole_numbers(words, self.padding).T
        return move(images, down, right, self.padding, self.fill)


@dataclass(frozen=True)
class Rotate(Transformation):
    """Turned about the centre by an angle between -degrees and degrees, with bilinear interpolation.

    Parameters
    ----------
    degrees : float
        The largest angle, at least 0; positive angles turn counter-clockwise.
    fill : float
        Value outside the picture.

    Raises
    ------
    ValueError, TypeError
        If degrees is not a number >= 0 or fill is not finite.

    Examples
    --------
    >>> plus = np.array([[0.0, 1, 0, 1, 1, 1, 0, 1, 0]])
    >>> Compose([Rotate(10)], shape=(3, 3))(plus).round(2).reshape(3, 3)
    array([[0.12, 0.87, 0.12],
           [0.87, 1.  , 0.87],
           [0.12, 0.87, 0.12]])
    """

    degrees: float
    fill: float = 0.0

    def __post_init__(self) -> None:
        number("degrees", self.degrees, least=0)
        number("fill", self.fill)

    def apply(self, images: Array, words: Words) -> Array:
        """Turn each picture by its draw."""
        angles = self.degrees * ((words[:, 0] + 0.5) / 2.0**31 - 1)
        h, w = images.shape[1:3]
        return resample(images, rotation(angles, h, w), self.fill)


@dataclass(frozen=True)
class Elastic(Transformation):
    """Distorted by a smooth random displacement of each pixel, with bilinear interpolation.

    Each pixel takes its value from a place ``alpha * (G * u)`` away, down and to the right, where u
    is uniform in (-1, 1) for each pixel and G a Gaussian of width sigma. The displacement then has a
    standard deviation of about ``alpha / (sigma * sqrt(12 pi))`` pixels.

    Parameters
    ----------
    alpha : float
        Strength in pixels, at least 0.
    sigma : float
        Smoothness in pixels, above 0: small is crumpled, large is nearly a shift.
    fill : float
        Value outside the picture.

    Raises
    ------
    ValueError, TypeError
        If alpha is not a number >= 0, sigma not a number > 0, or fill is not finite.

    Notes
    -----
    Simard, Steinkraus and Platt 2003, section 2, whose values for handwritten digits of 28 x 28
    pixels are the defaults.

    Examples
    --------
    >>> line = np.zeros((1, 28, 28))
    >>> line[:, :, 14] = 1
    >>> bent = Compose([Elastic()], shape=(28, 28))(line.reshape(1, 784)).reshape(28, 28)
    >>> int(np.ptp(bent.argmax(axis=1))) > 0
    True
    """

    alpha: float = 34.0
    sigma: float = 4.0
    fill: float = 0.0

    def __post_init__(self) -> None:
        number("alpha", self.alpha, least=0)
        number("sigma", self.sigma, above=0)
        number("fill", self.fill)

    def n_words(self, h: int, w: int) -> int:
        """One for each pixel, half for its row and half for its column."""
        return h * w

    def apply(self, images: Array, words: Words) -> Array:
        """Look at each pixel's displaced place."""
        h, w = images.shape[1:3]
        return resample(images, displacements(words, h, w, self.alpha, self.sigma), self.fill)


@dataclass(frozen=True)
class Compose:
    """Transformations, one after the other, of rows that are images.

    Parameters
    ----------
    transformations : sequence of Transformation
    shape : (h, w) or (h, w, channels)
        How a row of h * w * channels numbers becomes a picture: row by row, channels last.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong.

    Examples
    --------
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

    def blocks(self, n: int) -> Any:
        """Slices of the rows that are transformed together."""
        return blocks(n, self.n_features, BLOCK_PIXELS)

    def transform(self, X: Array, examples: Array, seed: int, epoch: int) -> Array:
        """One block of rows, unchecked: floats (n, n_features) and the numbers of the examples."""
        h, w = self.shape[:2]
        images = X.reshape(len(X), h, w, self.n_features // (h * w))
        images.flags.writeable = False  # of this view: a transformation of one's own may forget to copy
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
        """The rows of X, transformed as in an epoch of a training.

        Parameters
        ----------
        X : array-like (n_samples, n_features)
            float32 or float64; left as it is.
        seed : int
            `train` uses the model's.
        epoch : int
            From 0.
        examples : array-like of int (n_samples,), optional
            Numbers of the examples, which their draws depend on; 0, 1, 2 ... by default.

        Returns
        -------
        array (n_samples, n_features)
            New, of the dtype of X.

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
    """A tuple of transformations."""
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
    """Height, width and perhaps channels."""
    if not isinstance(shape, (tuple, list)) or len(shape) not in (2, 3):
        raise ValueError(f"shape is {shape!r}, wanted (h, w) or (h, w, channels)")
    return tuple(integer("an entry of shape", length, least=1) for length in shape)


def check_rows(X: ArrayLike, n_features: int) -> Array:
    """Rows of floats, C-contiguous."""
    array = np.asarray(X)
    if array.dtype not in (np.float32, np.float64):
        raise TypeError(f"X has dtype {array.dtype}, wanted float32 or float64")
    if array.ndim != 2 or array.shape[1] != n_features:
        raise ValueError(f"X has shape {array.shape}, wanted (n_samples, {n_features})")
    return np.ascontiguousarray(array)


def check_examples(examples: ArrayLike | None, n: int) -> Array:
    """Numbers of the examples."""
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
