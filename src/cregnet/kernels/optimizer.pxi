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
    else:
        adamw_(W, dW, first, second, n, &step.adam, 1 - learning_rate * decay)


# ---------------------------------------------------------------------------- public kernels
#
# The rest of their docstrings follows from their rows: cregnet/docstrings.py.

cdef _Signature NO_MOMENT = _Signature("W!(...) dW(...)")
cdef _Signature FIRST_MOMENT = _Signature("W!(...) dW(...) V!(...)")
cdef _Signature SECOND_MOMENT = _Signature("W!(...) dW(...) S!(...)")
cdef _Signature BOTH_MOMENTS = _Signature("W!(...) dW(...) V!(...) S!(...)")
cdef dict OPTIMIZER_NUMBERS = {
    name: tuple([_Number(option) for option in row.options]) for name, row in _spec.OPTIMIZERS.items()}

cdef tuple ADAM_NUMBERS = OPTIMIZER_NUMBERS["adam"], ADAMW_NUMBERS = OPTIMIZER_NUMBERS["adamw"]

cdef struct StepOptions:             # of an optimiser, in the order of its row, and the learning rate
    double learning_rate
    double option[4]


cdef int read_step(tuple numbers, object learning_rate, tuple values, StepOptions* step) except -1:
    cdef int i
    step.learning_rate = finite_number("learning_rate", learning_rate)
    for i in range(len(values)):
        step.option[i] = (<_Number>numbers[i]).read(values[i])
    return 0


cdef int run_plain(real[::1] W, const real[::1] dW, const StepOptions* step) except -1:
    with nogil:
        gradient_descent_(&W[0], &dW[0], W.shape[0], step.learning_rate)
    return 0


cdef int run_one_moment(int optimizer, real[::1] W, const real[::1] dW, real[::1] moment,
                        const StepOptions* step) except -1:
    cdef Py_ssize_t n = W.shape[0]
    with nogil:
        if optimizer == MOMENTUM:
            momentum_(&W[0], &dW[0], &moment[0], n, step.learning_rate, step.option[0])
        elif optimizer == MOMENTUM_VELOCITY:
            momentum_velocity_(&W[0], &dW[0], &moment[0], n, step.learning_rate, step.option[0])
        elif optimizer == NESTEROV:
            nesterov_(&W[0], &dW[0], &moment[0], n, step.learning_rate, step.option[0])
        else:
            rmsprop_(&W[0], &dW[0], &moment[0], n, step.learning_rate, step.option[0], step.option[1])
    return 0


cdef object call_one_moment(str optimizer, _Signature signature, list a, object learning_rate, tuple values):
    cdef StepOptions step
    cdef int code = OPTIMIZER_CODES[optimizer]
    read_step(OPTIMIZER_NUMBERS[optimizer], learning_rate, values, &step)
    if signature.prepare(a) == FLOAT:
        run_one_moment[float](code, a[0], a[1], a[2], &step)
    else:
        run_one_moment[double](code, a[0], a[1], a[2], &step)
    return signature.result(a)


cdef struct AdamJob:                 # a step of Adam as threads share it
    Team team
    void* W
    const void* dW
    void* V
    void* S
    Py_ssize_t n
    AdamStep step
    double shrinkage
    bint is_float


cdef enum:
    ADAM_SHARE = 1 << 17             # parameters that are worth a thread of their own
    CACHE_LINE = 16                  # parameters that threads never share


