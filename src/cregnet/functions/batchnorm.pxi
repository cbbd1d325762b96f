# The public functions of batch normalisation.

cdef _Signature NORM = _Signature(
    "Z(n_units,n_columns) gamma(n_units,1) beta(n_units,1)"
    " -> A(n_units,n_columns) Zhat(n_units,n_columns) mean(n_units,1) variance(n_units,1)", same="Zhat=Z")
cdef _Signature NORM_BACKWARD = _Signature(
    "dA(n_units,n_columns) Zhat(n_units,n_columns) gamma(n_units,1) variance(n_units,1)"
    " -> dZ(n_units,n_columns) dgamma(n_units,1) dbeta(n_units,1)", same="dZ=dA")
cdef _Signature NORM_PREDICT = _Signature(
    "Z(n_units,n_examples) gamma(n_units,1) beta(n_units,1) mean(n_units,1) variance(n_units,1)"
    " -> A(n_units,n_examples)", same="A=Z")
cdef _Signature NORM_FOLD = _Signature(
    "W(n_out,n_in) gamma(n_out,1) beta(n_out,1) mean(n_out,1) variance(n_out,1)"
    " -> W_out(n_out,n_in) b_out(n_out,1)", same="W_out=W")
cdef _Signature NORM_STATISTICS = _Signature(
    "mean(n_units,1) variance(n_units,1) running_mean!(n_units,1) running_variance!(n_units,1)")
cdef _Number NORM_EPSILON = _Number(_spec.Option("epsilon", _spec.BATCH_NORM_EPSILON, open=True))
cdef _Number NORM_DECAY = _Number(_spec.Option("decay", _spec.BATCH_NORM_DECAY, below=1.0))


cdef int run_norm(const real[:, ::1] Z, const real[:, ::1] gamma, const real[:, ::1] beta, real[:, ::1] A,
                  real[:, ::1] Zhat, real[:, ::1] mean, real[:, ::1] variance, double epsilon,
                  object n_examples) except -1:
    cdef Py_ssize_t n_units = Z.shape[0], width = Z.shape[1], n = read_columns(n_examples, width)
    with nogil:
        copy(&Zhat[0, 0], &Z[0, 0], n_units * width)
        batch_norm_(&Zhat[0, 0], width, &gamma[0, 0], &beta[0, 0], &A[0, 0], width, &mean[0, 0],
                    &variance[0, 0], n_units, n, width, epsilon)
    return 0


cdef int run_norm_backward(const real[:, ::1] dA, const real[:, ::1] Zhat, const real[:, ::1] gamma,
                           const real[:, ::1] variance, real[:, ::1] dZ, real[:, ::1] dgamma,
                           real[:, ::1] dbeta, double epsilon, object n_examples) except -1:
    cdef Py_ssize_t n_units = dA.shape[0], width = dA.shape[1], n = read_columns(n_examples, width)
    with nogil:
        copy(&dZ[0, 0], &dA[0, 0], n_units * width)
        batch_norm_backward_(&dZ[0, 0], width, &Zhat[0, 0], width, &gamma[0, 0], &variance[0, 0],
                             &dgamma[0, 0], &dbeta[0, 0], n_units, n, width, epsilon)
    return 0


cdef Py_ssize_t read_columns(object n_examples, Py_ssize_t width) except -1:
    return width if n_examples is None else whole_number("n_examples", n_examples, 0, width)


cdef int run_norm_predict(const real[:, ::1] Z, const real[:, ::1] gamma, const real[:, ::1] beta,
                          const real[:, ::1] mean, const real[:, ::1] variance, real[:, ::1] A,
                          double epsilon) except -1:
    cdef Py_ssize_t n_units = Z.shape[0], m = Z.shape[1]
    with nogil:
        copy(&A[0, 0], &Z[0, 0], n_units * m)
        batch_norm_predict_(&A[0, 0], m, &gamma[0, 0], &beta[0, 0], &mean[0, 0], &variance[0, 0], n_units, m,
                            epsilon)
    return 0


cdef int run_norm_fold(const real[:, ::1] W, const real[:, ::1] gamma, const real[:, ::1] beta,
                       const real[:, ::1] mean, const real[:, ::1] variance, real[:, ::1] W_out,
                       real[:, ::1] b_out, double epsilon) except -1:
    with nogil:
        batch_norm_fold_(&W[0, 0], &gamma[0, 0], &beta[0, 0], &mean[0, 0], &variance[0, 0], &W_out[0, 0],
                         &b_out[0, 0], W.shape[0], W.shape[1], epsilon)
    return 0


