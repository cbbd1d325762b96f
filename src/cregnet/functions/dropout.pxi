# The public functions of dropout, and of the random words that its masks come from.

cdef _Signature PHILOX = _Signature("counter:uint32(n,4) key:uint32(2) -> out:uint32(n,4)", same="out=counter")
cdef _Signature WORDS = _Signature("-> out:uint32(n)", sizes="n")
cdef _Signature MASK = _Signature("-> D:uint8(n_units,n_examples)", sizes="n_units n_examples")
cdef _Signature DROP = _Signature(
    "A(n_units,n_examples) D:uint8(n_units,n_examples) -> out(n_units,n_examples)", same="out=A")
cdef _Signature DROP_BACKWARD = _Signature(
    "dA(n_units,n_examples) D:uint8(n_units,n_examples) -> out(n_units,n_examples)", same="out=dA")


cdef double read_keep_prob(object value) except? -1:
    cdef double keep_prob = real_number("keep_prob", value)
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, wanted 0 < keep_prob <= 1")
    return keep_prob


cdef struct Draw:                    # what a draw depends on, besides its purpose and its element
    uint64_t seed
    uint32_t layer
    uint64_t step


cdef int read_draw(Draw* draw, object seed, object layer, object step) except -1:
    draw.seed = whole_number("seed", seed, 0, MOST_64)
    draw.layer = <uint32_t>whole_number("layer", layer, 0, MOST_LAYER)
    draw.step = whole_number("step", step, 0, MOST_64)
    return 0


cdef tuple read_shape(object shape):
    # (n_units, n_examples)
    n_units, n_examples = conversions().pair("shape", shape, "(n_units, n_examples)")
    return whole_number("shape[0]", n_units, 0, MOST_COUNT), whole_number("shape[1]", n_examples, 0, MOST_COUNT)


cdef int run_philox(const uint32_t[:, ::1] counter, const uint32_t[::1] key, uint32_t[:, ::1] out) except -1:
    with nogil:
        if &out[0, 0] != &counter[0, 0]:
            memmove(&out[0, 0], &counter[0, 0], out.shape[0] * 4 * sizeof(uint32_t))
        philox_rows(&out[0, 0], out.shape[0], &key[0])
    return 0


cdef int run_words(uint32_t[::1] out, uint32_t purpose, const Draw* draw) except -1:
    with nogil:
        words_(&out[0], out.shape[0], draw.seed, purpose, draw.layer, draw.step)
    return 0


cdef int run_mask(unsigned char[:, ::1] D, double keep_prob, const Draw* draw) except -1:
    with nogil:
        mask_(&D[0, 0], D.shape[1], D.shape[0], 0, D.shape[1], keep_prob, draw.seed, draw.layer, draw.step)
    return 0


cdef int run_dropout(const real[:, ::1] A, const unsigned char[:, ::1] D, real[:, ::1] out,
                     double keep_prob) except -1:
    cdef Py_ssize_t n = A.shape[0] * A.shape[1]
    with nogil:
        copy(&out[0, 0], &A[0, 0], n)
        dropout_(&out[0, 0], &D[0, 0], n, keep_prob)
    return 0


cdef object call_dropout(_Signature signature, object A, object D, object keep_prob, object out):
    cdef list a = [A, D, out]
    cdef double kept = read_keep_prob(keep_prob)
    if signature.prepare(a) == FLOAT:
        run_dropout[float](a[0], a[1], a[2], kept)
    else:
        run_dropout[double](a[0], a[1], a[2], kept)
    return signature.result(a)


def philox(counter, key, out=None):
    """Philox4x32-10 of each row of counters under a key (Salmon et al. 2011, section 4.3).

    Parameters
    ----------
    counter : array_like of uint32, shape (n, 4)
    key : array_like of uint32, shape (2,)
    out : ndarray of uint32, optional
        Filled and returned; may be counter.

    Returns
    -------
    out : ndarray of uint32, shape (n, 4)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.philox([[0, 0, 0, 0]], [0, 0])
    array([[1713891541, 3781805453, 3159862348, 2600524760]], dtype=uint32)
    """
    cdef list a = [counter, key, out]
    PHILOX.prepare(a)
    run_philox(a[0], a[1], a[2])
    return PHILOX.result(a)


def random_words(n, seed, purpose, layer, step, out=None):
    """32-bit draws that depend on (seed, purpose, layer, step, position) alone.

    Parameters
    ----------
    n : int
    seed : int, 0 to 2**64 - 1
    purpose : int, 0 to 15
    layer : int, 0 to 2**28 - 1
    step : int, 0 to 2**64 - 1
    out : ndarray of uint32, optional
        Filled and returned.

    Returns
    -------
    out : ndarray of uint32, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.random_words(2, 0, 0, 0, 0)
    array([1713891541, 3781805453], dtype=uint32)
    """
    cdef list a = [out]
    cdef Draw draw
    cdef uint32_t purpose_ = <uint32_t>whole_number("purpose", purpose, 0, 15)
    read_draw(&draw, seed, layer, step)
    WORDS.prepare(a, whole_number("n", n, 0, MOST_COUNT))
    run_words(a[0], purpose_, &draw)
    return WORDS.result(a)


def dropout_mask(shape, keep_prob, seed, layer, step, D=None):
    """D = 1 with probability keep_prob, else 0 (Srivastava et al. 2014, section 4).

    A draw depends on (seed, layer, step, unit, example) alone.

    Parameters
    ----------
    shape : (n_units, n_examples)
    keep_prob : float, 0 < keep_prob <= 1
    seed : int, 0 to 2**64 - 1
    layer : int, 0 to 2**28 - 1
    step : int, 0 to 2**64 - 1
    D : ndarray of uint8, optional
        Filled and returned.

    Returns
    -------
    D : ndarray of uint8, shape (n_units, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.dropout_mask((2, 4), 0.5, seed=3, layer=1, step=7).shape
    (2, 4)
    """
    cdef list a = [D]
    cdef Draw draw
    cdef double kept = read_keep_prob(keep_prob)
    n_units, n_examples = read_shape(shape)
    read_draw(&draw, seed, layer, step)
    MASK.prepare(a, n_units, n_examples)
    run_mask(a[0], kept, &draw)
    return MASK.result(a)


def dropout(A, D, keep_prob, out=None):
    """out = A * D / keep_prob: inverted dropout (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    A : array_like, shape (n_units, n_examples)
    D : array_like of uint8 or bool, shape (n_units, n_examples)
    keep_prob : float, 0 < keep_prob <= 1
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
    >>> cregnet.dropout([[1.0, 1.0]], [[1, 0]], 0.5)
    array([[2., 0.]])
    """
    return call_dropout(DROP, A, D, keep_prob, out)


def dropout_backward(dA, D, keep_prob, out=None):
    """out = dA * D / keep_prob: inverted dropout, backward (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    dA : array_like, shape (n_units, n_examples)
    D : array_like of uint8 or bool, shape (n_units, n_examples)
    keep_prob : float, 0 < keep_prob <= 1
    out : ndarray, optional
        Filled and returned; may be dA.

    Returns
    -------
    out : ndarray, shape (n_units, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.dropout_backward([[1.0, 1.0]], [[1, 0]], 0.5)
    array([[2., 0.]])
    """
    return call_dropout(DROP_BACKWARD, dA, D, keep_prob, out)
