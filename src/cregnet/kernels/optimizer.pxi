# Optimisers: one step on a flat vector, in place.
#
# W parameters, dW gradient, V first moment or velocity, S second moment, t the number of this
# step from 1. Coefficients are computed in double and applied in the dtype of W. Every loop reads
# what it needs before it stores: a store between two loads makes the second one wait.

cdef extern from "<math.h>" nogil:
    float sqrtf(float)
    double c_sqrt_f64 "sqrt"(double)

cdef dict OPTIMIZER_CODES = {name: code for code, name in enumerate(_spec.OPTIMIZERS)}

cdef int GRADIENT_DESCENT = OPTIMIZER_CODES["gradient_descent"]
cdef int MOMENTUM = OPTIMIZER_CODES["momentum"]
cdef int MOMENTUM_VELOCITY = OPTIMIZER_CODES["momentum_velocity"]
cdef int NESTEROV = OPTIMIZER_CODES["nesterov"]
cdef int RMSPROP = OPTIMIZER_CODES["rmsprop"]
cdef int ADAM = OPTIMIZER_CODES["adam"]
cdef int ADAMW = OPTIMIZER_CODES["adamw"]
cdef int LION = OPTIMIZER_CODES["lion"]

cdef enum:
    MOST_OPTIONS = 4                 # of an optimiser or a loss


cdef inline real sqrt_(real x) noexcept nogil:
    if real is float:
        return sqrtf(x)
    else:
        return c_sqrt_f64(x)


cdef void gradient_descent_(real* W, const real* dW, Py_ssize_t n, double learning_rate) noexcept nogil:
    # Cauchy 1847: W -= a dW
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate
    for k in range(n):
        W[k] -= a * dW[k]


cdef void momentum_(real* W, const real* dW, real* V, Py_ssize_t n, double learning_rate,
                    double beta) noexcept nogil:
    # the average form: V = b V + (1 - b) dW; W -= a V
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, b = <real>beta, c = <real>(1 - beta), v
    for k in range(n):
        v = b * V[k] + c * dW[k]
        W[k] -= a * v
        V[k] = v


cdef void momentum_velocity_(real* W, const real* dW, real* V, Py_ssize_t n, double learning_rate,
                             double beta) noexcept nogil:
    # Polyak 1964: V = g V + a dW; W -= V
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, g = <real>beta, v
    for k in range(n):
        v = g * V[k] + a * dW[k]
        W[k] -= v
        V[k] = v


cdef void nesterov_(real* W, const real* dW, real* V, Py_ssize_t n, double learning_rate,
                    double beta) noexcept nogil:
    # Nesterov 1983 as Sutskever et al. 2013 and PyTorch write it: V = g V + a dW; W -= g V + a dW
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, g = <real>beta, v, step
    for k in range(n):
        step = a * dW[k]
        v = g * V[k] + step
        W[k] -= g * v + step
        V[k] = v


cdef void rmsprop_(real* W, const real* dW, real* S, Py_ssize_t n, double learning_rate, double beta,
                   double epsilon) noexcept nogil:
    # Hinton 2012, lecture 6e: S = b S + (1 - b) dW^2; W -= a dW / (sqrt(S) + eps)
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, b = <real>beta, c = <real>(1 - beta), eps = <real>epsilon, g, s
    for k in range(n):
        g = dW[k]
        s = b * S[k] + c * g * g
        W[k] -= a * g / (sqrt_(s) + eps)
        S[k] = s


cdef struct AdamStep:                # what of a step of Adam is the same for all parameters
    double rate
    double root
    double beta1
    double beta2
    double epsilon


cdef AdamStep adam_step(double learning_rate, double beta1, double beta2, double epsilon,
                        Py_ssize_t t) noexcept nogil:
    # The two bias corrections are folded into one factor each:
    # a V^ / (sqrt(S^) + eps) = (a / c1) V / (sqrt(S) / sqrt(c2) + eps), c = 1 - beta^t
    cdef AdamStep step
    step.rate = learning_rate / (1 - c_pow(beta1, <double>t))
    step.root = 1 / c_sqrt(1 - c_pow(beta2, <double>t))
    step.beta1, step.beta2, step.epsilon = beta1, beta2, epsilon
    return step


