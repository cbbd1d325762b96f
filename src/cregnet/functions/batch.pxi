# The public functions that gather and shuffle batches.

cdef _Signature GATHER = _Signature("X(n_rows,n_features) order:int64(n_examples) -> A(n_features,n_examples)")
cdef _Signature ONE_HOT = _Signature(
    "labels:int32(n_labels) order:int64(n_examples) -> Y(n_classes,n_examples)", sizes="n_classes")
cdef _Signature SHUFFLED = _Signature("order!:int64(n)")


cdef int check_order(const int64_t[::1] order, Py_ssize_t n_examples) except -1:
    cdef Py_ssize_t j
    for j in range(order.shape[0]):
        if not 0 <= order[j] < n_examples:
            raise ValueError(f"order[{j}] is {order[j]}, wanted 0 to {n_examples - 1}")
    return 0


cdef int check_labels(const int32_t[::1] labels, Py_ssize_t n_classes) except -1:
    cdef Py_ssize_t j
    for j in range(labels.shape[0]):
        if not 0 <= labels[j] < n_classes:
            raise ValueError(f"labels[{j}] is {labels[j]}, wanted 0 to {n_classes - 1}")
    return 0


cdef int run_gather(const real[:, ::1] X, const int64_t[::1] order, real[:, ::1] A) except -1:
    check_order(order, X.shape[0])
    with nogil:
        gather_(&X[0, 0], X.shape[1], &order[0], 0, order.shape[0], &A[0, 0], A.shape[1])
    return 0


cdef int run_one_hot(const int32_t[::1] labels, const int64_t[::1] order, real[:, ::1] Y) except -1:
    check_order(order, labels.shape[0])
    check_labels(labels, Y.shape[0])
    with nogil:
        one_hot_(&labels[0], &order[0], 0, order.shape[0], &Y[0, 0], Y.shape[0], Y.shape[1])
    return 0


cdef int run_shuffle(int64_t[::1] order, uint64_t seed, uint64_t epoch) except -1:
    with nogil:
        shuffle_(&order[0], order.shape[0], seed, epoch)
    return 0


def gather(X, order, A=None):
    """A[:, j] = X[order[j], :]: examples from the rows of X to the columns of A.

    Parameters
    ----------
    X : array_like, shape (n_rows, n_features)
    order : array_like of int, shape (n_examples,)
        Numbers of rows, 0 to n_rows - 1.
    A : ndarray, optional
        Filled and returned.

    Returns
    -------
    A : ndarray, shape (n_features, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.gather([[1.0, 2.0], [3.0, 4.0]], [1, 0, 1])
    array([[3., 1., 3.],
           [4., 2., 4.]])
    """
    cdef list a = [X, order, A]
    if GATHER.prepare(a) == FLOAT:
        run_gather[float](a[0], a[1], a[2])
    else:
        run_gather[double](a[0], a[1], a[2])
    return GATHER.result(a)


def one_hot(labels, order, n_classes, Y=None, *, dtype="float64"):
    """Y[labels[order[j]], j] = 1, all else 0.

    Parameters
    ----------
    labels : array_like of int, shape (n_labels,)
        Class numbers, 0 to n_classes - 1.
    order : array_like of int, shape (n_examples,)
        Numbers of labels, 0 to n_labels - 1.
    n_classes : int
    Y : ndarray, optional
        Filled and returned.
    dtype : float32 or float64
        Of Y where it is allocated.

    Returns
    -------
    Y : ndarray, shape (n_classes, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.one_hot([2, 0], [0, 1, 1], 3)
    array([[0., 1., 1.],
           [0., 0., 0.],
           [1., 0., 0.]])
    """
    cdef list a = [labels, order, Y]
    cdef Py_ssize_t n = whole_number("n_classes", n_classes, 0, MOST_COUNT)
    if Y is None:
        a[2] = new_real((n, conversions().size(order)), dtype)
    if ONE_HOT.prepare(a, n) == FLOAT:
        run_one_hot[float](a[0], a[1], a[2])
    else:
        run_one_hot[double](a[0], a[1], a[2])
    return ONE_HOT.result(a)


def shuffle(order, seed, epoch):
    """Shuffle in place by draws that depend on (seed, epoch, position) alone (Durstenfeld 1964).

    Parameters
    ----------
    order : ndarray of int64, shape (n,)
        Updated in place.
    seed, epoch : int, 0 to 2**64 - 1

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> order = np.arange(4)
    >>> cregnet.shuffle(order, seed=1, epoch=0)
    >>> sorted(order.tolist())
    [0, 1, 2, 3]
    """
    cdef list a = [order]
    cdef uint64_t key = whole_number("seed", seed, 0, MOST_64), counter = whole_number("epoch", epoch, 0, MOST_64)
    SHUFFLED.prepare(a)
    run_shuffle(a[0], key, counter)
    SHUFFLED.result(a)
