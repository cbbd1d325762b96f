"""Pictures looked at from other places: bilinear interpolation and smooth displacements.

A. Pictures come as (n, h, w, channels); a place is a row and a column, both counted from 0 and not
   necessarily whole. What lies outside a picture has the value `fill`, and between the last pixels
   and the first ones outside there is interpolation as anywhere else.
B. Coordinates are kept flat, (n, h * w), so that NumPy's inner loops are long.
C. Work is done a block of pictures at a time in buffers that are used again: arrays made anew for
   each block would cost more in page faults than the arithmetic takes.
D. A picture's result does not depend on its neighbours in the batch, to the bit: arithmetic is
   element by element, and `cregnet.matmul` sums each element in the order of the inner index.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cregnet

__all__ = ["blocks", "displacements", "keep_memory", "move", "resample", "rotation"]

Array = NDArray[Any]
Coordinates = Callable[[slice, Array, Array], None]

BLOCK_PIXELS = 1 << 15  # places looked up together: their buffers stay in L2
KEPT_BYTES = 1 << 23  # more than any array made for a block
TRUNCATE = 4.0  # standard deviations after which a Gaussian is cut off, as SciPy does


def blocks(n: int, n_pixels: int, most: int) -> Iterator[slice]:
    """Slices that cover n pictures, each of at least one picture and about `most` pixels.

    >>> list(blocks(5, 10, 20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, most // n_pixels)
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def keep_memory() -> None:
    """Have the C library keep freed memory of block size, to be used again without a page fault.

    glibc returns memory to the system above limits that grow with the largest array freed so far
    (mallopt(3), M_MMAP_THRESHOLD). A process that has freed none would spend half its time or more
    on pages. Elsewhere this does nothing.
    """
    np.empty(KEPT_BYTES, np.uint8)


def move(images: Array, down: Array, right: Array, limit: int, fill: float) -> Array:
    """Each picture moved by whole pixels, at most `limit` either way.

    >>> image = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> move(image, np.array([1]), np.array([0]), 1, -1.0).reshape(2, 2)
    array([[-1., -1.],
           [ 0.,  1.]])
    """
    n, h, w, channels = images.shape
    limit = min(limit, max(h, w))  # further out there is nothing to be seen
    down, right = np.clip(down, -limit, limit), np.clip(right, -limit, limit)
    edge = limit * channels
    padded = np.full((n, h + 2 * limit, w * channels + 2 * edge), fill, images.dtype)
    padded[:, limit : limit + h, edge : edge + w * channels] = images.reshape(n, h, w * channels)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w * channels), axis=(1, 2))
    return windows[np.arange(n), limit - down, (limit - right) * channels].reshape(images.shape)


def resample(images: Array, coordinates: Coordinates, fill: float) -> Array:
    """Each picture as seen at other places, by bilinear interpolation.

    Parameters
    ----------
    images : float array (n, h, w, channels)
    coordinates : function of (block, y, x)
        Called for each block of pictures; writes the rows and columns to look at into y and x, both
        (pictures, h * w) and of the dtype of the images.
    fill : float
        Value outside.

    Returns
    -------
    array (n, h, w, channels)
    """
    n, h, w, channels = images.shape
    out = np.empty((n, h * w, channels), images.dtype)
    size = next(blocks(n, h * w, BLOCK_PIXELS)).stop
    # two more rows and columns behind than before: a place on the far border has neighbours too
    padded = np.full((size, h + 3, w + 3, channels), fill, images.dtype)
    y, x, top, left = np.empty((4, size, h * w), images.dtype)
    index = np.empty((size, h * w), np.intp)
    corners = np.empty((4, size * h * w, channels), images.dtype)
    for block in blocks(n, h * w, BLOCK_PIXELS):
        m = block.stop - block.start
        padded[:m, 1:-2, 1:-2] = images[block]
        coordinates(block, y[:m], x[:m])
        cells(y[:m], x[:m], top[:m], left[:m], index[:m], h, w)
        flat, at = padded.reshape(-1, channels), index[:m].reshape(-1)
        a, b, c, d = (corner[: m * h * w] for corner in corners)
        for offset, corner in ((0, a), (1, b), (w + 3, c), (w + 4, d)):
            # "clip" only spares NumPy a copy: no index is out of range
            np.take(flat[offset:], at, axis=0, out=corner, mode="clip")
        across, down = x[:m].reshape(-1, 1), y[:m].reshape(-1, 1)
        between(a, b, across)
        between(c, d, across)
        between(a, c, down)
        out[block] = a.reshape(m, h * w, channels)
    return out.reshape(images.shape)


