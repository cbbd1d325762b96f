# The dense layer: Z = W A_prev + b and its three gradients, on the products of matmul.h.

# ---------------------------------------------------------------------------- public kernels

cdef _Arguments DENSE = _Arguments("W b A_prev", "Z")
cdef _Arguments DENSE_BACKWARD = _Arguments("dZ W A_prev", "dW db dA_prev")
cdef _Arguments PRODUCT = _Arguments("A B", "C")


def dense(const real[:, ::1] W, const real[:, ::1] b, const real[:, ::1] A_prev, real[:, ::1] Z):
    """Z = W A_prev + b; W (n_out, n_in), b (n_out, 1), A_prev (n_in, m), Z (n_out, m)."""
    cdef Py_ssize_t n_out = W.shape[0], n_in = W.shape[1], m = A_prev.shape[1]
    cdef Span[4] at = [matrix(W), matrix(b), matrix(A_prev), matrix(Z)]
    check_shape("b", b.shape[0], b.shape[1], n_out, 1)
    check_shape("A_prev", A_prev.shape[0], m, n_in, m)
    check_shape("Z", Z.shape[0], Z.shape[1], n_out, m)
    DENSE.check(at)
    with nogil:
        product(n_out, m, n_in, &W[0, 0], n_in, 1, &A_prev[0, 0], m, &Z[0, 0], m,
                &b[0, 0])


def dense_backward(const real[:, ::1] dZ, const real[:, ::1] W, const real[:, ::1] A_prev,
                   real[:, ::1] dW, real[:, ::1] db, real[:, ::1] dA_prev):
    """dW = dZ A_prev^T, db = row sums of dZ, dA_prev = W^T dZ (the 1/m is in dZ)."""
    cdef Py_ssize_t n_out = W.shape[0], n_in = W.shape[1], m = A_prev.shape[1]
    cdef Span[6] at = [matrix(dZ), matrix(W), matrix(A_prev), matrix(dW), matrix(db), matrix(dA_prev)]
    cdef real* scratch
    check_shape("dZ", dZ.shape[0], dZ.shape[1], n_out, m)
    check_shape("A_prev", A_prev.shape[0], m, n_in, m)
    check_shape("dW", dW.shape[0], dW.shape[1], n_out, n_in)
    check_shape("db", db.shape[0], db.shape[1], n_out, 1)
    check_shape("dA_prev", dA_prev.shape[0], dA_prev.shape[1], n_in, m)
    DENSE_BACKWARD.check(at)
    scratch = new_scratch(&dW[0, 0], n_out, n_in, m)
    with nogil:
        product_transposed(n_out, n_in, m, &dZ[0, 0], m, &A_prev[0, 0], m, &dW[0, 0], n_in, scratch)
        row_sums(n_out, m, &dZ[0, 0], m, &db[0, 0])
        product(n_in, m, n_out, &W[0, 0], 1, n_in, &dZ[0, 0], m, &dA_prev[0, 0], m, NULL)
    free(scratch)


cdef real* new_scratch(real* like, Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth) except? NULL:
    # malloc(0) may be NULL without being a failure, hence the one element more
    cdef real* scratch = <real*>malloc((scratch_size(like, n_rows, n_cols, depth) + 1) * sizeof(real))
    if scratch == NULL:
        raise MemoryError
    return scratch


def matmul(const real[:, ::1] A, const real[:, ::1] B, real[:, ::1] C):
    """C = A B; A (n, k), B (k, m), C (n, m)."""
    cdef Py_ssize_t n = A.shape[0], k = A.shape[1], m = B.shape[1]
    cdef Span[3] at = [matrix(A), matrix(B), matrix(C)]
    check_shape("B", B.shape[0], m, k, m)
    check_shape("C", C.shape[0], C.shape[1], n, m)
    PRODUCT.check(at)
    with nogil:
        product(n, m, k, &A[0, 0], k, 1, &B[0, 0], m, &C[0, 0], m, NULL)


def matmul_tn(const real[:, ::1] A, const real[:, ::1] B, real[:, ::1] C):
    """C = A^T B; A (k, n), B (k, m), C (n, m)."""
    cdef Py_ssize_t k = A.shape[0], n = A.shape[1], m = B.shape[1]
    cdef Span[3] at = [matrix(A), matrix(B), matrix(C)]
    check_shape("B", B.shape[0], m, k, m)
    check_shape("C", C.shape[0], C.shape[1], n, m)
    PRODUCT.check(at)
    with nogil:
        product(n, m, k, &A[0, 0], 1, n, &B[0, 0], m, &C[0, 0], m, NULL)


def matmul_nt(const real[:, ::1] A, const real[:, ::1] B, real[:, ::1] C):
    """C = A B^T; A (n, k), B (m, k), C (n, m)."""
    cdef Py_ssize_t n = A.shape[0], k = A.shape[1], m = B.shape[0]
    cdef Span[3] at = [matrix(A), matrix(B), matrix(C)]
    cdef real* scratch
    check_shape("B", m, B.shape[1], m, k)
    check_shape("C", C.shape[0], C.shape[1], n, m)
    PRODUCT.check(at)
    scratch = new_scratch(&C[0, 0], n, m, k)
    with nogil:
        product_transposed(n, m, k, &A[0, 0], k, &B[0, 0], k, &C[0, 0], m, scratch)
    free(scratch)
