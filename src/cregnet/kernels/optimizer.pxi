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


# ---------------------------------------------------------------------------- a step that threads share

cdef enum:
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