def cells(y: Array, x: Array, top: Array, left: Array, index: Array, h: int, w: int) -> None:
    """Turn places into the index of the pixel above and left, and what is left over in y and x."""
    for places, whole, length in ((y, top, h), (x, left, w)):
        places += 1  # the border of the padded picture
        np.clip(places, 0, length + 1, out=places)
        np.floor(places, out=whole)
        places -= whole
    # as whole numbers: float32 counts pixels exactly only up to 2^24
    index[...] = top
    index *= w + 3
    np.add(index, left, out=index, casting="unsafe")
    index += (np.arange(len(y)) * ((h + 3) * (w + 3)))[:, None]


def between(a: Array, b: Array, share: Array) -> None:
    """a = a + share * (b - a), in place; b is used up."""
    b -= a
    b *= share
    a += b


def rotation(angles: Array, h: int, w: int) -> Coordinates:
    """Coordinates of pictures turned counter-clockwise about their centres by angles in degrees.

    A turn by a multiple of 90 degrees is exact.
    """
    # rounded, so that the cosine of 90 degrees is 0 and not 6e-17
    cosine, sine = (np.round(f(np.deg2rad(angles)), 15)[:, None] for f in (np.cos, np.sin))
    middle_y, middle_x = (h - 1) / 2, (w - 1) / 2
    rows, columns = np.indices((h, w), np.float64).reshape(2, h * w)
    rows, columns = rows - middle_y, columns - middle_x

    def coordinates(block: slice, y: Array, x: Array) -> None:
        c, s = cosine[block].astype(y.dtype), sine[block].astype(y.dtype)
        up, across = rows.astype(y.dtype), columns.astype(y.dtype)
        np.multiply(c, up, out=y)
        np.multiply(s, across, out=x)
        y += x
        y += y.dtype.type(middle_y)
        np.multiply(c, across, out=x)
        x -= s * up
        x += x.dtype.type(middle_x)

    return coordinates


def displacements(words: Array, h: int, w: int, alpha: float, sigma: float) -> Coordinates:
    """Coordinates under a smooth random displacement (Simard, Steinkraus and Platt 2003, section 2).

    Two fields of uniform numbers in (-1, 1), one for rows and one for columns, are smoothed by a
    Gaussian of width sigma, with zeros outside, and multiplied by alpha.

    Parameters
    ----------
    words : uint32 array (n, h * w)
        Draws; their low halves become the displacement of rows, their high halves that of columns.
    h, w : int
    alpha, sigma : float
        In pixels.
    """
    rows, columns = np.indices((h, w)).reshape(2, h * w)

    def coordinates(block: slice, y: Array, x: Array) -> None:
        drawn = words[block]
        for places, halves, grid in ((y, drawn & 0xFFFF, rows), (x, drawn >> 16, columns)):
            field = halves.astype(places.dtype)
            field -= 32767.5
            field *= alpha / 32768
            places[...] = smooth(field, h, w, sigma)
            places += grid.astype(places.dtype)

    return coordinates


def smooth(field: Array, h: int, w: int, sigma: float) -> Array:
    """Fields (n, h * w) convolved with a Gaussian along both axes, zeros outside."""
    n = len(field)
    across = along_rows(field.reshape(n * h, w), sigma)
    turned = np.ascontiguousarray(across.reshape(n, h, w).transpose(0, 2, 1)).reshape(n * w, h)
    down = along_rows(turned, sigma)
    return down.reshape(n, w, h).transpose(0, 2, 1).reshape(n, h * w)


def along_rows(rows: Array, sigma: float) -> Array:
    """Rows convolved with a Gaussian: a product with the matrix of that convolution."""
    return cregnet.matmul(rows, gaussian(rows.shape[1], sigma).astype(rows.dtype))


@lru_cache(maxsize=16)
def gaussian(n: int, sigma: float) -> NDArray[np.float64]:
    """The symmetric (n, n) matrix of a convolution with a normalised, truncated Gaussian.

    >>> gaussian(3, 0.5).round(2)
    array([[0.79, 0.11, 0.  ],
           [0.11, 0.79, 0.11],
           [0.  , 0.11, 0.79]])
    """
    radius = int(TRUNCATE * sigma + 0.5)
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    total = 1 + 2 * sum(math.exp(-0.5 * (k / sigma) ** 2) for k in range(1, radius + 1))
    return np.where(distance <= radius, np.exp(-0.5 * (distance / sigma) ** 2) / total, 0.0)
