"""The transformations of images: each one a function of the images and of random words.

`Compose` draws the words and applies transformations one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._support.checks import fraction, integer, number
from .resampling import displacements, move, resample, rotation

__all__ = ["Elastic", "HorizontalFlip", "RandomCrop", "Rotate", "Shift", "Transformation"]

Array = NDArray[Any]
Words = NDArray[np.uint32]

MOST_PIXELS = 1 << 16  # bound on a shift: draws are scaled in 64 bits


def whole_numbers(words: Words, most: int) -> NDArray[np.int64]:
    """Whole numbers from -most to most, equally likely (to 2^-32)."""
    return (words.astype(np.uint64) * np.uint64(2 * most + 1) >> np.uint64(32)).astype(np.int64) - most


class Transformation:
    """Base of the transformations: a function of images and random words.

    A transformation of one's own overrides `n_words` and `apply`.
    """

    def n_words(self, h: int, w: int) -> int:
        """Number of 32-bit random words that an image of this height and width needs, at least 1."""
        return 1

    def apply(self, images: Array, words: Words) -> Array:
        """Transform images; return new ones of the same shape and dtype.

        Parameters
        ----------
        images : float array (n, h, w, channels)
            Must not be changed.
        words : uint32 array (n, n_words)
            An image's result must depend on its own words alone.

        Returns
        -------
        array (n, h, w, channels)
        """
        raise NotImplementedError(f"{type(self).__name__} has no method apply(images, words)")


@dataclass(frozen=True)
class HorizontalFlip(Transformation):
    """Exchange left and right with probability p.

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
    >>> from regnet.augment import Compose
    >>> Compose([HorizontalFlip(1.0)], shape=(1, 4))(np.array([[1.0, 2.0, 3.0, 4.0]]))
    array([[4., 3., 2., 1.]])
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        fraction("p", self.p, zero=True, one=True)

    def apply(self, images: Array, words: Words) -> Array:
        """Flip each image whose draw is below p."""
        chosen = words[:, 0] < self.p * 2.0**32
        return np.where(chosen[:, None, None, None], images[:, :, ::-1], images)


@dataclass(frozen=True)
class Shift(Transformation):
    """Shift by whole pixels, from -pixels to pixels down and to the right.

    All shifts are equally likely; no value is interpolated.

    Parameters
    ----------
    pixels : int
        At least 0.
    fill : float
        Value of the pixels that come in from outside.

    Raises
    ------
    ValueError, TypeError
        If pixels is not a whole number from 0 to 65536 or fill is not finite.

    Examples
    --------
    >>> from regnet.augment import Compose
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
        """One for the shift down, one for the shift to the right."""
        return 2

    def apply(self, images: Array, words: Words) -> Array:
        """Shift each image by its two draws."""
        down, right = whole_numbers(words, self.pixels).T
        return move(images, down, right, self.pixels, self.fill)


@dataclass(frozen=True)
class RandomCrop(Transformation):
    """Crop a random window of the image's own size from the image padded on all four sides.

    The usual way to write a shift by up to `padding` whole pixels (He et al. 2016, section 4.2).

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
    >>> from regnet.augment import Compose
    >>> Compose([RandomCrop(4)], shape=(32, 32, 3))(np.zeros((5, 3072))).shape
    (5, 3072)
    """

    padding: int
    fill: float = 0.0

    def __post_init__(self) -> None:
        integer("padding", self.padding, least=0, most=MOST_PIXELS)
        number("fill", self.fill)

    def n_words(self, h: int, w: int) -> int:
        """One for the row of the window, one for its column."""
        return 2

    def apply(self, images: Array, words: Words) -> Array:
        """Crop each image: a window further down shifts its content up."""
        down, right = -whole_numbers(words, self.padding).T
        return move(images, down, right, self.padding, self.fill)


@dataclass(frozen=True)
class Rotate(Transformation):
    """Rotate about the centre by an angle between -degrees and degrees, with bilinear interpolation.

    Parameters
    ----------
    degrees : float
        The largest angle, at least 0; positive angles rotate counter-clockwise.
    fill : float
        Value outside the image.

    Raises
    ------
    ValueError, TypeError
        If degrees is not a number >= 0 or fill is not finite.

    Examples
    --------
    >>> from regnet.augment import Compose
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
        """Rotate each image by its draw."""
        angles = self.degrees * ((words[:, 0] + 0.5) / 2.0**31 - 1)
        h, w = images.shape[1:3]
        return resample(images, rotation(angles, h, w), self.fill)


@dataclass(frozen=True)
class Elastic(Transformation):
    """Distort by a smooth random displacement of each pixel, with bilinear interpolation.

    Each pixel takes its value from a point ``alpha * (G * u)`` away, down and to the right, where u is
    uniform in (-1, 1) for each pixel, G a Gaussian of width sigma and * a convolution. The displacement
    then has a standard deviation of about ``alpha / (sigma * sqrt(12 pi))`` pixels.

    Parameters
    ----------
    alpha : float
        Strength in pixels, at least 0.
    sigma : float
        Smoothness in pixels, above 0: small values crumple the image, large ones nearly shift it.
    fill : float
        Value outside the image.

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
    >>> from regnet.augment import Compose
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
        """Take each pixel's value from its displaced point."""
        h, w = images.shape[1:3]
        return resample(images, displacements(words, h, w, self.alpha, self.sigma), self.fill)
