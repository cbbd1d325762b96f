# The public functions of the proximal steps and projections.

cdef _Signature SHRUNK = _Signature("W(...) -> out(...)", same="out=W")
cdef _Signature BOUNDED_ROWS = _Signature("W(n_out,n_in) -> out(n_out,n_in)", same="out=W")
cdef _Signature CLIPPED = _Signature("gradient(...) -> out(...)", same="out=gradient")
cdef _Number THRESHOLD = _Number(_spec.Option("threshold", 0.0))
cdef _Number BOUND = _Number(_spec.Option("bound", 0.0, open=True))

cdef enum Projection:
    SOFT_THRESHOLD
    CLIP_VALUES
    CLIP_NORM


cdef double run_projection(int kind, const real[::1] x, real[::1] out, double number) except? -1:
    # returns the norm of x for CLIP_NORM, otherwise 0
    cdef Py_ssize_t n = x.shape[0]
    cdef double norm = 0
    with nogil:
        copy(&out[0], &x[0], n)
        if kind == SOFT_THRESHOLD:
            soft_threshold_(&out[0], n, number)
        elif kind == CLIP_VALUES:
            clip_values_(&out[0], n, number)
        else:
            norm = clip_norm_(&out[0], n, number)
    return norm


cdef tuple call_projection(int kind, _Signature signature, object x, double number, object out):
    cdef list a = [x, out]
    cdef double norm
    if signature.prepare(a) == FLOAT:
        norm = run_projection[float](kind, a[0], a[1], number)
    else:
        norm = run_projection[double](kind, a[0], a[1], number)
    return signature.result(a), norm


cdef int run_max_norm(const real[:, ::1] W, real[:, ::1] out, double bound) except -1:
    with nogil:
        copy(&out[0, 0], &W[0, 0], W.shape[0] * W.shape[1])
        max_norm_(&out[0, 0], W.shape[0], W.shape[1], bound)
    return 0


def soft_threshold(W, threshold, out=None):
    """sign(W) * max(abs(W) - threshold, 0): the proximal step of threshold * sum(abs(W)).

    Daubechies, Defrise & De Mol 2004, Comm. Pure Appl. Math. 57.

    Parameters
    ----------
    W : array_like, any shape
    threshold : float, at least 0
    out : ndarray, optional
        Filled and returned; may be W.

    Returns
    -------
    out : ndarray, shape of W

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.soft_threshold([3.0, -0.5], 1.0)
    array([2., 0.])
    """
    return call_projection(SOFT_THRESHOLD, SHRUNK, W, THRESHOLD.read(threshold), out)[0]


def max_norm(W, bound, out=None):
    """Scale each row of W whose norm exceeds `bound` to that norm (Srivastava et al. 2014, section 5.1).

    The norm, computed in double, is then at most the bound. A row whose norm is not finite is unchanged.

    Parameters
    ----------
    W : array_like, shape (n_out, n_in)
        Each row has the weights of one unit.
    bound : float, above 0
    out : ndarray, optional
        Filled and returned; may be W.

    Returns
    -------
    out : ndarray, shape (n_out, n_in)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.max_norm([[3.0, 4.0], [0.3, 0.4]], 2.5)
    array([[1.5, 2. ],
           [0.3, 0.4]])
    """
    cdef list a = [W, out]
    cdef double most = BOUND.read(bound)
    if BOUNDED_ROWS.prepare(a) == FLOAT:
        run_max_norm[float](a[0], a[1], most)
    else:
        run_max_norm[double](a[0], a[1], most)
    return BOUNDED_ROWS.result(a)


def clip_values(gradient, bound, out=None):
    """min(max(gradient, -bound), bound), a NaN kept.

    Parameters
    ----------
    gradient : array_like, any shape
    bound : float, above 0
    out : ndarray, optional
        Filled and returned; may be gradient.

    Returns
    -------
    out : ndarray, shape of gradient

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.clip_values([0.5, -7.0], 2.0)
    array([ 0.5, -2. ])
    """
    return call_projection(CLIP_VALUES, CLIPPED, gradient, BOUND.read(bound), out)[0]


def clip_norm(gradient, bound, out=None):
    """Scale a gradient whose norm exceeds `bound` to that norm (Pascanu et al. 2013, algorithm 1).

    The norm is then at most the bound. A gradient whose norm is not finite is unchanged.

    Parameters
    ----------
    gradient : array_like, any shape
    bound : float, above 0
    out : ndarray, optional
        Filled and returned; may be gradient.

    Returns
    -------
    out : ndarray, shape of gradient
    norm : float
        The norm before clipping, computed in double.

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.clip_norm([3.0, 4.0], 10.0)
    (array([3., 4.]), 5.0)
    """
    return call_projection(CLIP_NORM, CLIPPED, gradient, BOUND.read(bound), out)