cdef void adamw_(real* W, const real* dW, real* V, real* S, Py_ssize_t n, const AdamStep* step,
                 double shrinkage) noexcept nogil:
    # Kingma & Ba 2015, algorithm 1, epsilon outside the root.
    # Loshchilov & Hutter 2019, algorithm 2: the decay acts on W itself, with the learning rate.
    cdef Py_ssize_t k
    cdef real a = <real>step.rate, root = <real>step.root, eps = <real>step.epsilon
    cdef real b1 = <real>step.beta1, c1 = <real>(1 - step.beta1)
    cdef real b2 = <real>step.beta2, c2 = <real>(1 - step.beta2), shrink = <real>shrinkage
    cdef real g, v, s
    for k in range(n):
        g = dW[k]
        v = b1 * V[k] + c1 * g
        s = b2 * S[k] + c2 * g * g
        W[k] = shrink * W[k] - a * v / (sqrt_(s) * root + eps)
        V[k] = v
        S[k] = s


cdef void lion_(real* W, const real* dW, real* V, Py_ssize_t n, double learning_rate, double beta1, double beta2,
                double shrinkage) noexcept nogil:
    # Chen et al. 2023, algorithm 2: the sign of a mean that is nearer to the gradient than the one kept
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, shrink = <real>shrinkage
    cdef real b1 = <real>beta1, c1 = <real>(1 - beta1), b2 = <real>beta2, c2 = <real>(1 - beta2)
    cdef real g, v, direction
    for k in range(n):
        g = dW[k]
        v = V[k]
        direction = b1 * v + c1 * g
        W[k] = shrink * W[k] - a * (<real>(direction > 0) - <real>(direction < 0))
        V[k] = b2 * v + c2 * g


# ---------------------------------------------------------------------------- any of them, by its code

cdef struct OptimizerStep:           # what is the same for all parameters in a step
    int optimizer
    double learning_rate
    const double* options            # in the order of the row in spec.py
    AdamStep adam


cdef OptimizerStep optimizer_step(int optimizer, double learning_rate, const double* options,
                                  Py_ssize_t t) noexcept nogil:
    cdef OptimizerStep step
    memset(&step, 0, sizeof(OptimizerStep))
    step.optimizer, step.learning_rate, step.options = optimizer, learning_rate, options
    if optimizer == ADAM or optimizer == ADAMW:
        step.adam = adam_step(learning_rate, options[0], options[1], options[2], t)
    return step


cdef void optimize(const OptimizerStep* step, real* W, const real* dW, real* first, real* second, Py_ssize_t n,
                   double decay) noexcept nogil:
    # `first` and `second` are the moments, as far as the optimiser has them; the option named decay comes apart,
    # because it is for the weights alone
    cdef int optimizer = step.optimizer
    cdef double learning_rate = step.learning_rate
    cdef const double* options = step.options
    if optimizer == GRADIENT_DESCENT:
        gradient_descent_(W, dW, n, learning_rate)
    elif optimizer == MOMENTUM:
        momentum_(W, dW, first, n, learning_rate, options[0])
    elif optimizer == MOMENTUM_VELOCITY:
        momentum_velocity_(W, dW, first, n, learning_rate, options[0])
    elif optimizer == NESTEROV:
        nesterov_(W, dW, first, n, learning_rate, options[0])
    elif optimizer == RMSPROP:
        rmsprop_(W, dW, first, n, learning_rate, options[0], options[1])
    elif optimizer == LION:
        lion_(W, dW, first, n, learning_rate, options[0], options[1], 1 - learning_rate * decay)
    else:
        adamw_(W, dW, first, second, n, &step.adam, 1 - learning_rate * decay)


# ---------------------------------------------------------------------------- public kernels
#
# The rest of their docstrings follows from their rows: cregnet/docstrings.py.

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


cdef struct SharedStep:              # a step with two moments as threads share it
    Team team
    OptimizerStep step
    double decay
    Py_ssize_t n
    float* floats[4]                 # W, dW, V and S in float32, ...
    double* doubles[4]               # ... or in float64
    bint is_float


cdef enum:
    THREAD_SHARE = 1 << 17           # parameters that are worth a thread of their own
    SHARED_LINE = 16                 # parameters that threads never share: they fill a cache line


cdef void step_member(void* argument, int member) noexcept nogil:
    cdef SharedStep* t = <SharedStep*>argument
    cdef Py_ssize_t lines = t.n // SHARED_LINE + 1
    cdef Py_ssize_t first = min(lines * member // t.team.size * SHARED_LINE, t.n)
    cdef Py_ssize_t n = min(lines * (member + 1) // t.team.size * SHARED_LINE, t.n) - first
    if t.is_float:
        optimize(&t.step, t.floats[0] + first, <const float*>t.floats[1] + first, t.floats[2] + first,
                 t.floats[3] + first, n, t.decay)
    else:
        optimize(&t.step, t.doubles[0] + first, <const double*>t.doubles[1] + first, t.doubles[2] + first,
                 t.doubles[3] + first, n, t.decay)


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
