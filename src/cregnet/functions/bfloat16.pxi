# Rounding to bfloat16.

cdef _Signature ROUND = _Signature("x(...) -> out(...)", same="out=x")


cdef int run_round(const real[::1] x, real[::1] out) except -1:
    with nogil:
        round_to_bfloat16_(&x[0], &out[0], x.shape[0])
    return 0


def round_to_bfloat16(x, out=None):
    """The nearest number that a bfloat16 can hold.

    Ties go to the neighbour whose last bit is 0. What is half a step or more above the largest bfloat16 becomes
    infinite, subnormal numbers are kept, and a NaN becomes quiet (Kalamkar et al. 2019, "A study of bfloat16 for
    deep learning training", section 3).

    Parameters
    ----------
    x : array_like, any shape
    out : ndarray, optional
        Filled and returned; may be x.

    Returns
    -------
    out : ndarray, shape and dtype of x

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.round_to_bfloat16([1.003, 1.004, 3.141592])
    array([1.       , 1.0078125, 3.140625 ])
    """
    cdef list a = [x, out]
    if ROUND.prepare(a) == FLOAT:
        run_round[float](a[0], a[1])
    else:
        run_round[double](a[0], a[1])
    return ROUND.result(a)
