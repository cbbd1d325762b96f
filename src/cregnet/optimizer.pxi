# Optimisers: one step on a flat vector, in place.
#
# W parameters, dW gradient, V first moment or velocity, S second moment, t the number of this
# step from 1. Coefficients are computed in double and applied in the dtype of W.

from libc.math cimport pow as c_pow, sqrt as c_sqrt

cdef extern from "<math.h>" nogil:
    float sqrtf(float)
    double c_sqrt_f64 "sqrt"(double)

cdef enum Optimizer:
    GRADIENT_DESCENT
    MOMENTUM
    MOMENTUM_VELOCITY
    NESTEROV
    RMSPROP
    ADAM
    ADAMW

cdef dict OPTIMIZER_CODES = {"gradient_descent": GRADIENT_DESCENT, "momentum": MOMENTUM,
                   "momentum_velocity": MOMENTUM_VELOCITY, "nesterov": NESTEROV,
                   "rmsprop": RMSPROP, "adam": ADAM, "adamw": ADAMW}


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
    cdef real a = <real>learning_rate, b = <real>beta, c = <real>(1 - beta)
    for k in range(n):
        V[k] = b * V[k] + c * dW[k]
        W[k] -= a * V[k]


cdef void momentum_velocity_(real* W, const real* dW, real* V, Py_ssize_t n, double learning_rate,
                             double beta) noexcept nogil:
    # Polyak 1964: V = g V + a dW; W -= V
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, g = <real>beta
    for k in range(n):
        V[k] = g * V[k] + a * dW[k]
        W[k] -= V[k]


cdef void nesterov_(real* W, const real* dW, real* V, Py_ssize_t n, double learning_rate,
                    double beta) noexcept nogil:
    # Nesterov 1983 as Sutskever et al. 2013 and PyTorch write it: V = g V + a dW; W -= g V + a dW
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, g = <real>beta
    for k in range(n):
        V[k] = g * V[k] + a * dW[k]
        W[k] -= g * V[k] + a * dW[k]


cdef void rmsprop_(real* W, const real* dW, real* S, Py_ssize_t n, double learning_rate, double beta,
                   double epsilon) noexcept nogil:
    # Hinton 2012, lecture 6e: S = b S + (1 - b) dW^2; W -= a dW / (sqrt(S) + eps)
    cdef Py_ssize_t k
    cdef real a = <real>learning_rate, b = <real>beta, c = <real>(1 - beta), eps = <real>epsilon
    for k in range(n):
        S[k] = b * S[k] + c * dW[k] * dW[k]
        W[k] -= a * dW[k] / (sqrt_(S[k]) + eps)


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


cdef void adamw_(real* W, const real* dW, real* V, real* S, Py_ssize_t n, AdamStep* step,
                 double shrinkage) noexcept nogil:
    # Kingma & Ba 2015, algorithm 1, epsilon outside the root.
    # Loshchilov & Hutter 2019, algorithm 2: the decay acts on W itself, with the learning rate.
    cdef Py_ssize_t k
    cdef real a = <real>step.rate, root = <real>step.root, eps = <real>step.epsilon
    cdef real b1 = <real>step.beta1, c1 = <real>(1 - step.beta1)
    cdef real b2 = <real>step.beta2, c2 = <real>(1 - step.beta2), shrink = <real>shrinkage
    for k in range(n):
        V[k] = b1 * V[k] + c1 * dW[k]
        S[k] = b2 * S[k] + c2 * dW[k] * dW[k]
        W[k] = shrink * W[k] - a * V[k] / (sqrt_(S[k]) * root + eps)


# ---------------------------------------------------------------------------- public kernels

cdef int check_moments(Py_ssize_t n, Py_ssize_t n_dW, Py_ssize_t n_first, Py_ssize_t n_second) except -1:
    check_size("dW", n_dW, n)
    check_size("the first moment", n_first, n)
    check_size("the second moment", n_second, n)
    return 0


def gradient_descent(real[::1] W, const real[::1] dW, double learning_rate):
    """W -= learning_rate * dW."""
    check_size("dW", dW.shape[0], W.shape[0])
    with nogil:
        gradient_descent_(&W[0], &dW[0], W.shape[0], learning_rate)


def momentum(real[::1] W, const real[::1] dW, real[::1] V, double learning_rate, double beta):
    """V = beta * V + (1 - beta) * dW; W -= learning_rate * V."""
    check_moments(W.shape[0], dW.shape[0], V.shape[0], W.shape[0])
    with nogil:
        momentum_(&W[0], &dW[0], &V[0], W.shape[0], learning_rate, beta)


def momentum_velocity(real[::1] W, const real[::1] dW, real[::1] V, double learning_rate, double beta):
    """V = beta * V + learning_rate * dW; W -= V."""
    check_moments(W.shape[0], dW.shape[0], V.shape[0], W.shape[0])
    with nogil:
        momentum_velocity_(&W[0], &dW[0], &V[0], W.shape[0], learning_rate, beta)


def nesterov(real[::1] W, const real[::1] dW, real[::1] V, double learning_rate, double beta):
    """V = beta * V + learning_rate * dW; W -= beta * V + learning_rate * dW."""
    check_moments(W.shape[0], dW.shape[0], V.shape[0], W.shape[0])
    with nogil:
        nesterov_(&W[0], &dW[0], &V[0], W.shape[0], learning_rate, beta)


def rmsprop(real[::1] W, const real[::1] dW, real[::1] S, double learning_rate, double beta, double epsilon):
    """S = beta * S + (1 - beta) * dW^2; W -= learning_rate * dW / (sqrt(S) + epsilon)."""
    check_moments(W.shape[0], dW.shape[0], S.shape[0], W.shape[0])
    with nogil:
        rmsprop_(&W[0], &dW[0], &S[0], W.shape[0], learning_rate, beta, epsilon)


cdef int call_adam(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, double learning_rate,
                   double beta1, double beta2, double epsilon, double decay, Py_ssize_t t) except -1:
    cdef AdamStep step
    if t < 1:
        raise ValueError(f"t is {t}, wanted the number of the step, from 1")
    check_moments(W.shape[0], dW.shape[0], V.shape[0], S.shape[0])
    with nogil:
        step = adam_step(learning_rate, beta1, beta2, epsilon, t)
        adamw_(&W[0], &dW[0], &V[0], &S[0], W.shape[0], &step, 1 - learning_rate * decay)
    return 0


def adam(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, double learning_rate,
         double beta1, double beta2, double epsilon, Py_ssize_t t):
    """Step t (from 1) of Adam, both moments corrected for their bias."""
    call_adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, 0.0, t)


def adamw(real[::1] W, const real[::1] dW, real[::1] V, real[::1] S, double learning_rate,
          double beta1, double beta2, double epsilon, double decay, Py_ssize_t t):
    """Step t (from 1) of Adam after W *= 1 - learning_rate * decay."""
    call_adam(W, dW, V, S, learning_rate, beta1, beta2, epsilon, decay, t)
