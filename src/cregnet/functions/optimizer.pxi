# The public functions of the optimisers.
#
# The rest of their docstrings follows from their rows: cregnet/docstrings.py.

cdef dict OPTIMIZER_CODES = {name: code for code, name in enumerate(_spec.OPTIMIZERS)}

cdef int GRADIENT_DESCENT = OPTIMIZER_CODES["gradient_descent"]
cdef int MOMENTUM = OPTIMIZER_CODES["momentum"]
cdef int MOMENTUM_VELOCITY = OPTIMIZER_CODES["momentum_velocity"]
cdef int NESTEROV = OPTIMIZER_CODES["nesterov"]
cdef int RMSPROP = OPTIMIZER_CODES["rmsprop"]
cdef int ADAM = OPTIMIZER_CODES["adam"]
cdef int ADAMW = OPTIMIZER_CODES["adamw"]
cdef int LION = OPTIMIZER_CODES["lion"]

cdef _Signature NO_MOMENT = _Signature("W!(...) dW(...)")
cdef _Signature FIRST_MOMENT = _Signature("W!(...) dW(...) V!(...)")
cdef _Signature SECOND_MOMENT = _Signature("W!(...) dW(...) S!(...)")
cdef _Signature BOTH_MOMENTS = _Signature("W!(...) dW(...) V!(...) S!(...)")
cdef list OPTIMIZER_NUMBERS = [  # by the code
    tuple([_Number(option) for option in row.options]) for row in _spec.OPTIMIZERS.values()]

cdef int read_step(OptimizerStep* step, double* options, int optimizer, object learning_rate, tuple values,
                   Py_ssize_t t) except -1:
    # `values` may lack the last options of the row, which then are 0
    cdef int i
    cdef tuple numbers = <tuple>OPTIMIZER_NUMBERS[optimizer]
    cdef double rate = finite_number("learning_rate", learning_rate)
    memset(options, 0, MOST_OPTIONS * sizeof(double))
    for i in range(len(values)):
        options[i] = (<_Number>numbers[i]).read(values[i])
    step[0] = optimizer_step(optimizer, rate, options, t)
    return 0


cdef int run_step(const OptimizerStep* step, real[::1] W, const real[::1] dW, real[::1] moment, double decay) except -1:
    with nogil:
        optimize(step, &W[0], &dW[0], &moment[0], <real*>NULL, W.shape[0], decay)
    return 0


cdef object call_step(int optimizer, _Signature signature, list a, object learning_rate, tuple values=(),
                      double decay=0):
    # an optimiser with at most one moment
    cdef OptimizerStep step
    cdef double[MOST_OPTIONS] options
    cdef int dtype, last = len(a) - 1
    read_step(&step, &options[0], optimizer, learning_rate, values, 1)
    dtype = signature.prepare(a)
    moment = a[2] if last == 2 else a[0]  # which one without a moment does not use
    if dtype == FLOAT:
        run_step[float](&step, a[0], a[1], moment, decay)
    else:
        run_step[double](&step, a[0], a[1], moment, decay)
    return signature.result(a)


cdef enum:
    THREAD_SHARE = 1 << 17           # parameters that are worth a thread of their own


