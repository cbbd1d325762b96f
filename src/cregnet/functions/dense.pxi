# The public functions of the dense layer, Z = W A_prev + b and its three gradients, and of the products of matmul.h.

cdef _Signature DENSE = _Signature(
    "W(n_out,n_in) b(n_out,1) A_prev(n_in,n_examples) -> Z(n_out,n_examples)")
cdef _Signature DENSE_BACKWARD = _Signature(
    "dZ(n_out,n_examples) W(n_out,n_in) A_prev(n_in,n_examples)"
    " -> dW(n_out,n_in) db(n_out,1) dA_prev(n_in,n_examples)")
cdef _Signature PRODUCT = _Signature("A(n,k) B(k,m) -> C(n,m)")
cdef _Signature PRODUCT_TN = _Signature("A(k,n) B(k,m) -> C(n,m)")
cdef _Signature PRODUCT_NT = _Signature("A(n,k) B(m,k) -> C(n,m)")


cdef int run_dense(const real[:, ::1] W, const real[:, ::1] b, const real[:, ::1] A_prev,
                   real[:, ::1] Z) except -1:
    cdef Py_ssize_t n_out = W.shape[0], n_in = W.shape[1], m = A_prev.shape[1]
    if n_out * m * (n_in + 1) < SMALL_WORK:
        product(n_out, m, n_in, &W[0, 0], n_in, 1, &A_prev[0, 0], m, &Z[0, 0], m, &b[0, 0])
        return 0
    with nogil:
        product(n_out, m, n_in, &W[0, 0], n_in, 1, &A_prev[0, 0], m, &Z[0, 0], m, &b[0, 0])
    return 0


cdef int run_dense_backward(const real[:, ::1] dZ, const real[:, ::1] W, const real[:, ::1] A_prev,
                            real[:, ::1] dW, real[:, ::1] db, real[:, ::1] dA_prev) except -1:
    cdef Py_ssize_t n_out = W.shape[0], n_in = W.shape[1], m = A_prev.shape[1]
    cdef real* scratch = <real*>new_scratch(n_out, n_in, m, sizeof(real))
    with nogil:
        product_transposed(n_out, n_in, m, &dZ[0, 0], m, &A_prev[0, 0], m, &dW[0, 0], n_in, scratch)
        row_sums(n_out, m, &dZ[0, 0], m, &db[0, 0])
        product(n_in, m, n_out, &W[0, 0], 1, n_in, &dZ[0, 0], m, &dA_prev[0, 0], m, <const real*>NULL)
    free(scratch)
    return 0


cdef char* new_scratch(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth, size_t number_size) except? NULL:
    # one element more than needed, because malloc(0) may return NULL without a failure
    cdef char* scratch = <char*>malloc((scratch_size(n_rows, n_cols, depth, number_size) + 1) * number_size)
    if scratch == NULL:
        raise MemoryError
    return scratch


cdef int run_product(bint A_transposed, bint B_transposed, const real[:, ::1] A, const real[:, ::1] B,
                     real[:, ::1] C) except -1:
    cdef Py_ssize_t n = C.shape[0], m = C.shape[1], k = A.shape[0] if A_transposed else A.shape[1]
    cdef real* scratch = NULL
    if B_transposed:
        scratch = <real*>new_scratch(n, m, k, sizeof(real))
    with nogil:
        if B_transposed:
            product_transposed(n, m, k, &A[0, 0], k, &B[0, 0], k, &C[0, 0], m, scratch)
        elif A_transposed:
            product(n, m, k, &A[0, 0], 1, n, &B[0, 0], m, &C[0, 0], m, <const real*>NULL)
        else:
            product(n, m, k, &A[0, 0], k, 1, &B[0, 0], m, &C[0, 0], m, <const real*>NULL)
    free(scratch)
    return 0


cdef object call_product(_Signature signature, bint A_transposed, bint B_transposed, object A, object B, object C):
    cdef list a = [A, B, C]
    if signature.prepare(a) == FLOAT:
        run_product[float](A_transposed, B_transposed, a[0], a[1], a[2])
    else:
        run_product[double](A_transposed, B_transposed, a[0], a[1], a[2])
    return signature.result(a)


def dense(W, b, A_prev, Z=None):
    """Z = W A_prev + b.

    Parameters
    ----------
    W : array_like, shape (n_out, n_in)
    b : array_like, shape (n_out, 1)
    A_prev : array_like, shape (n_in, n_examples)
    Z : ndarray, optional
        Filled and returned.

    Returns
    -------
    Z : ndarray, shape (n_out, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.dense([[1.0, 2.0]], [[0.5]], [[3.0], [4.0]])
    array([[11.5]])
    """
    cdef list a = [W, b, A_prev, Z]
    if DENSE.prepare(a) == FLOAT:
        run_dense[float](a[0], a[1], a[2], a[3])
    else:
        run_dense[double](a[0], a[1], a[2], a[3])
    return DENSE.result(a)


def dense_backward(dZ, W, A_prev, dW=None, db=None, dA_prev=None):
    """dW = dZ A_prev^T, db = row sums of dZ, dA_prev = W^T dZ.

    Parameters
    ----------
    dZ : array_like, shape (n_out, n_examples)
        Contains the factor 1/m of a mean over examples.
    W, A_prev : array_like, shapes (n_out, n_in), (n_in, n_examples)
    dW, db, dA_prev : ndarray, optional
        Filled and returned.

    Returns
    -------
    dW, db, dA_prev : ndarray, shapes (n_out, n_in), (n_out, 1), (n_in, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> dW, db, dA_prev = cregnet.dense_backward([[1.0]], [[1.0, 2.0]], [[3.0], [4.0]])
    >>> dW
    array([[3., 4.]])
    """
    cdef list a = [dZ, W, A_prev, dW, db, dA_prev]
    if DENSE_BACKWARD.prepare(a) == FLOAT:
        run_dense_backward[float](a[0], a[1], a[2], a[3], a[4], a[5])
    else:
        run_dense_backward[double](a[0], a[1], a[2], a[3], a[4], a[5])
    return DENSE_BACKWARD.result(a)


def matmul(A, B, C=None):
    """C = A B.

    Parameters
    ----------
    A, B : array_like, shapes (n, k), (k, m)
    C : ndarray, optional
        Filled and returned.

    Returns
    -------
    C : ndarray, shape (n, m)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.matmul([[1.0, 2.0]], [[3.0], [4.0]])
    array([[11.]])
    """
    return call_product(PRODUCT, False, False, A, B, C)


def matmul_tn(A, B, C=None):
    """C = A^T B.

    Parameters
    ----------
    A, B : array_like, shapes (k, n), (k, m)
    C : ndarray, optional
        Filled and returned.

    Returns
    -------
    C : ndarray, shape (n, m)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.matmul_tn([[1.0], [2.0]], [[3.0], [4.0]])
    array([[11.]])
    """
    return call_product(PRODUCT_TN, True, False, A, B, C)


def matmul_nt(A, B, C=None):
    """C = A B^T.

    Parameters
    ----------
    A, B : array_like, shapes (n, k), (m, k)
    C : ndarray, optional
        Filled and returned.

    Returns
    -------
    C : ndarray, shape (n, m)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.matmul_nt([[1.0, 2.0]], [[3.0, 4.0]])
    array([[11.]])
    """
    return call_product(PRODUCT_NT, False, True, A, B, C)
