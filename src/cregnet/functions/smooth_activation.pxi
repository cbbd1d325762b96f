# The public functions of the smooth elementwise activations, two each.

cdef int SIGMOID = ACTIVATION_CODES["sigmoid"]
cdef int TANH = ACTIVATION_CODES["tanh"]
cdef int ELU = ACTIVATION_CODES["elu"]
cdef int SELU = ACTIVATION_CODES["selu"]
cdef int SOFTPLUS = ACTIVATION_CODES["softplus"]
cdef int SILU = ACTIVATION_CODES["silu"]
cdef int MISH = ACTIVATION_CODES["mish"]
cdef int GELU = ACTIVATION_CODES["gelu"]
cdef int EXPONENTIAL = ACTIVATION_CODES["exponential"]

cdef _Number ALPHA = _Number(_spec.ACTIVATIONS["elu"].options[0])


def sigmoid(Z, A=None):
    """A = 1 / (1 + exp(-Z)), the logistic function.

    >>> cregnet.sigmoid([[0.0, 800.0]])
    array([[0.5, 1. ]])
    """
    return call_forward(SIGMOID, Z, A)


def sigmoid_backward(dA, A, dZ=None):
    """dZ = dA * A * (1 - A).

    >>> cregnet.sigmoid_backward([[1.0, 1.0]], [[0.5, 1.0]])
    array([[0.25, 0.  ]])
    """
    return call_backward(SIGMOID, dA, A, dZ)


def tanh(Z, A=None):
    """A = tanh(Z).

    >>> cregnet.tanh([[0.0, 50.0]])
    array([[0., 1.]])
    """
    return call_forward(TANH, Z, A)


def tanh_backward(dA, A, dZ=None):
    """dZ = dA * (1 - A^2).

    >>> cregnet.tanh_backward([[1.0, 4.0]], [[0.0, 0.5]])
    array([[1., 3.]])
    """
    return call_backward(TANH, dA, A, dZ)


def elu(Z, A=None, *, alpha=ALPHA.default):
    """A = Z where Z >= 0, else alpha * (exp(Z) - 1) (Clevert, Unterthiner & Hochreiter 2016).

    >>> cregnet.elu([[-800.0, 2.0]])
    array([[-1.,  2.]])
    """
    return call_forward(ELU, Z, A, ALPHA.read(alpha))


def elu_backward(dA, A, dZ=None, *, alpha=ALPHA.default):
    """dZ = dA where A >= 0, else dA * (A + alpha).

    >>> cregnet.elu_backward([[2.0, 2.0]], [[-0.75, 2.0]])
    array([[0.5, 2. ]])
    """
    return call_backward(ELU, dA, A, dZ, ALPHA.read(alpha))


def selu(Z, A=None):
    """A = 1.0507 Z where Z >= 0, else 1.7581 (exp(Z) - 1) (Klambauer et al. 2017).

    >>> cregnet.selu([[-800.0, 1.0]]).round(4)
    array([[-1.7581,  1.0507]])
    """
    return call_forward(SELU, Z, A)


def selu_backward(dA, A, dZ=None):
    """dZ = 1.0507 dA where A >= 0, else dA (A + 1.7581).

    >>> cregnet.selu_backward([[1.0, 1.0]], [[-1.0, 2.0]]).round(4)
    array([[0.7581, 1.0507]])
    """
    return call_backward(SELU, dA, A, dZ)


def softplus(Z, A=None):
    """A = log(1 + exp(Z)) (Dugas et al. 2001).

    >>> cregnet.softplus([[-800.0, 800.0]])
    array([[  0., 800.]])
    """
    return call_forward(SOFTPLUS, Z, A)


def softplus_backward(dA, A, dZ=None):
    """dZ = dA * (1 - exp(-A)).

    >>> cregnet.softplus_backward([[3.0]], [[800.0]])
    array([[3.]])
    """
    return call_backward(SOFTPLUS, dA, A, dZ)


def silu(Z, A=None):
    """A = Z / (1 + exp(-Z)), also called swish (Elfwing, Uchibe & Doya 2018).

    >>> cregnet.silu([[-800.0, 0.0, 800.0]])
    array([[ -0.,   0., 800.]])
    """
    return call_forward(SILU, Z, A)


def silu_backward(dA, Z, dZ=None):
    """dZ = dA * (s + Z s (1 - s)), s = 1 / (1 + exp(-Z)).

    >>> cregnet.silu_backward([[4.0, 4.0]], [[0.0, 800.0]])
    array([[2., 4.]])
    """
    return call_backward(SILU, dA, Z, dZ, 0, BACKWARD_FROM_Z)


def mish(Z, A=None):
    """A = Z tanh(log(1 + exp(Z))) (Misra 2020).

    >>> cregnet.mish([[-800.0, 0.0, 800.0]])
    array([[ -0.,   0., 800.]])
    """
    return call_forward(MISH, Z, A)


def mish_backward(dA, Z, dZ=None):
    """dZ = dA * (t + Z (1 - t^2) s), t = tanh(log(1 + exp(Z))), s = 1 / (1 + exp(-Z)).

    >>> cregnet.mish_backward([[5.0, 5.0]], [[0.0, 800.0]])
    array([[3., 5.]])
    """
    return call_backward(MISH, dA, Z, dZ, 0, BACKWARD_FROM_Z)


def gelu(Z, A=None):
    """A = Z Phi(Z), Phi the normal distribution function, not its approximation (Hendrycks & Gimpel 2016).

    >>> cregnet.gelu([[-800.0, 0.0, 800.0]])
    array([[ -0.,   0., 800.]])
    """
    return call_forward(GELU, Z, A)


def gelu_backward(dA, Z, dZ=None):
    """dZ = dA * (Phi(Z) + Z exp(-Z^2 / 2) / sqrt(2 pi)).

    >>> cregnet.gelu_backward([[4.0, 4.0]], [[0.0, 800.0]])
    array([[2., 4.]])
    """
    return call_backward(GELU, dA, Z, dZ, 0, BACKWARD_FROM_Z)


def exponential(Z, A=None):
    """A = exp(Z), for outputs that are rates.

    >>> cregnet.exponential([[-800.0, 0.0]])
    array([[0., 1.]])
    """
    return call_forward(EXPONENTIAL, Z, A)


def exponential_backward(dA, A, dZ=None):
    """dZ = dA * A.

    >>> cregnet.exponential_backward([[2.0]], [[3.0]])
    array([[6.]])
    """
    return call_backward(EXPONENTIAL, dA, A, dZ)
