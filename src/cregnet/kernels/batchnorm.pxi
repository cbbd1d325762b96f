# Batch normalisation (Ioffe & Szegedy 2015), forward beside backward.
#
# A row is one unit, and the examples of a batch lie along it: everything of a unit is computed by
# one thread in a fixed order, and units can be shared out as one likes. Sums are taken in double,
# the variance in a second pass, around the mean: nothing cancels. Z becomes Zhat, which the
# backward pass needs; gamma Zhat + beta goes where the activation will work in place. Rows may
# have padded columns: they become 0 and count for nothing.

cdef inline double inverse_deviation(double variance, double epsilon) noexcept nogil:
    return 1 / c_sqrt(variance + epsilon)


cdef void batch_norm_(real* Z, Py_ssize_t Z_row, const real* gamma, const real* beta, real* A,
                      Py_ssize_t A_row, real* mean, real* variance, Py_ssize_t n_units, Py_ssize_t n,
                      Py_ssize_t width, double epsilon) noexcept nogil:
    # algorithm 1; columns n to width - 1 are padding. The mean is subtracted in two parts, because
    # its rounding would count for much where it is large beside the deviation.
    cdef Py_ssize_t i, j
    cdef double center, squares
    cdef real high, low, scale, g, b, z
    cdef real* Z_i
    cdef real* A_i
    for i in range(n_units):
        Z_i = Z + i * Z_row
        A_i = A + i * A_row
        center = sum_of(Z_i, n) / max(<Py_ssize_t>1, n)
        squares = spread_of(Z_i, n, center) / max(<Py_ssize_t>1, n)
        mean[i], variance[i] = <real>center, <real>squares
        high = <real>center
        low = <real>(center - <double>high)
        scale = <real>inverse_deviation(squares, epsilon)
        g, b = gamma[i], beta[i]
        for j in range(n):
            z = ((Z_i[j] - high) - low) * scale
            Z_i[j] = z
            A_i[j] = g * z + b
        memset(Z_i + n, 0, (width - n) * sizeof(real))
        memset(A_i + n, 0, (width - n) * sizeof(real))


cdef void batch_norm_backward_(real* dA, Py_ssize_t dA_row, const real* Zhat, Py_ssize_t Zhat_row,
                               const real* gamma, const real* variance, real* dgamma, real* dbeta,
                               Py_ssize_t n_units, Py_ssize_t n, Py_ssize_t width,
                               double epsilon) noexcept nogil:
    # The derivatives of section 3, put together: the mean and the variance take away from the
    # gradient what lies along 1 and along Zhat,
    # dZ = gamma / sqrt(variance + epsilon) (dA - mean(dA) - Zhat mean(dA Zhat)).
    cdef Py_ssize_t i, j
    cdef double along_one, along_Zhat
    cdef real scale, shift, slope
    cdef real* dA_i
    cdef const real* Zhat_i
    for i in range(n_units):
        dA_i = dA + i * dA_row
        Zhat_i = Zhat + i * Zhat_row
        along_one = sum_of(dA_i, n)
        along_Zhat = dot_of(dA_i, Zhat_i, n)
        dbeta[i], dgamma[i] = <real>along_one, <real>along_Zhat
        scale = <real>(gamma[i] * inverse_deviation(variance[i], epsilon))
        shift = <real>(along_one / max(<Py_ssize_t>1, n))
        slope = <real>(along_Zhat / max(<Py_ssize_t>1, n))
        for j in range(n):
            dA_i[j] = scale * ((dA_i[j] - shift) - slope * Zhat_i[j])
        memset(dA_i + n, 0, (width - n) * sizeof(real))


cdef void batch_norm_predict_(real* Z, Py_ssize_t row, const real* gamma, const real* beta,
                              const real* mean, const real* variance, Py_ssize_t n_units, Py_ssize_t n,
                              double epsilon) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef double exact
    cdef real scale, shift
    cdef real* Z_i
    for i in range(n_units):
        Z_i = Z + i * row
        exact = gamma[i] * inverse_deviation(variance[i], epsilon)
        scale, shift = <real>exact, <real>(beta[i] - exact * mean[i])
        for j in range(n):
            Z_i[j] = scale * Z_i[j] + shift


cdef void batch_norm_fold_(const real* W, const real* gamma, const real* beta, const real* mean,
                           const real* variance, real* W_out, real* b_out, Py_ssize_t n_out,
                           Py_ssize_t n_in, double epsilon) noexcept nogil:
    # gamma (W A - mean) / s + beta = (gamma / s W) A + (beta - gamma / s mean), s = sqrt(variance + epsilon)
    cdef Py_ssize_t i, k
    cdef double exact
    cdef real scale
    for i in range(n_out):
        exact = gamma[i] * inverse_deviation(variance[i], epsilon)
        scale = <real>exact
        b_out[i] = <real>(beta[i] - exact * mean[i])
        for k in range(n_in):
            W_out[i * n_in + k] = scale * W[i * n_in + k]


