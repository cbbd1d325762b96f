# The second half of a step, divided by rows: dW, db and the other gradients of a block of units, penalties,
# clipping, the optimiser, and the regularisers that act on the weights after it.
#
#     dW, db -> penalty -> clip by value ---------------------------> optimiser -> soft threshold -> max-norm
#                                        \-> norm of all -> scale -/
#
# A. The gradient of a weight needs all examples but no other weight, so blocks of rows are divided among the
#    threads. A block is used while it is in cache. Only clipping by norm needs the full gradient at once: it is
#    then stored in the workspace, with a barrier before it is used.
# B. The cost contains the penalty of the weights before the update. This penalty is summed per block right after
#    the previous update, while the weights are in cache. The array of sums is double-buffered, so that no thread
#    reads an entry that another one already overwrites. Its last entry is the penalty of the gates.
# C. Gates have too few parameters to parallelise: thread 0 updates them once all dW are computed.

cdef struct Update:                  # the part of a step's update that is the same for all blocks
    OptimizerStep optimizer
    double scale                     # factor on the gradient, from clipping by norm


cdef Update new_update(const Network* net, double learning_rate, Py_ssize_t t) noexcept nogil:
    cdef Update update
    update.optimizer = optimizer_step(net.optimizer, learning_rate, &net.optimizer_options[0], t)
    update.scale = 1
    return update


cdef Block block_of(const Training* t, Py_ssize_t l, Py_ssize_t number) noexcept nogil:
    cdef const Layer* layer = t.net.layers + l
    cdef Block block
    block.l, block.number = l, number
    block.first = number * t.buffers[l].block_rows
    block.n_rows = min(t.buffers[l].block_rows, layer.n_out - block.first)
    block.W = layer.W + block.first * layer.n_in
    block.size = block.n_rows * layer.n_in
    return block


# ---------------------------------------------------------------------------- a block's gradient

