# The public functions of initial weights.

cdef enum:
    WEIGHTS_PER_THREAD = 65536       # fewer take less time than starting a thread

cdef _Signature DRAWN_WEIGHTS = _Signature("-> W(n_out,n_in)", sizes="n_out n_in")
cdef _Number WEIGHT_SCALE = _Number(_spec.Option("scale", 1.0))
cdef _Number WEIGHT_LIMIT = _Number(_spec.Option("limit", 1.0))


cdef int run_draws(WeightDraws* call, real[:, ::1] W, uint64_t n_threads) except -1:
    cdef int useful
    call.W, call.n, call.is_float = &W[0, 0], W.shape[0] * W.shape[1], real is float
    useful = <int>min(n_threads, <uint64_t>(call.n // WEIGHTS_PER_THREAD), <uint64_t>TEAM_MOST)
    with nogil:
        team_start(&call.team, useful)
        team_run(&call.team, draw_weights_member, call)
    return 0


cdef object call_draws(Distribution distribution, object shape, double scale, object seed, object layer, object W,
                       object dtype, object n_threads):
    cdef WeightDraws call
    cdef Draw draw
    cdef list a = [W]
    cdef uint64_t threads = whole_number("n_threads", n_threads, 1, MOST_64)
    n_out, n_in = conversions().pair("shape", shape, "(n_out, n_in)")
    n_out = whole_number("shape[0]", n_out, 0, MOST_COUNT)
    n_in = whole_number("shape[1]", n_in, 0, MOST_COUNT)
    read_draw(&draw, seed, layer, 0)
    call.distribution, call.scale = distribution, scale
    call.seed, call.layer = draw.seed, draw.layer
    if W is None:
        a[0] = new_real((n_out, n_in), dtype)
    if DRAWN_WEIGHTS.prepare(a, n_out, n_in) == FLOAT:
        run_draws[float](&call, a[0], threads)
    else:
        run_draws[double](&call, a[0], threads)
    return DRAWN_WEIGHTS.result(a)


def normal_weights(shape, scale, seed, layer, W=None, *, dtype="float64", n_threads=1):
    """W = scale * draws of N(0, 1) (Box & Muller 1958), the same bits on every instruction set.

    A draw depends on (seed, layer, element) alone. Elements are numbered along the rows of W.

    Parameters
    ----------
    shape : (n_out, n_in)
    scale : float, at least 0
        Standard deviation.
    seed : int, 0 to 2**64 - 1
    layer : int, 0 to 2**28 - 1
    W : ndarray, optional
        Filled and returned.
    dtype : {"float32", "float64"}
        Of W if it is allocated.
    n_threads : int, at least 1
        Upper limit; a small array uses fewer. The bits do not depend on it.

    Returns
    -------
    W : ndarray, shape (n_out, n_in)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.normal_weights((1, 2), 0.1, seed=3, layer=1).shape
    (1, 2)
    """
    return call_draws(NORMAL_WEIGHTS, shape, WEIGHT_SCALE.read(scale), seed, layer, W, dtype, n_threads)


def uniform_weights(shape, limit, seed, layer, W=None, *, dtype="float64", n_threads=1):
    """W = draws of the uniform distribution on (-limit, limit), the same bits on every instruction set.

    A draw depends on (seed, layer, element) alone. Elements are numbered along the rows of W.

    Parameters
    ----------
    shape : (n_out, n_in)
    limit : float, at least 0
    seed : int, 0 to 2**64 - 1
    layer : int, 0 to 2**28 - 1
    W : ndarray, optional
        Filled and returned.
    dtype : {"float32", "float64"}
        Of W if it is allocated.
    n_threads : int, at least 1
        Upper limit; a small array uses fewer. The bits do not depend on it.

    Returns
    -------
    W : ndarray, shape (n_out, n_in)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.uniform_weights((1, 2), 0.1, seed=3, layer=1).shape
    (1, 2)
    """
    return call_draws(UNIFORM_WEIGHTS, shape, WEIGHT_LIMIT.read(limit), seed, layer, W, dtype, n_threads)
