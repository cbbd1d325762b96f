# The network without an update: the cost and gradient of one batch, and prediction.

cdef double cost_and_gradient(Job* job, const real* parameters, real* gradient, Py_ssize_t n,
                              uint64_t step) noexcept nogil:
    cdef real* work = <real*>job.work
    cdef Columns mine = share_columns(work, n, 1, 0)
    cdef Layer* layer
    cdef Py_ssize_t l, block, first
    cdef double cost
    if job.net.has_penalty:
        first_penalties(job, parameters, job.penalties)
    if job.net.has_gates:
        draw_gates(job.net, parameters, work, step)
    examples_pass(job, parameters, work, work + job.at.scratch, NULL, 0, n, &mine, step, False)
    if team_stopping(&job.team):     # Ctrl-C: not all examples have passed
        return 0
    cost = sum_of(work + job.at.loss, n)
    if job.net.has_penalty:
        cost += sum_of(job.penalties, job.at.n_blocks + 1)
    memset(gradient + job.net.tail, 0, (job.net.n_parameters - job.net.tail) * sizeof(real))
    for l in range(1, job.net.n_layers + 1):
        layer = job.net.layers + l
        for block in range(layer_blocks(layer)):
            first = block * layer.block_rows
            block_gradient(job, l, block, parameters, work, gradient + layer.W + first * layer.n_in,
                           gradient + layer.b + first, gradient + layer.gamma + first, n, mine.row)
    if job.net.has_gates:
        gates_gradient(job.net, parameters, work, job.gate_sums)
    for l in range(job.net.n_layers):
        layer = job.net.layers + l
        if layer.gates:
            memcpy(gradient + layer.log_alpha, work + layer.dlog_alpha, layer.n_out * sizeof(real))
    return cost


cdef void prepare_prediction(Network* net, const real* parameters, real* work) noexcept nogil:
    # gates as they are at prediction, statistics divided by their weight
    cdef Py_ssize_t l, i
    cdef Layer* layer
    cdef real weight
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        if layer.gates:
            fixed_gates(parameters + layer.log_alpha, work + layer.z, layer.n_out)
        if layer.batch_norm:
            weight = parameters[net.statistics_weight]
            for i in range(layer.n_out):
                (work + layer.batch_mean)[i] = parameters[layer.mean + i] / weight if weight > 0 else 0
                (work + layer.batch_variance)[i] = parameters[layer.variance + i] / weight if weight > 0 else 1


cdef void normalize(Layer* layer, const real* parameters, const real* work, real* A, Py_ssize_t row,
                    Py_ssize_t n) noexcept nogil:
    batch_norm_predict_(A, row, parameters + layer.gamma, parameters + layer.b, work + layer.batch_mean,
                        work + layer.batch_variance, layer.n_out, n, BATCH_NORM_EPSILON)


cdef void predict_one(Network* net, const real* parameters, const real* x, real* work, bint logits,
                      real* out) noexcept nogil:
    # a single example: vectors run along the inputs, and nothing needs turning
    cdef Py_ssize_t l, i
    cdef Layer* layer = net.layers
    cdef const real* A_prev = x
    cdef const real* b
    cdef real* A = work + layer.A
    if layer.gates:
        for i in range(layer.n_out):
            A[i] = x[i] * (work + layer.z)[i]
        A_prev = A
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        A = out if l == net.n_layers else work + layer.A
        b = parameters + layer.b
        dot_table(layer.n_out, 1, layer.n_in, parameters + layer.W, layer.n_in, A_prev, layer.n_in, A, 1)
        if layer.batch_norm:
            normalize(layer, parameters, work, A, 1, 1)
        else:
            for i in range(layer.n_out):
                A[i] += b[i]
        if l < net.n_layers or net.loss == SQUARED_ERROR or not logits:
            activate(layer.activation, A, layer.n_out, 1, 1)
        if layer.gates:
            scale_rows(A, 1, work + layer.z, layer.n_out, 1)
        A_prev = A


cdef void predict_block(Network* net, const real* parameters, const real* X, real* work, Py_ssize_t n,
                        bint logits, real* out) noexcept nogil:
    # no dropout; A[l] lie in two places in turn
    cdef Py_ssize_t l, row = padded(work, n)
    cdef Layer* layer = net.layers
    cdef real* A = work + layer.A
    cdef const real* A_prev
    cdef bint activated
    if n == 1:
        predict_one(net, parameters, X, work, logits, out)
        return
    transpose(n, layer.n_out, X, layer.n_out, A, row, row)
    if layer.gates:
        scale_rows(A, row, work + layer.z, layer.n_out, row)
    for l in range(1, net.n_layers + 1):
        A_prev, layer = A, net.layers + l
        A = work + layer.A
        activated = l < net.n_layers or net.loss == SQUARED_ERROR or not logits
        if layer.batch_norm:
            product(layer.n_out, row, layer.n_in, parameters + layer.W, layer.n_in, 1, A_prev, row, A, row,
                    finish_with(NULL))
            normalize(layer, parameters, work, A, row, row)
            if activated:
                activate(layer.activation, A, layer.n_out, row, row)
        else:
            dense_forward(layer, parameters, A_prev, row, A, row, row, activated)
        if layer.gates:
            scale_rows(A, row, work + layer.z, layer.n_out, row)
    transpose(layer.n_out, n, A, row, out, layer.n_out, layer.n_out)