cdef void block_gradient(const Training* t, const Block* block, real** arrays, real* dW, real* db, real* dgamma,
                         Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    # all gradients of a block of units, penalties included
    cdef const Layer* layer = t.net.layers + block.l
    cdef const Buffers* own = t.buffers + block.l
    cdef const real* W = arrays[PARAMETERS] + block.W
    cdef real* work = arrays[WORK]
    if t.at.fuses_first and block.l <= 2:
        memcpy(dW, work + (t.at.first_dW if block.l == 1 else t.at.second_dW), block.size * sizeof(real))
    else:
        weight_product(t, block, work, dW, n, row)
    if layer.batch_norm:
        memcpy(db, work + own.dbeta + block.first, block.n_rows * sizeof(real))
        memcpy(dgamma, work + own.dgamma + block.first, block.n_rows * sizeof(real))
    elif t.at.fuses_first and block.l == 1:
        memcpy(db, work + t.at.first_db, block.n_rows * sizeof(real))
    else:
        row_sums(block.n_rows, row, work + own.dZ + block.first * row, row, db)
    if (layer - 1).gates:
        gate_sums_of(W, dW, block.n_rows, layer.n_in,
                     t.gate_sums + (own - 1).gate_sums + block.number * layer.n_in)
    if t.net.has_penalty:
        penalty_backward_(W, dW, block.size, layer.l1, layer.l2)


# ---------------------------------------------------------------------------- a block's update

cdef void update_part(const Training* t, real** arrays, real* gradient, Py_ssize_t at, Py_ssize_t n,
                      const Update* update, double decay) noexcept nogil:
    # one step of the optimiser on n parameters, starting at offset `at`
    cdef real* first = arrays[MOMENTS] + at
    cdef real* second = first + t.net.n_parameters
    cdef Py_ssize_t k
    cdef real scale = <real>update.scale
    if update.scale != 1:
        for k in range(n):
            gradient[k] *= scale
    optimize(&update.optimizer, arrays[PARAMETERS] + at, gradient, first, second, n, decay)


cdef void block_update(const Training* t, const Block* block, real** arrays, real* dW, real* db, real* dgamma,
                       const Update* update, double* penalties) noexcept nogil:
    cdef const Layer* layer = t.net.layers + block.l
    rows_update(t, block, arrays, dW, update)
    update_part(t, arrays, db, layer.b + block.first, block.n_rows, update, 0.0)
    if layer.batch_norm:
        update_part(t, arrays, dgamma, layer.gamma + block.first, block.n_rows, update, 0.0)
    if t.net.has_penalty:
        penalties[t.buffers[block.l].first_block + block.number] = block_penalty(
            layer, <const real*>arrays[PARAMETERS] + block.W, block.size)


cdef void rows_update(const Training* t, const Block* block, real** arrays, real* dW,
                      const Update* update) noexcept nogil:
    # the weights of a block, a few rows at a time if they are packed afterwards, when L1 still has them
    cdef const Layer* layer = t.net.layers + block.l
    cdef Py_ssize_t end = block.first + block.n_rows, most = block.n_rows
    cdef Block rows = block[0]
    if t.net.products != OF_NUMBERS:
        most = padded(max(PACKED_ELEMENTS // layer.n_in, <Py_ssize_t>1), 2)
    while rows.first < end:
        rows.n_rows = min(most, end - rows.first)
        rows.size = rows.n_rows * layer.n_in
        update_part(t, arrays, dW + (rows.W - block.W), rows.W, rows.size, update, t.net.decay)
        if layer.proximal > 0:
            soft_threshold_(arrays[PARAMETERS] + rows.W, rows.size, update.optimizer.learning_rate * layer.proximal)
        if layer.max_norm > 0:
            max_norm_(arrays[PARAMETERS] + rows.W, rows.n_rows, layer.n_in, layer.max_norm)
        if t.net.products != OF_NUMBERS:
            pack_weights(t, &rows, arrays)
        rows.first += rows.n_rows
        rows.W += rows.size


cdef double block_penalty(const Layer* layer, const real* W, Py_ssize_t size) noexcept nogil:
    return penalty_(W, size, layer.l1 + layer.proximal, layer.l2)


cdef void copy_to_best(const Training* t, const Block* block, real** arrays) noexcept nogil:
    # copy the block to the best weights
    cdef const Layer* layer = t.net.layers + block.l
    cdef real* best = arrays[BEST]
    cdef const real* parameters = arrays[PARAMETERS]
    cdef Py_ssize_t b = layer.b + block.first, gamma = layer.gamma + block.first
    memcpy(best + block.W, parameters + block.W, block.size * sizeof(real))
    memcpy(best + b, parameters + b, block.n_rows * sizeof(real))
    if layer.batch_norm:
        memcpy(best + gamma, parameters + gamma, block.n_rows * sizeof(real))


# ---------------------------------------------------------------------------- a thread's blocks

cdef void weights_pass(Training* t, real** arrays, real* scratch, const Columns* mine, Update* update,
                       double* penalties, bint keep, uint64_t next_step) noexcept nogil:
    # the gradient and the update of this thread's blocks; with `keep` the weights before it are the best so far
    cdef const Network* net = t.net
    cdef Py_ssize_t l, number, blocks
    cdef bint collects = net.clip_norm > 0
    cdef Block block
    cdef real* db
    if keep and mine.member == 0:
        memcpy(arrays[BEST] + net.tail, arrays[PARAMETERS] + net.tail,
               (net.n_parameters - net.tail) * sizeof(real))
    for l in range(net.n_layers, 0, -1):
        blocks = blocks_of(net.layers + l, t.buffers + l)
        for number in range(blocks * mine.member // mine.n_threads, blocks * (mine.member + 1) // mine.n_threads):
            block = block_of(t, l, number)
            if keep:
                copy_to_best(t, &block, arrays)
            if collects:
                collect_block(t, &block, arrays, mine)
                continue
            db = scratch + block.size
            block_gradient(t, &block, arrays, scratch, db, db + block.n_rows, mine.batch, mine.row)
            if net.clip_value > 0:
                clip_values_(scratch, block.size + block.n_rows * (2 if net.layers[l].batch_norm else 1),
                             net.clip_value)
            block_update(t, &block, arrays, scratch, db, db + block.n_rows, update, penalties)
    if collects:
        clipped_update(t, arrays, mine, update, penalties)
    if net.has_gates:
        gates_update(t, arrays, mine, update, penalties, next_step)


cdef void collect_block(const Training* t, const Block* block, real** arrays, const Columns* mine) noexcept nogil:
    # a block's gradient, stored in the gradient vector, and its sum of squares
    cdef const Layer* layer = t.net.layers + block.l
    cdef real* gradient = arrays[WORK] + t.at.gradient
    cdef real* dW = gradient + block.W
    cdef real* db = gradient + layer.b + block.first
    cdef real* dgamma = gradient + layer.gamma + block.first
    cdef double bound = t.net.clip_value, square
    block_gradient(t, block, arrays, dW, db, dgamma, mine.batch, mine.row)
    if bound > 0:
        clip_values_(dW, block.size, bound)
        clip_values_(db, block.n_rows, bound)
        if layer.batch_norm:
            clip_values_(dgamma, block.n_rows, bound)
    square = dot_of(dW, dW, block.size) + dot_of(db, db, block.n_rows)
    if layer.batch_norm:
        square += dot_of(dgamma, dgamma, block.n_rows)
    t.squares[t.buffers[block.l].first_block + block.number] = square


cdef void clipped_update(Training* t, real** arrays, const Columns* mine, Update* update,
                         double* penalties) noexcept nogil:
    # the update with a gradient clipped by norm (note A)
    cdef const Network* net = t.net
    cdef Py_ssize_t l, number, blocks
    cdef real* gradient = arrays[WORK] + t.at.gradient
    cdef Block block
    team_barrier(&t.team)
    if mine.member == 0:
        collect_gates(t, arrays)
    team_barrier(&t.team)
    update.scale = clip_scale(t, sizeof(real))
    for l in range(net.n_layers, 0, -1):
        blocks = blocks_of(net.layers + l, t.buffers + l)
        for number in range(blocks * mine.member // mine.n_threads, blocks * (mine.member + 1) // mine.n_threads):
            block = block_of(t, l, number)
            block_update(t, &block, arrays, gradient + block.W, gradient + net.layers[l].b + block.first,
                         gradient + net.layers[l].gamma + block.first, update, penalties)


cdef double clip_scale(const Training* t, size_t number_size) noexcept nogil:
    # every thread computes the same factor, because it adds the same numbers in the same order
    cdef Py_ssize_t k
    cdef double norm = 0
    for k in range(t.at.n_blocks + 1):
        norm += t.squares[k]
    norm = c_sqrt(norm)
    if norm > t.net.clip_norm and isfinite(norm):
        return scale_to(norm, t.net.n_parameters, t.net.clip_norm, number_size)
    return 1


# ---------------------------------------------------------------------------- gates

cdef void collect_gates(const Training* t, real** arrays) noexcept nogil:
    # the gradient of the gates and its sum of squares
    cdef const Layer* layer
    cdef Py_ssize_t l
    cdef double square = 0
    cdef real* dlog_alpha
    if t.net.has_gates:
        gates_gradient(t, arrays)
    for l in range(t.net.n_layers):
        layer = t.net.layers + l
        if layer.gates:
            dlog_alpha = arrays[WORK] + t.buffers[l].dlog_alpha
            if t.net.clip_value > 0:
                clip_values_(dlog_alpha, layer.n_out, t.net.clip_value)
            square += dot_of(dlog_alpha, dlog_alpha, layer.n_out)
    t.squares[t.at.n_blocks] = square


cdef void gates_update(Training* t, real** arrays, const Columns* mine, const Update* update, double* penalties,
                       uint64_t next_step) noexcept nogil:
    # note C; also draws the gates of the next step
    cdef const Network* net = t.net
    cdef Py_ssize_t l
    if net.clip_norm == 0:           # otherwise clipped_update has had this barrier and collected the gates
        team_barrier(&t.team)
    if mine.member > 0:
        return
    if net.clip_norm == 0:
        collect_gates(t, arrays)
    for l in range(net.n_layers):
        if net.layers[l].gates:
            update_part(t, arrays, arrays[WORK] + t.buffers[l].dlog_alpha, net.layers[l].log_alpha,
                        net.layers[l].n_out, update, 0.0)
    draw_gates(t, arrays, next_step)
    penalties[t.at.n_blocks] = gates_penalty(net, <const real*>arrays[PARAMETERS])


# ---------------------------------------------------------------------------- before the first step

cdef void begin(const Training* t, real** arrays, double* penalties, uint64_t step) noexcept nogil:
    # what otherwise the previous step computes: the penalty of the weights, per block, and the gates
    cdef Py_ssize_t l, number
    cdef Block block
    if t.net.has_penalty:
        for l in range(1, t.net.n_layers + 1):
            for number in range(blocks_of(t.net.layers + l, t.buffers + l)):
                block = block_of(t, l, number)
                penalties[t.buffers[l].first_block + number] = block_penalty(
                    t.net.layers + l, <const real*>arrays[PARAMETERS] + block.W, block.size)
        penalties[t.at.n_blocks] = gates_penalty(t.net, <const real*>arrays[PARAMETERS])
    if t.net.has_gates:
        draw_gates(t, arrays, step)


cdef void pack_all_weights(const Training* t, real** arrays, int member, int n_threads) noexcept nogil:
    # the copies of this thread's blocks
    cdef Py_ssize_t l, number, blocks
    cdef Block block
    if t.net.products == OF_NUMBERS:
        return
    for l in range(1, t.net.n_layers + 1):
        blocks = blocks_of(t.net.layers + l, t.buffers + l)
        for number in range(blocks * member // n_threads, blocks * (member + 1) // n_threads):
            block = block_of(t, l, number)
            pack_weights(t, &block, arrays)
