# The public functions of Gaussian noise.

cdef _Signature NOISE_ON = _Signature("A(n_units,n_examples) -> out(n_units,n_examples)", same="out=A")
cdef _Signature FACTORS = _Signature("-> M(n_units,n_examples)", sizes="n_units n_examples")
cdef _Signature APPLY_FACTORS = _Signature(
    "A(n_units,n_examples) M(n_units,n_examples) -> out(n_units,n_examples)", same="out=A")
cdef _Number SIGMA = _Number(_spec.Option("sigma", 0.0))


cdef int run_noise(const real[:, ::1] A, real[:, ::1] out, double sigma, const Draw* draw,
                   Py_ssize_t first) except -1:
    cdef Py_ssize_t n_units = A.shape[0], m = A.shape[1]
    with nogil:
        copy(&out[0, 0], &A[0, 0], n_units * m)
        gaussian_noise_(&out[0, 0], m, n_units, first, m, sigma, draw.seed, draw.layer, draw.step)
    return 0


cdef int run_factors(real[:, ::1] M, double keep_prob, const Draw* draw, Py_ssize_t first) except -1:
    cdef Py_ssize_t n_units = M.shape[0], m = M.shape[1]
    with nogil:
        gaussian_dropout_factors_(&M[0, 0], m, n_units, first, m, keep_prob, draw.seed, draw.layer, draw.step)
    return 0


cdef int run_apply_factors(const real[:, ::1] A, const real[:, ::1] M, real[:, ::1] out) except -1:
    cdef Py_ssize_t n_units = A.shape[0], m = A.shape[1]
    with nogil:
        copy(&out[0, 0], &A[0, 0], n_units * m)
        apply_factors_(&out[0, 0], m, &M[0, 0], m, n_units, m)
    return 0


def gaussian_noise(A, sigma, seed, layer, step, out=None, *, first=0):
    """out = A + sigma * draws of N(0, 1) (Box & Muller 1958).

    A draw depends on (seed, layer, step, unit, example) alone.

    Parameters
    ----------
    A : array_like, shape (n_units, n_examples)
    sigma : float, at least 0
    seed : int, 0 to 2**64 - 1
    layer : int, 0 to 2**28 - 1
    step : int, 0 to 2**64 - 1
    out : ndarray, optional
        Filled and returned; may be A.
    first : int
        Index of the first example within the batch.

    Returns
    -------
    out : ndarray, shape (n_units, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.gaussian_noise([[1.0, 2.0]], 0.0, seed=3, layer=0, step=7)
    array([[1., 2.]])
    """
    cdef list a = [A, out]
    cdef Draw draw
    cdef Py_ssize_t example = whole_number("first", first, 0, MOST_COUNT)
    cdef double deviation = SIGMA.read(sigma)
    read_draw(&draw, seed, layer, step)
    if NOISE_ON.prepare(a) == FLOAT:
        run_noise[float](a[0], a[1], deviation, &draw, example)
    else:
        run_noise[double](a[0], a[1], deviation, &draw, example)
    return NOISE_ON.result(a)


def gaussian_dropout_factors(shape, keep_prob, seed, layer, step, M=None, *, first=0, dtype="float64"):
    """M = draws of N(1, (1 - keep_prob) / keep_prob) (Srivastava et al. 2014, section 10).

    A draw depends on (seed, layer, step, unit, example) alone.

    Parameters
    ----------
    shape : (n_units, n_examples)
    keep_prob : float, 0 < keep_prob <= 1
    seed : int, 0 to 2**64 - 1
    layer : int, 0 to 2**28 - 1
    step : int, 0 to 2**64 - 1
    M : ndarray, optional
        Filled and returned.
    first : int
        Index of the first example within the batch.
    dtype : float32 or float64
        Of M where it is allocated.

    Returns
    -------
    M : ndarray, shape (n_units, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.gaussian_dropout_factors((1, 2), 1.0, seed=3, layer=1, step=7)
    array([[1., 1.]])
    """
    cdef list a = [M]
    cdef Draw draw
    cdef Py_ssize_t example = whole_number("first", first, 0, MOST_COUNT)
    cdef double kept = read_keep_prob(keep_prob)
    n_units, n_examples = read_shape(shape)
    read_draw(&draw, seed, layer, step)
    if M is None:
        a[0] = new_real((n_units, n_examples), dtype)
    if FACTORS.prepare(a, n_units, n_examples) == FLOAT:
        run_factors[float](a[0], kept, &draw, example)
    else:
        run_factors[double](a[0], kept, &draw, example)
    return FACTORS.result(a)


def apply_factors(A, M, out=None):
    """out = A * M, for A in the forward pass and for dA in the backward pass.

    Parameters
    ----------
    A, M : array_like, shape (n_units, n_examples)
    out : ndarray, optional
        Filled and returned; may be A.

    Returns
    -------
    out : ndarray, shape (n_units, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.apply_factors([[1.0, 2.0]], [[0.5, 2.0]])
    array([[0.5, 4. ]])
    """
    cdef list a = [A, M, out]
    if APPLY_FACTORS.prepare(a) == FLOAT:
        run_apply_factors[float](a[0], a[1], a[2])
    else:
        run_apply_factors[double](a[0], a[1], a[2])
    return APPLY_FACTORS.result(a)