cdef void batch_norm_statistics_(const real* mean, const real* variance, real* running_mean,
                                 real* running_variance, Py_ssize_t n_units, Py_ssize_t n,
                                 double decay) noexcept nogil:
    # algorithm 2, step 10: prediction goes by the unbiased variance, n / (n - 1) of the batch's
    cdef Py_ssize_t i
    cdef real d = <real>decay, c = <real>(1 - decay)
    cdef real u = <real>((1 - decay) * n / max(<Py_ssize_t>1, n - 1))
    for i in range(n_units):
        running_mean[i] = d * running_mean[i] + c * mean[i]
        running_variance[i] = d * running_variance[i] + u * variance[i]


# ---------------------------------------------------------------------------- public kernels

cdef _Arguments NORM = _Arguments("gamma beta", "Z A mean variance")
cdef _Arguments NORM_BACKWARD = _Arguments("Zhat gamma variance", "dA dgamma dbeta")
cdef _Arguments NORM_PREDICT = _Arguments("gamma beta mean variance", "Z")
cdef _Arguments NORM_FOLD = _Arguments("W gamma beta mean variance", "W_out b_out", same="W_out=W")
cdef _Arguments NORM_STATISTICS = _Arguments("mean variance", "running_mean running_variance")


cdef int check_epsilon(double epsilon) except -1:
    if not 0 < epsilon < INFINITY:
        raise ValueError(f"epsilon is {epsilon}, wanted a number > 0")
    return 0


cdef int check_column(str name, const real[:, ::1] x, Py_ssize_t n_units) except -1:
    return check_shape(name, x.shape[0], x.shape[1], n_units, 1)


cdef int check_statistics(const real[:, ::1] gamma, const real[:, ::1] beta, const real[:, ::1] mean,
                          const real[:, ::1] variance, Py_ssize_t n_units) except -1:
    check_column("gamma", gamma, n_units)
    check_column("beta", beta, n_units)
    check_column("mean", mean, n_units)
    check_column("variance", variance, n_units)
    return 0


def batch_norm(real[:, ::1] Z, const real[:, ::1] gamma, const real[:, ::1] beta, real[:, ::1] A,
               real[:, ::1] mean, real[:, ::1] variance, double epsilon, n_examples):
    """Z becomes Zhat = (Z - mean) / sqrt(variance + epsilon), and A = gamma * Zhat + beta.

    Z and A are (n_units, n_columns), the others (n_units, 1). The mean and the biased variance are
    the batch's own, those of the first n_examples columns; the columns after them become 0 in Z and
    A. Ioffe & Szegedy 2015, algorithm 1.
    """
    cdef Py_ssize_t n_units = Z.shape[0], width = Z.shape[1]
    cdef Span[6] at = [matrix(gamma), matrix(beta), matrix(Z), matrix(A), matrix(mean), matrix(variance)]
    cdef Py_ssize_t n = whole_number("n_examples", n_examples, 0, width)
    check_epsilon(epsilon)
    check_statistics(gamma, beta, mean, variance, n_units)
    check_shape("A", A.shape[0], A.shape[1], n_units, width)
    NORM.check(at)
    with nogil:
        batch_norm_(&Z[0, 0], width, &gamma[0, 0], &beta[0, 0], &A[0, 0], width, &mean[0, 0],
                    &variance[0, 0], n_units, n, width, epsilon)


def batch_norm_backward(real[:, ::1] dA, const real[:, ::1] Zhat, const real[:, ::1] gamma,
                        const real[:, ::1] variance, real[:, ::1] dgamma, real[:, ::1] dbeta,
                        double epsilon, n_examples):
    """dA becomes dZ in place, through the batch's mean and variance; dgamma and dbeta are written.

    dbeta = sum(dA), dgamma = sum(dA * Zhat) and
    dZ = gamma / sqrt(variance + epsilon) * (dA - dbeta / n - Zhat * dgamma / n), n = n_examples, in
    each row. dA and Zhat are (n_units, n_columns), the others (n_units, 1); Zhat and variance are
    what `batch_norm` left. Columns from n_examples on are not read and become 0 in dA. Ioffe &
    Szegedy 2015, section 3.
    """
    cdef Py_ssize_t n_units = dA.shape[0], width = dA.shape[1]
    cdef Span[6] at = [matrix(Zhat), matrix(gamma), matrix(variance), matrix(dA), matrix(dgamma), matrix(dbeta)]
    cdef Py_ssize_t n = whole_number("n_examples", n_examples, 0, width)
    check_epsilon(epsilon)
    check_shape("Zhat", Zhat.shape[0], Zhat.shape[1], n_units, width)
    check_column("gamma", gamma, n_units)
    check_column("variance", variance, n_units)
    check_column("dgamma", dgamma, n_units)
    check_column("dbeta", dbeta, n_units)
    NORM_BACKWARD.check(at)
    with nogil:
        batch_norm_backward_(&dA[0, 0], width, &Zhat[0, 0], width, &gamma[0, 0], &variance[0, 0],
                             &dgamma[0, 0], &dbeta[0, 0], n_units, n, width, epsilon)