cdef int run_shared(SharedStep* t, real[::1] W, const real[::1] dW, real[::1] V, real[::1] S,
                    uint64_t n_threads) except -1:
    cdef int useful = <int>min(n_threads, <uint64_t>(W.shape[0] // THREAD_SHARE), <uint64_t>TEAM_MOST)
    if 16 * W.shape[0] < SMALL_WORK:
        optimize(&t.step, &W[0], &dW[0], &V[0], &S[0], W.shape[0], t.decay)
        return 0
    t.n, t.is_float = W.shape[0], real is float
    if real is float:
        t.floats[0], t.floats[1], t.floats[2], t.floats[3] = &W[0], <float*>&dW[0], &V[0], &S[0]
    else:
        t.doubles[0], t.doubles[1], t.doubles[2], t.doubles[3] = &W[0], <double*>&dW[0], &V[0], &S[0]
    with nogil:
        team_start(&t.team, useful)
        team_run(&t.team, step_member, t)
    return 0


cdef object call_adam(int optimizer, list a, object learning_rate, tuple values, object t, object n_threads):
    cdef SharedStep shared
    cdef double[MOST_OPTIONS] options
    cdef Py_ssize_t step = whole_number("t", t, 1, MOST_COUNT)
    cdef uint64_t threads = whole_number("n_threads", n_threads, 1, MOST_64)
    read_step(&shared.step, &options[0], optimizer, learning_rate, values, step)
    shared.decay = options[3]        # 0 for Adam, which is AdamW without decay
    if BOTH_MOMENTS.prepare(a) == FLOAT:
        run_shared[float](&shared, a[0], a[1], a[2], a[3], threads)
    else:
        run_shared[double](&shared, a[0], a[1], a[2], a[3], threads)
    return BOTH_MOMENTS.result(a)


def gradient_descent(W, dW, learning_rate):
    """W -= learning_rate * dW (Cauchy 1847).

    >>> W = np.ones(1)
    >>> cregnet.gradient_descent(W, [2.0], 0.25)
    >>> W
    array([0.5])
    """
    call_step(GRADIENT_DESCENT, NO_MOMENT, [W, dW], learning_rate)


def momentum(W, dW, V, learning_rate, beta):
    """V = beta * V + (1 - beta) * dW; W -= learning_rate * V (Polyak 1964, as an average).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.momentum(W, [2.0], V, 0.25, 0.5)
    >>> W, V
    (array([0.75]), array([1.]))
    """
    call_step(MOMENTUM, FIRST_MOMENT, [W, dW, V], learning_rate, (beta,))


def momentum_velocity(W, dW, V, learning_rate, beta):
    """V = beta * V + learning_rate * dW; W -= V (Polyak 1964).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.momentum_velocity(W, [2.0], V, 0.25, 0.5)
    >>> W, V
    (array([0.5]), array([0.5]))
    """
    call_step(MOMENTUM_VELOCITY, FIRST_MOMENT, [W, dW, V], learning_rate, (beta,))


def nesterov(W, dW, V, learning_rate, beta):
    """V = beta * V + learning_rate * dW; W -= beta * V + learning_rate * dW (Sutskever et al. 2013).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.nesterov(W, [2.0], V, 0.25, 0.5)
    >>> W, V
    (array([0.25]), array([0.5]))
    """
    call_step(NESTEROV, FIRST_MOMENT, [W, dW, V], learning_rate, (beta,))


def rmsprop(W, dW, S, learning_rate, beta, epsilon):
    """S = beta * S + (1 - beta) * dW^2; W -= learning_rate * dW / (sqrt(S) + epsilon) (Hinton 2012, 6e).

    >>> W, S = np.ones(1), np.zeros(1)
    >>> cregnet.rmsprop(W, [2.0], S, 0.25, 0.75, 1.0)
    >>> W, S
    (array([0.75]), array([1.]))
    """
    call_step(RMSPROP, SECOND_MOMENT, [W, dW, S], learning_rate, (beta, epsilon))


def adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, t, n_threads=1):
    """One step of Adam, both moments corrected for their bias (Kingma & Ba 2015, algorithm 1).

    >>> W, V, S = np.ones(1), np.zeros(1), np.zeros(1)
    >>> cregnet.adam(W, [2.0], V, S, 0.5, 0.9, 0.999, 1e-8, t=1)
    >>> W.round(6)
    array([0.5])
    """
    call_adam(ADAM, [W, dW, V, S], learning_rate, (beta1, beta2, epsilon), t, n_threads)


def adamw(W, dW, V, S, learning_rate, beta1, beta2, epsilon, decay, t, n_threads=1):
    """One step of Adam after W *= 1 - learning_rate * decay (Loshchilov & Hutter 2019, algorithm 2).

    >>> W, V, S = np.ones(1), np.zeros(1), np.zeros(1)
    >>> cregnet.adamw(W, [0.0], V, S, 0.5, 0.9, 0.999, 1e-8, 0.5, t=1)
    >>> W
    array([0.75])
    """
    call_adam(ADAMW, [W, dW, V, S], learning_rate, (beta1, beta2, epsilon, decay), t, n_threads)


def lion(W, dW, V, learning_rate, beta1, beta2, decay):
    """W -= learning_rate * (sign(beta1 V + (1 - beta1) dW) + decay W); V = beta2 V + (1 - beta2) dW (Chen et al. 2023).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.lion(W, [5.0], V, 0.25, 0.9, 0.5, 0.0)
    >>> W, V
    (array([0.75]), array([2.5]))
    """
    call_step(LION, FIRST_MOMENT, [W, dW, V], learning_rate, (beta1, beta2, decay))
