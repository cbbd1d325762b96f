# The public kernel network_predict: the forward pass without dropout, noise and other draws.

cdef _Workspace prediction_workspace(_ParsedPlan plan, size_t number_size, Py_ssize_t n):
    # for n examples at a time; the even layers share one array for their activations, the odd layers another
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
            dense_forward(layer, parameters, A_prev, row, A, row, row, activated)
        if layer.gates:
            scale_rows(A, row, work + buffers[l].z, layer.n_out, row)
    transpose(layer.n_out, n, A, row, out, layer.n_out, layer.n_out)


# ---------------------------------------------------------------------------- public kernel

cdef _Signature PREDICT = _Signature(
    "parameters(n_parameters) X(n_examples,n_inputs) -> out(n_examples,n_outputs)", sizes="n_outputs")


def network_predict(plan, parameters, X, out=None, *, logits=False):
    """Outputs of the network without dropout and noise.

    Parameters
    ----------
    plan : Plan
    parameters : array (n_parameters,), float32 or float64
    X : array (n_examples, n[0])
    out : array (n_examples, n[L]), optional
        Filled and returned.
    logits : bool
        Return logits, without the output's activation, if the loss is computed from them.

    Returns
    -------
    out : array (n_examples, n[L])
    finite : bool
        Whether all numbers of X are finite, which takes no noticeable time here.

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with `out`.
    """
    cdef _ParsedPlan parsed = parsed_plan(plan)
    cdef list arrays
    cdef Py_ssize_t n_outputs = parsed.net.layers[parsed.net.n_layers].n_out
    cdef bint finite
    if out is None and type(X) is NDARRAY:
        try:                         # without `prepare`, which takes a tenth of the time for one row
            out = new_array((len(X), n_outputs), X.dtype)
            if X.dtype is FLOAT32:
                return out, predict_on[float](parsed, parameters, X, out, logits)
            return out, predict_on[double](parsed, parameters, X, out, logits)
        except (ValueError, TypeError):
            out = None
    arrays = [parameters, X, out]
    if PREDICT.prepare(arrays, n_outputs) == FLOAT:
        finite = predict_on[float](parsed, arrays[0], arrays[1], arrays[2], logits)
    else:
        finite = predict_on[double](parsed, arrays[0], arrays[1], arrays[2], logits)
    return PREDICT.result(arrays), finite


cdef bint predict_on(_ParsedPlan parsed, const real[::1] parameters, const real[:, ::1] X, real[:, ::1] out,
                     bint logits) except? -1:
    cdef Py_ssize_t block, start, n, n_examples = X.shape[0], n_inputs, n_outputs
    cdef const Network* net = &parsed.net
    cdef _Workspace work
    cdef real* numbers
    cdef const real* X_block
    cdef bint finite = True
    n_inputs, n_outputs = net.layers[0].n_out, net.layers[net.n_layers].n_out
    if (<size_t>&parameters[0] | <size_t>&X[0, 0]) % sizeof(real) != 0:
        raise ValueError("parameters or X are not aligned")
    check_size("parameters", parameters.shape[0], net.n_parameters)
    check_shape("X", n_examples, X.shape[1], n_examples, n_inputs)
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