def batch_norm_predict(real[:, ::1] Z, const real[:, ::1] gamma, const real[:, ::1] beta,
                       const real[:, ::1] mean, const real[:, ::1] variance, double epsilon):
    """Z = gamma * (Z - mean) / sqrt(variance + epsilon) + beta, in place, by statistics that are given.

    Z is (n_units, n_examples), the others (n_units, 1).
    """
    cdef Span[5] at = [matrix(gamma), matrix(beta), matrix(mean), matrix(variance), matrix(Z)]
    check_epsilon(epsilon)
    check_statistics(gamma, beta, mean, variance, Z.shape[0])
    NORM_PREDICT.check(at)
    with nogil:
        batch_norm_predict_(&Z[0, 0], Z.shape[1], &gamma[0, 0], &beta[0, 0], &mean[0, 0],
                            &variance[0, 0], Z.shape[0], Z.shape[1], epsilon)


def batch_norm_fold(const real[:, ::1] W, const real[:, ::1] gamma, const real[:, ::1] beta,
                    const real[:, ::1] mean, const real[:, ::1] variance, real[:, ::1] W_out,
                    real[:, ::1] b_out, double epsilon):
    """W_out and b_out of the dense layer that does what W does with `batch_norm_predict` after it.

    W_out = gamma / sqrt(variance + epsilon) * W, b_out = beta - gamma / sqrt(variance + epsilon) * mean.
    W and W_out are (n_out, n_in) and may be the same array, the others are (n_out, 1).
    """
    cdef Py_ssize_t n_out = W.shape[0], n_in = W.shape[1]
    cdef Span[7] at = [matrix(W), matrix(gamma), matrix(beta), matrix(mean), matrix(variance), matrix(W_out),
                       matrix(b_out)]
    check_epsilon(epsilon)
    check_statistics(gamma, beta, mean, variance, n_out)
    check_shape("W_out", W_out.shape[0], W_out.shape[1], n_out, n_in)
    check_column("b_out", b_out, n_out)
    NORM_FOLD.check(at)
    with nogil:
        batch_norm_fold_(&W[0, 0], &gamma[0, 0], &beta[0, 0], &mean[0, 0], &variance[0, 0],
                         &W_out[0, 0], &b_out[0, 0], n_out, n_in, epsilon)


def batch_norm_statistics(const real[:, ::1] mean, const real[:, ::1] variance, real[:, ::1] running_mean,
                          real[:, ::1] running_variance, double decay, n_examples):
    """Move the running statistics by those of a batch of n_examples; all arrays (n_units, 1).

    running_mean = decay * running_mean + (1 - decay) * mean,
    running_variance = decay * running_variance + (1 - decay) * n / (n - 1) * variance; the factor
    n / (n - 1) makes the batch's variance unbiased (Ioffe & Szegedy 2015, algorithm 2, step 10) and
    is left out for a batch of one.
    Both start from 0. After t batches they are too small by the factor 1 - decay^t: whoever predicts
    with them divides by it first.
    """
    cdef Py_ssize_t n_units = mean.shape[0], n = whole_number("n_examples", n_examples, 1, MOST_COUNT)
    cdef Span[4] at = [matrix(mean), matrix(variance), matrix(running_mean), matrix(running_variance)]
    if not 0 <= decay < 1:
        raise ValueError(f"decay is {decay}, wanted 0 <= decay < 1")
    check_column("mean", mean, n_units)
    check_column("variance", variance, n_units)
    check_column("running_mean", running_mean, n_units)
    check_column("running_variance", running_variance, n_units)
    NORM_STATISTICS.check(at)
    with nogil:
        batch_norm_statistics_(&mean[0, 0], &variance[0, 0], &running_mean[0, 0], &running_variance[0, 0],
                               n_units, n, decay)
