# Hard-concrete gates on units: the differentiable relaxation of an L0 penalty (Louizos, Welling &
# Kingma 2018, "Learning sparse neural networks through L0 regularization", equations 10 to 13).
#
#     s = sigmoid((log u - log(1 - u) + log_alpha) / beta),  z = min(max(s (zeta - gamma) + gamma, 0), 1)
#
# A. There is one uniform draw u per unit and step. A layer with gates multiplies its activations by z.
# B. The gradient of z follows from dW of the next layer, sum_k W_kj dW_kj = z_j dz_j, because W and z
#    enter Z as a product. It therefore costs one pass over dW, which is in cache.
# C. A unit's gate is open with probability p = sigmoid(log_alpha - beta log(-gamma / zeta)). The cost
#    contains l0 times the sum of these probabilities.
# D. The sums over dW are stored per block, and one thread adds them in the order of the blocks, so that the
#    bits do not depend on the number of threads.

cdef double GATE_BETA = _spec.GATE_BETA
cdef double GATE_GAMMA = _spec.GATE_GAMMA
cdef double GATE_ZETA = _spec.GATE_ZETA
cdef uint32_t GATES = PURPOSES["gates"]


cdef inline double logistic(double x) noexcept nogil:
    return 1 / (1 + c_exp(-x))


cdef inline double stretched(double s) noexcept nogil:
    return s * (GATE_ZETA - GATE_GAMMA) + GATE_GAMMA


cdef inline double open_probability(double log_alpha) noexcept nogil:
    return logistic(log_alpha - GATE_BETA * c_log(-GATE_GAMMA / GATE_ZETA))


cdef void draw_layer_gates(const real* log_alpha, real* z, real* slope, Py_ssize_t n, uint64_t seed,
                           uint32_t layer, uint64_t step) noexcept nogil:
    cdef Py_ssize_t j
    cdef uint32_t words[BLOCK]
    cdef uint32_t* word = words
    cdef double u, s, wide
    for j in range(n):
        if j % BLOCK == 0:
            gate_words(words, j, min(<Py_ssize_t>BLOCK, n - j), seed, layer, step)
        u = (words[j % BLOCK] + 0.5) / 4294967296.0
        s = logistic((c_log(u) - c_log(1 - u) + log_alpha[j]) / GATE_BETA)
        wide = stretched(s)
        z[j] = <real>min(max(wide, 0.0), 1.0)
        slope[j] = <real>(s * (1 - s) / GATE_BETA * (GATE_ZETA - GATE_GAMMA)) if 0 < wide < 1 else 0


cdef void gate_words(uint32_t* out, Py_ssize_t first, Py_ssize_t n, uint64_t seed, uint32_t layer,
                     uint64_t step) noexcept nogil:
    # words first .. first + n - 1 of `random_words`; `first` is a multiple of BLOCK
    cdef Py_ssize_t block, at
    cdef uint32_t w[4]
    for block in range((n + 3) // 4):
        w[0], w[1] = <uint32_t>(first // 4 + block), 0
        w[2], w[3] = <uint32_t>step, (GATES << 28) | layer
        philox4x32_10(&w[0], &w[1], &w[2], &w[3], <uint32_t>seed, <uint32_t>(seed >> 32))
        for at in range(min(<Py_ssize_t>4, n - 4 * block)):
            out[4 * block + at] = w[at]


cdef void draw_gates(const Training* t, real** arrays, uint64_t step) noexcept nogil:
    cdef Py_ssize_t l
    cdef const Layer* layer
    cdef real* work = arrays[WORK]
    for l in range(t.net.n_layers):
        layer = t.net.layers + l
        if layer.gates:
            draw_layer_gates(arrays[PARAMETERS] + layer.log_alpha, work + t.buffers[l].z,
                             work + t.buffers[l].slope, layer.n_out, t.net.seed, <uint32_t>l, step)


cdef void prediction_gates(const real* log_alpha, real* z, Py_ssize_t n) noexcept nogil:
    # equation 13: the gates without a draw, for prediction
    cdef Py_ssize_t j
    for j in range(n):
        z[j] = <real>min(max(stretched(logistic(log_alpha[j])), 0.0), 1.0)


cdef void scale_rows(real* A, Py_ssize_t row, const real* z, Py_ssize_t n_units, Py_ssize_t width) noexcept nogil:
    # linear in A: the backward pass is the same call on dA
    cdef Py_ssize_t i, j
    cdef real* A_i
    for i in range(n_units):
        A_i = A + i * row
        for j in range(width):
            A_i[j] *= z[i]


cdef void gate_sums_of(const real* W, const real* dW, Py_ssize_t n_rows, Py_ssize_t n_in,
                       double* sums) noexcept nogil:
    # sum of W dW down the columns of a block of rows (note B)
    cdef Py_ssize_t i, j
    for j in range(n_in):
        sums[j] = 0
    for i in range(n_rows):
        for j in range(n_in):
            sums[j] += <double>W[i * n_in + j] * <double>dW[i * n_in + j]


cdef void gates_gradient(const Training* t, real** arrays) noexcept nogil:
    # dlog_alpha of all layers
    cdef Py_ssize_t l
    cdef real* work = arrays[WORK]
    for l in range(t.net.n_layers):
        if t.net.layers[l].gates:
            layer_gates_gradient(t, l, arrays[PARAMETERS] + t.net.layers[l].log_alpha, work + t.buffers[l].z,
                                 work + t.buffers[l].slope, work + t.buffers[l].dlog_alpha)


cdef void layer_gates_gradient(const Training* t, Py_ssize_t l, const real* log_alpha, const real* z,
                               const real* slope, real* dlog_alpha) noexcept nogil:
    cdef const Layer* layer = t.net.layers + l
    cdef const double* sums = t.gate_sums + t.buffers[l].gate_sums
    cdef Py_ssize_t block, j, blocks = blocks_of(layer + 1, t.buffers + l + 1)
    cdef double total, p
    for j in range(layer.n_out):
        total = 0
        for block in range(blocks):
            total += sums[block * layer.n_out + j]
        total = total / z[j] if z[j] > 0 else 0
        p = open_probability(log_alpha[j])
        dlog_alpha[j] = <real>(total * slope[j] + layer.l0 * p * (1 - p))


cdef double gates_penalty(const Network* net, const real* parameters) noexcept nogil:
    cdef Py_ssize_t l, j
    cdef const Layer* layer
    cdef double cost = 0, total
    for l in range(net.n_layers):
        layer = net.layers + l
        if layer.gates and layer.l0 > 0:
            total = 0
            for j in range(layer.n_out):
                total += open_probability(parameters[layer.log_alpha + j])
            cost += layer.l0 * total
    return cost
