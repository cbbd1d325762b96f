# The public functions of the penalties.

cdef _Signature PENALTY = _Signature("W(...)")
cdef _Signature PENALTY_BACKWARD = _Signature("W(...) dW!(...)")
cdef _Number L1 = _Number(_spec.REGULARIZERS["l1"].range)
cdef _Number L2 = _Number(_spec.REGULARIZERS["l2"].range)


cdef double run_penalty(const real[::1] W, double l1, double l2) except? -1:
    cdef double cost
    with nogil:
        cost = penalty_(&W[0], W.shape[0], l1, l2)
    return cost


cdef int run_penalty_backward(const real[::1] W, real[::1] dW, double l1, double l2) except -1:
    with nogil:
        penalty_backward_(&W[0], &dW[0], W.shape[0], l1, l2)
    return 0


def penalty(W, l1, l2):
    """l1 * sum(abs(W)) + l2 / 2 * sum(W^2), accumulated in double.

    Parameters
    ----------
    W : array_like, any shape
    l1, l2 : float, at least 0
        For a cost that is a mean over m examples, lambda / (2 m) and lambda / m.

    Returns
    -------
    cost : float

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.penalty([1.0, -2.0], l1=0.5, l2=2.0)
    6.5
    """
    cdef list a = [W]
    cdef double first = L1.read(l1), second = L2.read(l2)
    if PENALTY.prepare(a) == FLOAT:
        return run_penalty[float](a[0], first, second)
    return run_penalty[double](a[0], first, second)


def penalty_backward(W, dW, l1, l2):
    """dW += l1 * sign(W) + l2 * W; the sign of 0 is 0.

    Parameters
    ----------
    W : array_like, any shape
    dW : ndarray, the same shape
        Updated in place.
    l1, l2 : float, at least 0
        For a cost that is a mean over m examples, lambda / (2 m) and lambda / m.

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> dW = np.zeros(2)
    >>> cregnet.penalty_backward([1.0, -2.0], dW, l1=0.5, l2=2.0)
    >>> dW
    array([ 2.5, -4.5])
    """
    cdef list a = [W, dW]
    cdef double first = L1.read(l1), second = L2.read(l2)
    if PENALTY_BACKWARD.prepare(a) == FLOAT:
        run_penalty_backward[float](a[0], a[1], first, second)
    else:
        run_penalty_backward[double](a[0], a[1], first, second)
    PENALTY_BACKWARD.result(a)
