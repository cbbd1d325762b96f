# Prediction: the forward pass without dropout, noise and other draws.

cdef void place_prediction(const Network* net, Buffers* buffers, Places* at, Py_ssize_t n) noexcept nogil:
    # for n examples, in blocks; the even layers share one array for their activations, the odd layers another
    cdef Py_ssize_t l, row = padded(min(<Py_ssize_t>BLOCK, n), at.lanes)
    cdef Py_ssize_t[2] widest = [0, 0]
    cdef Py_ssize_t[2] place
    for l in range(net.n_layers + 1):
        widest[l % 2] = max(widest[l % 2], net.layers[l].n_out)
    place[0] = reserve(at, widest[0] * row)
    place[1] = reserve(at, widest[1] * row)
    for l in range(net.n_layers + 1):
        buffers[l].A = place[l % 2]
        if net.layers[l].batch_norm:
            buffers[l].batch_mean = reserve(at, net.layers[l].n_out)
            buffers[l].batch_variance = reserve(at, net.layers[l].n_out)
        if net.layers[l].gates:
            buffers[l].z = reserve(at, net.layers[l].n_out)


cdef void prepare_prediction(const Network* net, const Buffers* buffers, const real* parameters,
                             real* work) noexcept nogil:
    # gates without a draw; statistics divided by the sum of their weights
    cdef Py_ssize_t l, i
    cdef const Layer* layer
    cdef real* mean
    cdef real* variance
    cdef real weight
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        if layer.gates:
            prediction_gates(parameters + layer.log_alpha, work + buffers[l].z, layer.n_out)
        if layer.batch_norm:
            mean, variance = work + buffers[l].batch_mean, work + buffers[l].batch_variance
            weight = parameters[net.statistics_weight]
            for i in range(layer.n_out):
                mean[i] = parameters[layer.mean + i] / weight if weight > 0 else 0
                variance[i] = parameters[layer.variance + i] / weight if weight > 0 else 1


cdef void normalize(const Layer* layer, const Buffers* own, const real* parameters, const real* work, real* A,
                    Py_ssize_t row, Py_ssize_t n) noexcept nogil:
    batch_norm_predict_(A, row, parameters + layer.gamma, parameters + layer.b, work + own.batch_mean,
                        work + own.batch_variance, layer.n_out, n, BATCH_NORM_EPSILON)


cdef void predict_one(const Network* net, const Buffers* buffers, const real* parameters, const real* x, real* work,
                      bint logits, real* out) noexcept nogil:
    # a single example: vectorised along the inputs, and without transposes
    cdef Py_ssize_t l, i
    cdef const Layer* layer = net.layers
    cdef const real* A_prev = x
    cdef const real* b
    cdef const real* z
    cdef real* A = work + buffers.A
    if layer.gates:
        z = work + buffers.z
        for i in range(layer.n_out):
            A[i] = x[i] * z[i]
        A_prev = A
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        A = out if l == net.n_layers else work + buffers[l].A
        b = parameters + layer.b
        dot_table(layer.n_out, 1, layer.n_in, parameters + layer.W, layer.n_in, A_prev, layer.n_in, A, 1)
        if layer.batch_norm:
            normalize(layer, buffers + l, parameters, work, A, 1, 1)
        else:
            for i in range(layer.n_out):
                A[i] += b[i]
        if l < net.n_layers or not (net.from_logits and logits):
            activate(layer.activation, A, layer.n_out, 1, 1, layer.option)
        if layer.gates:
            scale_rows(A, 1, work + buffers[l].z, layer.n_out, 1)
        A_prev = A


cdef void predict_block(const Network* net, const Buffers* buffers, const real* parameters, const real* X,
                        real* work, Py_ssize_t n, Py_ssize_t row, bint logits, real* out) noexcept nogil:
    # `row` is n padded to full vectors
    cdef Py_ssize_t l
    cdef const Layer* layer = net.layers
    cdef real* A = work + buffers.A
    cdef const real* A_prev
    cdef bint activated
    if n == 1:
        predict_one(net, buffers, parameters, X, work, logits, out)
        return
    transpose(n, layer.n_out, X, layer.n_out, A, row, row)
    if layer.gates:
        scale_rows(A, row, work + buffers.z, layer.n_out, row)
    for l in range(1, net.n_layers + 1):
        A_prev, layer = A, net.layers + l
        A = work + buffers[l].A
        activated = l < net.n_layers or not (net.from_logits and logits)
        if layer.batch_norm:
            product(layer.n_out, row, layer.n_in, parameters + layer.W, layer.n_in, 1, A_prev, row, A, row,
                    <const real*>NULL)
            normalize(layer, buffers + l, parameters, work, A, row, row)
            if activated:
                activate(layer.activation, A, layer.n_out, row, row, layer.option)
        else:
            product_with(layer.n_out, row, layer.n_in, parameters + layer.W, layer.n_in, 1, A_prev, row, A, row,
                         forward_epilogue(layer, parameters, activated))
            if activated and layer.activation != RELU:
                activate(layer.activation, A, layer.n_out, row, row, layer.option)
        if layer.gates:
            scale_rows(A, row, work + buffers[l].z, layer.n_out, row)
    transpose(layer.n_out, n, A, row, out, layer.n_out, layer.n_out)


cdef bint predict_examples(const Network* net, const Buffers* buffers, Py_ssize_t lanes, const real* parameters,
                           const real* X, Py_ssize_t n_examples, real* work, bint logits, real* out) noexcept nogil:
    # returns whether all numbers of X are finite
    cdef Py_ssize_t block, start, n, n_inputs = net.layers[0].n_out, n_outputs = net.layers[net.n_layers].n_out
    cdef const real* X_block
    cdef bint finite = True
    prepare_prediction(net, buffers, parameters, work)
    for block in range(n_blocks(n_examples)):
        start = block * BLOCK
        n = min(<Py_ssize_t>BLOCK, n_examples - start)
        X_block = X + start * n_inputs
        finite &= all_finite(X_block, n * n_inputs)
        predict_block(net, buffers, parameters, X_block, work, n, padded(n, lanes), logits, out + start * n_outputs)
    return finite