cdef void adam_member(void* argument, int member) noexcept nogil:
    cdef AdamJob* job = <AdamJob*>argument
    cdef Py_ssize_t lines = job.n // CACHE_LINE + 1
    cdef Py_ssize_t first = min(lines * member // job.team.size * CACHE_LINE, job.n)
    cdef Py_ssize_t n = min(lines * (member + 1) // job.team.size * CACHE_LINE, job.n) - first
    if job.is_float:
        adamw_(<float*>job.W + first, <const float*>job.dW + first, <float*>job.V + first,
               <float*>job.S + first, n, &job.step, job.shrinkage)
    else:
        adamw_(<double*>job.W + first, <const double*>job.dW + first, <double*>job.V + first,
               <double*>job.S + first, n, &job.step, job.shrinkage)


cdef int run_adam(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, const StepOptions* options,
                  double decay, Py_ssize_t t, uint64_t n_threads) except -1:
    cdef AdamJob job
    cdef int useful = <int>min(n_threads, <uint64_t>(W.shape[0] // ADAM_SHARE), <uint64_t>TEAM_MOST)
    job.step = adam_step(options.learning_rate, options.option[0], options.option[1], options.option[2], t)
    job.shrinkage = 1 - options.learning_rate * decay
    if 16 * W.shape[0] < SMALL_WORK:
        adamw_(&W[0], &dW[0], &V[0], &S[0], W.shape[0], &job.step, job.shrinkage)
        return 0
    job.n, job.is_float = W.shape[0], real is float
    job.W, job.dW, job.V, job.S = &W[0], &dW[0], &V[0], &S[0]
    with nogil:
        team_start(&job.team, useful)
        team_run(&job.team, adam_member, &job)
    return 0


cdef object call_adam(tuple numbers, list a, object learning_rate, tuple values, object t, object n_threads):
    cdef StepOptions options
    cdef Py_ssize_t step = whole_number("t", t, 1, MOST_COUNT)
    cdef uint64_t threads = whole_number("n_threads", n_threads, 1, MOST_64)
    options.option[3] = 0            # Adam is AdamW without decay
    read_step(numbers, learning_rate, values, &options)
    if BOTH_MOMENTS.prepare(a) == FLOAT:
        run_adam[float](a[0], a[1], a[2], a[3], &options, options.option[3], step, threads)
    else:
        run_adam[double](a[0], a[1], a[2], a[3], &options, options.option[3], step, threads)
    return BOTH_MOMENTS.result(a)


def gradient_descent(W, dW, learning_rate):
    """W -= learning_rate * dW (Cauchy 1847).

    >>> W = np.ones(1)
    >>> cregnet.gradient_descent(W, [2.0], 0.25)
    >>> W
    array([0.5])
    """
    cdef list a = [W, dW]
    cdef StepOptions step
    read_step((), learning_rate, (), &step)
    if NO_MOMENT.prepare(a) == FLOAT:
        run_plain[float](a[0], a[1], &step)
    else:
        run_plain[double](a[0], a[1], &step)
    NO_MOMENT.result(a)


def momentum(W, dW, V, learning_rate, beta):
    """V = beta * V + (1 - beta) * dW; W -= learning_rate * V (Polyak 1964, as an average).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.momentum(W, [2.0], V, 0.25, 0.5)
    >>> W, V
    (array([0.75]), array([1.]))
    """
    call_one_moment("momentum", FIRST_MOMENT, [W, dW, V], learning_rate, (beta,))


def momentum_velocity(W, dW, V, learning_rate, beta):
    """V = beta * V + learning_rate * dW; W -= V (Polyak 1964).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.momentum_velocity(W, [2.0], V, 0.25, 0.5)
    >>> W, V
    (array([0.5]), array([0.5]))
    """
    call_one_moment("momentum_velocity", FIRST_MOMENT, [W, dW, V], learning_rate, (beta,))


def nesterov(W, dW, V, learning_rate, beta):
    """V = beta * V + learning_rate * dW; W -= beta * V + learning_rate * dW (Sutskever et al. 2013).

    >>> W, V = np.ones(1), np.zeros(1)
    >>> cregnet.nesterov(W, [2.0], V, 0.25, 0.5)
    >>> W, V
    (array([0.25]), array([0.5]))
    """
    call_one_moment("nesterov", FIRST_MOMENT, [W, dW, V], learning_rate, (beta,))


def rmsprop(W, dW, S, learning_rate, beta, epsilon):
    """S = beta * S + (1 - beta) * dW^2; W -= learning_rate * dW / (sqrt(S) + epsilon) (Hinton 2012, 6e).

    >>> W, S = np.ones(1), np.zeros(1)
    >>> cregnet.rmsprop(W, [2.0], S, 0.25, 0.75, 1.0)
    >>> W, S
    (array([0.75]), array([1.]))
    """
    call_one_moment("rmsprop", SECOND_MOMENT, [W, dW, S], learning_rate, (beta, epsilon))


def adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, t, n_threads=1):
    """One step of Adam, both moments corrected for their bias (Kingma & Ba 2015, algorithm 1).

    >>> W, V, S = np.ones(1), np.zeros(1), np.zeros(1)
    >>> cregnet.adam(W, [2.0], V, S, 0.5, 0.9, 0.999, 1e-8, t=1)
    >>> W.round(6)
    array([0.5])
    """
    call_adam(ADAM_NUMBERS, [W, dW, V, S], learning_rate, (beta1, beta2, epsilon), t, n_threads)


def adamw(W, dW, V, S, learning_rate, beta1, beta2, epsilon, decay, t, n_threads=1):
    """One step of Adam after W *= 1 - learning_rate * decay (Loshchilov & Hutter 2019, algorithm 2).

    >>> W, V, S = np.ones(1), np.zeros(1), np.zeros(1)
    >>> cregnet.adamw(W, [0.0], V, S, 0.5, 0.9, 0.999, 1e-8, 0.5, t=1)
    >>> W
    array([0.75])
    """
    call_adam(ADAMW_NUMBERS, [W, dW, V, S], learning_rate, (beta1, beta2, epsilon, decay), t, n_threads)