cdef int run_norm_statistics(const real[:, ::1] mean, const real[:, ::1] variance,
                             real[:, ::1] running_mean, real[:, ::1] running_variance, double decay,
                             Py_ssize_t n_examples) except -1:
    with nogil:
        batch_norm_statistics_(&mean[0, 0], &variance[0, 0], &running_mean[0, 0], &running_variance[0, 0],
                               mean.shape[0], n_examples, decay)
    return 0


def batch_norm(Z, gamma, beta, A=None, Zhat=None, mean=None, variance=None, *,
               epsilon=NORM_EPSILON.default, n_examples=None):
    """Zhat = (Z - mean) / sqrt(variance + epsilon) and A = gamma * Zhat + beta, with the mean and variance of Z.

    Ioffe & Szegedy 2015, algorithm 1.

    Parameters
    ----------
    Z : array_like, shape (n_units, n_columns)
    gamma, beta : array_like, shape (n_units, 1)
    A, Zhat, mean, variance : ndarray, optional
        Filled and returned; Zhat may be Z.
    epsilon : float, above 0
        Added to the variance.
    n_examples : int, optional
        Number of columns that are examples, by default all; the columns after them are ignored and set to 0.

    Returns
    -------
    A, Zhat : ndarray, shape (n_units, n_columns)
    mean, variance : ndarray, shape (n_units, 1)
        Of this batch; the variance is the biased one.

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> A, Zhat, mean, variance = cregnet.batch_norm([[1.0, 3.0]], [[2.0]], [[5.0]], epsilon=3.0)
    >>> A, mean, variance
    (array([[4., 6.]]), array([[2.]]), array([[1.]]))
    """
    cdef list a = [Z, gamma, beta, A, Zhat, mean, variance]
    cdef double eps = NORM_EPSILON.read(epsilon)
    if NORM.prepare(a) == FLOAT:
        run_norm[float](a[0], a[1], a[2], a[3], a[4], a[5], a[6], eps, n_examples)
    else:
        run_norm[double](a[0], a[1], a[2], a[3], a[4], a[5], a[6], eps, n_examples)
    return NORM.result(a)


def batch_norm_backward(dA, Zhat, gamma, variance, dZ=None, dgamma=None, dbeta=None, *,
                        epsilon=NORM_EPSILON.default, n_examples=None):
    """dZ, dgamma and dbeta, with the batch's mean and variance differentiated too.

    dbeta = sum(dA), dgamma = sum(dA * Zhat) and, with n examples,
    dZ = gamma / sqrt(variance + epsilon) * (dA - dbeta / n - Zhat * dgamma / n)
    (Ioffe & Szegedy 2015, section 3).

    Parameters
    ----------
    dA, Zhat : array_like, shape (n_units, n_columns)
    gamma, variance : array_like, shape (n_units, 1)
        Zhat and variance as `batch_norm` returned them.
    dZ, dgamma, dbeta : ndarray, optional
        Filled and returned; dZ may be dA.
    epsilon : float, above 0
        Added to the variance.
    n_examples : int, optional
        Number of columns that are examples, by default all; the columns after them are ignored and set to 0.

    Returns
    -------
    dZ : ndarray, shape (n_units, n_columns)
    dgamma, dbeta : ndarray, shape (n_units, 1)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> dZ, dgamma, dbeta = cregnet.batch_norm_backward([[1.0, 3.0]], [[-1.0, 1.0]], [[2.0]], [[1.0]])
    >>> dgamma, dbeta
    (array([[2.]]), array([[4.]]))
    """
    cdef list a = [dA, Zhat, gamma, variance, dZ, dgamma, dbeta]
    cdef double eps = NORM_EPSILON.read(epsilon)
    if NORM_BACKWARD.prepare(a) == FLOAT:
        run_norm_backward[float](a[0], a[1], a[2], a[3], a[4], a[5], a[6], eps, n_examples)
    else:
        run_norm_backward[double](a[0], a[1], a[2], a[3], a[4], a[5], a[6], eps, n_examples)
    return NORM_BACKWARD.result(a)


