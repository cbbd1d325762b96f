# Prediction: the network without an update and without its draws.

cdef _Workspace prediction_workspace(_ParsedPlan plan, size_t number_size, Py_ssize_t n):
    # for n examples at a time; the activations of even and of odd layers share a place each
    cdef _Workspace work = _Workspace(plan, number_size)
    cdef const Network* net = &plan.net
    cdef Places* at = &work.at
    cdef Py_ssize_t l, row = padded(n, at.lanes)
    cdef Py_ssize_t[2] widest = [0, 0]
    cdef Py_ssize_t[2] place
    for l in range(net.n_layers + 1):
        widest[l % 2] = max(widest[l % 2], net.layers[l].n_out)
    place[0] = reserve(at, widest[0] * row)
    place[1] = reserve(at, widest[1] * row)
    for l in range(net.n_layers + 1):
        work.buffers[l].A = place[l % 2]
        if net.layers[l].batch_norm:
            work.buffers[l].batch_mean = reserve(at, net.layers[l].n_out)
            work.buffers[l].batch_variance = reserve(at, net.layers[l].n_out)
        if net.layers[l].gates:
            work.buffers[l].z = reserve(at, net.layers[l].n_out)
    work.allocate()
    return work


cdef void prepare_prediction(const Network* net, const Buffers* buffers, const real* parameters,
                             real* work) noexcept nogil:
    # gates as they are at prediction, statistics divided by their weight
    cdef Py_ssize_t l, i
    cdef const Layer* layer
    cdef real* mean
    cdef real* variance
    cdef real weight
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        if layer.gates:
            fixed_gates(parameters + layer.log_alpha, work + buffers[l].z, layer.n_out)
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
    # a single example: vectors run along the inputs, and nothing has to be transposed
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
    # `row` is n, padded
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
            dense_forward(layer, parameters, A_prev, row, A, row, row, activated)
        if layer.gates:
            scale_rows(A, row, work + buffers[l].z, layer.n_out, row)
    transpose(layer.n_out, n, A, row, out, layer.n_out, layer.n_out)


# ---------------------------------------------------------------------------- public kernel

cdef _Arguments PREDICT = _Arguments("parameters X", "out")


def network_predict(plan, parameters, X, out, logits=False):
    """Outputs of the network without dropout and noise.

    Parameters
    ----------
    plan : Plan
    parameters : array (n_parameters,), float32 or float64
    X : array (n_examples, n[0])
    out : array (n_examples, n[L])
        Filled.
    logits : bool
        Leave out the activation of the output where the loss is computed from logits.

    Returns
    -------
    bool
        Whether all numbers of X are finite, which costs nothing beside the prediction.

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with `out`.
    """
    if parameters is None or X is None or out is None:
        check_given(PREDICT.names, (parameters, X, out))
    if is_float32(parameters):
        return predict_on[float](plan, parameters, X, out, logits)
    return predict_on[double](plan, parameters, X, out, logits)


cdef object predict_on(object plan, const real[::1] parameters, const real[:, ::1] X, real[:, ::1] out,
                       bint logits):
    cdef Py_ssize_t block, start, n, n_examples = X.shape[0], n_inputs, n_outputs
    cdef Span[3] at = [vector(parameters), matrix(X), matrix(out)]
    cdef _ParsedPlan parsed = parsed_plan(plan)
    cdef const Network* net = &parsed.net
    cdef _Workspace work
    cdef real* numbers
    cdef const real* X_block
    cdef bint finite = True
    n_inputs, n_outputs = net.layers[0].n_out, net.layers[net.n_layers].n_out
    PREDICT.check(at)
    check_size("parameters", parameters.shape[0], net.n_parameters)
    check_shape("X", n_examples, X.shape[1], n_examples, n_inputs)
    check_shape("out", out.shape[0], out.shape[1], n_examples, n_outputs)
    work = prediction_workspace(parsed, sizeof(real), min(<Py_ssize_t>BLOCK, n_examples))
    numbers = <real*>work.numbers
    with nogil:
        prepare_prediction(net, work.buffers, &parameters[0], numbers)
        for block in range(n_blocks(n_examples)):
            start = block * BLOCK
            n = min(<Py_ssize_t>BLOCK, n_examples - start)
            X_block = &X[0, 0] + start * n_inputs
            finite &= all_finite(X_block, n * n_inputs)
            predict_block(net, work.buffers, &parameters[0], X_block, numbers, n, padded(n, work.at.lanes), logits,
                          &out[0, 0] + start * n_outputs)
    return finite
