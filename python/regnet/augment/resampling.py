"""Image resampling: shifts, bilinear interpolation and smooth displacements.

A. Images have the shape (n, h, w, channels). A point is a row and a column, both counted from 0 and
   not necessarily whole. Pixels outside an image have the value `fill`; values between the last pixels
   and the first ones outside are interpolated, too.
B. Coordinates are kept flat, (n, h * w), so that NumPy's inner loops are long.
C. Images are processed in blocks, in buffers that are reused: arrays allocated anew for each block
   would cost more time in page faults than the arithmetic.
D. The result of an image does not depend on the other images of the batch, to the bit: arithmetic is
   elementwise, and `cregnet.matmul` sums each element in the order of the inner index.
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

BLOCK_PIXELS = 1 << 15  # points interpolated together: their buffers stay in L2
KEPT_BYTES = 1 << 23  # larger than any array of a block
TRUNCATE = 4.0  # standard deviations after which a Gaussian is cut off, as SciPy does


def blocks(n: int, n_pixels: int, most: int) -> Iterator[slice]:
    """Slices that cover n images, each of at least one image and about `most` pixels.

    >>> list(blocks(5, 10, 20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, most // n_pixels)
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def keep_memory() -> None:
    """Make the C library keep freed memory of block size, so that it is reused without page faults.

    glibc returns memory to the system above limits that grow with the largest array freed so far
    (mallopt(3), M_MMAP_THRESHOLD). A process that has freed no large array would spend half of its
    time or more on page faults. Other C libraries are not affected.
    """
    np.empty(KEPT_BYTES, np.uint8)


def move(images: Array, down: Array, right: Array, limit: int, fill: float) -> Array:
    """Shift each image by whole pixels, at most `limit` in each direction.

    >>> image = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> move(image, np.array([1]), np.array([0]), 1, -1.0).reshape(2, 2)
    array([[-1., -1.],
           [ 0.,  1.]])
    """
    n, h, w, channels = images.shape
    limit = min(limit, max(h, w))  # beyond it an image is all fill
    down, right = np.clip(down, -limit, limit), np.clip(right, -limit, limit)
    edge = limit * channels
    padded = np.full((n, h + 2 * limit, w * channels + 2 * edge), fill, images.dtype)
    padded[:, limit : limit + h, edge : edge + w * channels] = images.reshape(n, h, w * channels)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w * channels), axis=(1, 2))
    return windows[np.arange(n), limit - down, (limit - right) * channels].reshape(images.shape)


def resample(images: Array, coordinates: Coordinates, fill: float) -> Array:
    """Interpolate each image bilinearly at other points.

    Parameters
    ----------
    images : float array (n, h, w, channels)
    coordinates : function of (block, y, x)
        Called for each block of images; writes the rows and columns of the points into y and x, both
        (images, h * w) and of the dtype of the images.
    fill : float
        Value outside.

    Returns
    -------
    array (n, h, w, channels)
    """
    n, h, w, channels = images.shape
    out = np.empty((n, h * w, channels), images.dtype)
    size = next(blocks(n, h * w, BLOCK_PIXELS)).stop
    # one row and column more at the end than at the start: a point on the far border has neighbours, too
    padded = np.full((size, h + 3, w + 3, channels), fill, images.dtype)
    y, x, top, left = np.empty((4, size, h * w), images.dtype)
    index = np.empty((size, h * w), np.intp)
    corners = np.empty((4, size * h * w, channels), images.dtype)
    for block in blocks(n, h * w, BLOCK_PIXELS):
        m = block.stop - block.start
        padded[:m, 1:-2, 1:-2] = images[block]
        coordinates(block, y[:m], x[:m])
        split_points(y[:m], x[:m], top[:m], left[:m], index[:m], h, w)
        flat, at = padded.reshape(-1, channels), index[:m].reshape(-1)
        a, b, c, d = (corner[: m * h * w] for corner in corners)
        for offset, corner in ((0, a), (1, b), (w + 3, c), (w + 4, d)):
            # no index is out of range; "clip" lets NumPy write to `out` without a copy
            np.take(flat[offset:], at, axis=0, out=corner, mode="clip")
        across, down = x[:m].reshape(-1, 1), y[:m].reshape(-1, 1)
        interpolate(a, b, across)
        interpolate(c, d, across)
        interpolate(a, c, down)
        out[block] = a.reshape(m, h * w, channels)
    return out.reshape(images.shape)


def split_points(y: Array, x: Array, top: Array, left: Array, index: Array, h: int, w: int) -> None:
    """Split points into the index of the pixel above and left, and the fractions, which replace y and x."""
    for points, whole, length in ((y, top, h), (x, left, w)):
        points += 1  # the border of the padded image
        np.clip(points, 0, length + 1, out=points)
        np.floor(points, out=whole)
        points -= whole
    # the index is computed in integers: float32 counts pixels exactly only up to 2^24
    index[...] = top
    index *= w + 3
    np.add(index, left, out=index, casting="unsafe")
    index += (np.arange(len(y)) * ((h + 3) * (w + 3)))[:, None]


def interpolate(a: Array, b: Array, share: Array) -> None:
    """a = a + share * (b - a), in place; b is overwritten."""
    b -= a
    b *= share
    a += b


def rotation(angles: Array, h: int, w: int) -> Coordinates:
    """Coordinates of images rotated counter-clockwise about their centres by angles in degrees.

    A rotation by a multiple of 90 degrees is exact.
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
        Draws; their low halves give the displacements of rows, their high halves those of columns.
    h, w : int
    alpha, sigma : float
        In pixels.
    """
    rows, columns = np.indices((h, w)).reshape(2, h * w)

    def coordinates(block: slice, y: Array, x: Array) -> None:
        drawn = words[block]
        for points, halves, grid in ((y, drawn & 0xFFFF, rows), (x, drawn >> 16, columns)):
            field = halves.astype(points.dtype)
            field -= 32767.5
            field *= alpha / 32768
            points[...] = smooth(field, h, w, sigma)
            points += grid.astype(points.dtype)

    return coordinates


def smooth(field: Array, h: int, w: int, sigma: float) -> Array:
    """Convolve fields (n, h * w) with a Gaussian along both axes, zeros outside."""
    n = len(field)
    across = convolve_rows(field.reshape(n * h, w), sigma)
    turned = np.ascontiguousarray(across.reshape(n, h, w).transpose(0, 2, 1)).reshape(n * w, h)
    down = convolve_rows(turned, sigma)
    return down.reshape(n, w, h).transpose(0, 2, 1).reshape(n, h * w)


def convolve_rows(rows: Array, sigma: float) -> Array:
    """Convolve rows with a Gaussian: a product with the matrix of the convolution."""
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