def batch_norm_predict(Z, gamma, beta, mean, variance, A=None, *, epsilon=NORM_EPSILON.default):
    """A = gamma * (Z - mean) / sqrt(variance + epsilon) + beta, with given statistics.

    Parameters
    ----------
    Z : array_like, shape (n_units, n_examples)
    gamma, beta, mean, variance : array_like, shape (n_units, 1)
    A : ndarray, optional
        Filled and returned; may be Z.
    epsilon : float, above 0
        Added to the variance.

    Returns
    -------
    A : ndarray, shape (n_units, n_examples)

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.batch_norm_predict([[1.0]], [[2.0]], [[5.0]], [[2.0]], [[1.0]], epsilon=3.0)
    array([[4.]])
    """
    cdef list a = [Z, gamma, beta, mean, variance, A]
    cdef double eps = NORM_EPSILON.read(epsilon)
    if NORM_PREDICT.prepare(a) == FLOAT:
        run_norm_predict[float](a[0], a[1], a[2], a[3], a[4], a[5], eps)
    else:
        run_norm_predict[double](a[0], a[1], a[2], a[3], a[4], a[5], eps)
    return NORM_PREDICT.result(a)


def batch_norm_fold(W, gamma, beta, mean, variance, W_out=None, b_out=None, *, epsilon=NORM_EPSILON.default):
    """Weights and biases of the dense layer that equals W followed by `batch_norm_predict`.

    Parameters
    ----------
    W : array_like, shape (n_out, n_in)
    gamma, beta, mean, variance : array_like, shape (n_out, 1)
    W_out, b_out : ndarray, optional
        Filled and returned; W_out may be W.
    epsilon : float, above 0
        Added to the variance.

    Returns
    -------
    W_out : ndarray, shape (n_out, n_in)
        gamma / sqrt(variance + epsilon) * W
    b_out : ndarray, shape (n_out, 1)
        beta - gamma / sqrt(variance + epsilon) * mean

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> cregnet.batch_norm_fold([[3.0]], [[2.0]], [[5.0]], [[2.0]], [[1.0]], epsilon=3.0)
    (array([[3.]]), array([[3.]]))
    """
    cdef list a = [W, gamma, beta, mean, variance, W_out, b_out]
    cdef double eps = NORM_EPSILON.read(epsilon)
    if NORM_FOLD.prepare(a) == FLOAT:
        run_norm_fold[float](a[0], a[1], a[2], a[3], a[4], a[5], a[6], eps)
    else:
        run_norm_fold[double](a[0], a[1], a[2], a[3], a[4], a[5], a[6], eps)
    return NORM_FOLD.result(a)


def batch_norm_statistics(mean, variance, running_mean, running_variance, decay, n_examples):
    """Update the running statistics with those of a batch.

    running_mean = decay * running_mean + (1 - decay) * mean, and the same for the variance. The variance
    of the batch is first multiplied by n / (n - 1), which makes it unbiased (Ioffe & Szegedy 2015,
    algorithm 2, step 10); for a batch of one example the factor is 1.

    Parameters
    ----------
    mean, variance : array_like, shape (n_units, 1)
        As `batch_norm` returned them.
    running_mean, running_variance : ndarray, shape (n_units, 1)
        Updated in place. Both start from 0. After t batches they must be divided by 1 - decay^t, the sum
        of the weights, before they are used for prediction.
    decay : float, 0 <= decay < 1
    n_examples : int, at least 1

    Raises
    ------
    TypeError, ValueError
        If an array or a number is not as described; the message names it.

    Examples
    --------
    >>> running_mean, running_variance = np.zeros((1, 1)), np.zeros((1, 1))
    >>> cregnet.batch_norm_statistics([[4.0]], [[2.0]], running_mean, running_variance, 0.5, 2)
    >>> running_mean, running_variance
    (array([[2.]]), array([[2.]]))
    """
    cdef list a = [mean, variance, running_mean, running_variance]
    cdef Py_ssize_t n = whole_number("n_examples", n_examples, 1, MOST_COUNT)
    cdef double kept = NORM_DECAY.read(decay)
    if NORM_STATISTICS.prepare(a) == FLOAT:
        run_norm_statistics[float](a[0], a[1], a[2], a[3], kept, n)
    else:
        run_norm_statistics[double](a[0], a[1], a[2], a[3], kept, n)
    NORM_STATISTICS.result(a)
