# The cost of one batch and its gradient, without an update.

cdef double cost_and_gradient(Training* t, real** arrays, real* gradient, uint64_t step) noexcept nogil:
    cdef Columns mine = share_columns(t.n_examples, 1, 0, t.at.lanes)
    cdef const Layer* layer
    cdef Py_ssize_t l, number, tail = t.net.tail
    cdef Block block
    cdef double cost
    begin(t, arrays, t.penalties, step)
    pack_all_weights(t, arrays, 0, 1)
    examples_pass(t, arrays, arrays[WORK] + t.at.scratch, NULL, 0, &mine, step, False)
    if team_stop_requested(&t.team):
        return 0                     # Ctrl-C: not all examples have been processed
    cost = sum_of(<const real*>arrays[WORK] + t.at.loss, t.n_examples)
    if t.net.has_penalty:
        cost += sum_of(<const double*>t.penalties, t.at.n_blocks + 1)
    memset(gradient + tail, 0, (t.net.n_parameters - tail) * sizeof(real))
    for l in range(1, t.net.n_layers + 1):
        layer = t.net.layers + l
        for number in range(blocks_of(layer, t.buffers + l)):
            block = block_of(t, l, number)
            block_gradient(t, &block, arrays, gradient + block.W, gradient + layer.b + block.first,
                           gradient + layer.gamma + block.first, mine.batch, mine.row)
    if t.net.has_gates:
        gates_gradient(t, arrays)
    for l in range(t.net.n_layers):
        layer = t.net.layers + l
        if layer.gates:
            memcpy(gradient + layer.log_alpha, arrays[WORK] + t.buffers[l].dlog_alpha, layer.n_out * sizeof(real))
    return cost
