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

cdef _Arguments NO_MOMENT = _Arguments("dW", "W")
cdef _Arguments FIRST_MOMENT = _Arguments("dW", "W V")
cdef _Arguments SECOND_MOMENT = _Arguments("dW", "W S")
cdef _Arguments BOTH_MOMENTS = _Arguments("dW", "W V S")


cdef int check_moment(_Arguments arguments, str name, const real[::1] W, const real[::1] dW,
                      const real[::1] moment) except -1:
    cdef Span[3] at = [vector(dW), vector(W), vector(moment)]
    check_size("dW", dW.shape[0], W.shape[0])
    check_size(name, moment.shape[0], W.shape[0])
    arguments.check(at)
    return 0


def gradient_descent(real[::1] W, const real[::1] dW, double learning_rate):
    """W -= learning_rate * dW."""
    cdef Span[2] at = [vector(dW), vector(W)]
    check_size("dW", dW.shape[0], W.shape[0])
    NO_MOMENT.check(at)
    with nogil:
        gradient_descent_(&W[0], &dW[0], W.shape[0], learning_rate)


def momentum(real[::1] W, const real[::1] dW, real[::1] V, double learning_rate, double beta):
    """V = beta * V + (1 - beta) * dW; W -= learning_rate * V."""
    check_moment(FIRST_MOMENT, "the first moment", W, dW, V)
    with nogil:
        momentum_(&W[0], &dW[0], &V[0], W.shape[0], learning_rate, beta)


def momentum_velocity(real[::1] W, const real[::1] dW, real[::1] V, double learning_rate, double beta):
    """V = beta * V + learning_rate * dW; W -= V."""
    check_moment(FIRST_MOMENT, "the first moment", W, dW, V)
    with nogil:
        momentum_velocity_(&W[0], &dW[0], &V[0], W.shape[0], learning_rate, beta)


def nesterov(real[::1] W, const real[::1] dW, real[::1] V, double learning_rate, double beta):
    """V = beta * V + learning_rate * dW; W -= beta * V + learning_rate * dW."""
    check_moment(FIRST_MOMENT, "the first moment", W, dW, V)
    with nogil:
        nesterov_(&W[0], &dW[0], &V[0], W.shape[0], learning_rate, beta)


def rmsprop(real[::1] W, const real[::1] dW, real[::1] S, double learning_rate, double beta, double epsilon):
    """S = beta * S + (1 - beta) * dW^2; W -= learning_rate * dW / (sqrt(S) + epsilon)."""
    check_moment(SECOND_MOMENT, "the second moment", W, dW, S)
    with nogil:
        rmsprop_(&W[0], &dW[0], &S[0], W.shape[0], learning_rate, beta, epsilon)


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


cdef int call_adam(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, double learning_rate,
                   double beta1, double beta2, double epsilon, double decay, object t,
                   object n_threads) except -1:
    cdef AdamJob job
    cdef Span[4] at = [vector(dW), vector(W), vector(V), vector(S)]
    cdef Py_ssize_t step = whole_number("t", t, 1, MOST_COUNT)
    cdef int useful = <int>min(whole_number("n_threads", n_threads, 1, MOST_64), W.shape[0] // ADAM_SHARE, TEAM_MOST)
    check_size("dW", dW.shape[0], W.shape[0])
    check_size("the first moment", V.shape[0], W.shape[0])
    check_size("the second moment", S.shape[0], W.shape[0])
    BOTH_MOMENTS.check(at)
    job.n, job.is_float = W.shape[0], real is float
    job.W, job.dW, job.V, job.S = &W[0], &dW[0], &V[0], &S[0]
    job.step, job.shrinkage = adam_step(learning_rate, beta1, beta2, epsilon, step), 1 - learning_rate * decay
    with nogil:
        team_start(&job.team, useful)
        team_run(&job.team, adam_member, &job)
    return 0


def adam(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, double learning_rate,
         double beta1, double beta2, double epsilon, t, n_threads=1):
    """Step t (from 1) of Adam, both moments corrected for their bias; on at most n_threads."""
    call_adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, 0.0, t, n_threads)


def adamw(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, double learning_rate,
          double beta1, double beta2, double epsilon, double decay, t, n_threads=1):
    """Step t (from 1) of Adam after W *= 1 - learning_rate * decay; on at most n_threads."""
    call_adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, decay, t, n_threads)
