# Batch normalisation (Ioffe & Szegedy 2015), forward beside backward.
#
# A row is a unit, and its columns are the examples of a batch. One thread computes a unit in a fixed order,
# so the bits do not depend on how units are divided among threads. Sums are accumulated in double, and the
# variance in a second pass, around the mean, so that nothing cancels. Z is replaced by Zhat, which the
# backward pass needs; gamma Zhat + beta is written to A, where the activation then works in place. Padded
# columns are excluded from the statistics and set to 0.

cdef inline double inverse_deviation(double variance, double epsilon) noexcept nogil:
    return 1 / c_sqrt(variance + epsilon)


cdef void batch_norm_(real* Z, Py_ssize_t Z_row, const real* gamma, const real* beta, real* A,
                      Py_ssize_t A_row, real* mean, real* variance, Py_ssize_t n_units, Py_ssize_t n,
                      Py_ssize_t width, double epsilon) noexcept nogil:
    # Algorithm 1; columns n to width - 1 are padding. The mean is subtracted in two parts, because its rounding
    # error matters if it is large compared to the standard deviation.
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
    # The derivatives of section 3, combined: the mean and the variance project out the components of the
    # gradient along 1 and along Zhat,
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
    # Algorithm 2, step 10: prediction uses the unbiased variance, n / (n - 1) times that of the batch.
    cdef Py_ssize_t i
    cdef real d = <real>decay, c = <real>(1 - decay)
    cdef real u = <real>((1 - decay) * n / max(<Py_ssize_t>1, n - 1))
    for i in range(n_units):
        running_mean[i] = d * running_mean[i] + c * mean[i]
        running_variance[i] = d * running_variance[i] + u * variance[i]
