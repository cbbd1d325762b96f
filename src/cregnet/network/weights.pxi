# The rows' half of a step: dW, db and the other gradients of a block of units, penalties, clipping,
# the optimiser, and what acts on the weights themselves.
#
#     dW, db -> penalty -> clip by value ---------------------------> optimiser -> soft threshold -> max-norm
#                                        \-> norm of all -> scale -/
#
# A. A block is used up while it is in cache. Only clipping by norm needs the whole gradient at once:
#    it is then kept in a vector, and the threads meet before they use it.
# B. The cost's penalty belongs to the weights before the update. It is summed per block while the
#    weights are in cache after the update before; two arrays take turns, so that nobody reads what
#    another one is already writing. Their last entry is the gates' penalty.
# C. Gates have too few parameters to be shared out: the first thread sees to them when all dW are done.

cdef struct Update:                  # what of a step's update is the same for all blocks
    AdamStep adam
    double learning_rate
    double decay
    double scale                     # of the gradient, by clipping


cdef Update new_update(Network* net, double learning_rate, Py_ssize_t t) noexcept nogil:
    cdef Update step
    cdef double* h = net.hyper
    memset(&step, 0, sizeof(Update))
    step.learning_rate, step.scale = learning_rate, 1
    step.decay = h[3] if net.optimizer == ADAMW else 0.0
    if net.optimizer == ADAM or net.optimizer == ADAMW:
        step.adam = adam_step(learning_rate, h[0], h[1], h[2], t)
    return step


# ---------------------------------------------------------------------------- a block's gradient

cdef void weight_gradient(Job* job, Py_ssize_t l, Py_ssize_t first, Py_ssize_t n_rows, real* work, real* dW,
                          Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    # rows first .. first + n_rows - 1 of dW = dZ A_prev^T
    cdef Layer* layer = job.net.layers + l
    cdef Layer* before = layer - 1
    cdef const real* dZ = work + layer.dZ + first * row
    if layer.dots:                   # padded columns of dZ are 0: whole vectors to the end
        dot_table(n_rows, layer.n_in, row, dZ, row, work + before.A, row, dW, layer.n_in)
    else:
        product(n_rows, layer.n_in, n, dZ, row, 1, work + before.AT, before.AT_row, dW, layer.n_in,
                finish_with(NULL))


cdef void block_gradient(Job* job, Py_ssize_t l, Py_ssize_t block, const real* parameters, real* work, real* dW,
                         real* db, real* dgamma, Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    # all gradients of a block of units, with penalties
    cdef Layer* layer = job.net.layers + l
    cdef Layer* before = layer - 1
    cdef Py_ssize_t first = block * layer.block_rows, n_rows = min(layer.block_rows, layer.n_out - first)
    cdef const real* W = parameters + layer.W + first * layer.n_in
    weight_gradient(job, l, first, n_rows, work, dW, n, row)
    if layer.batch_norm:
        memcpy(db, work + layer.dbeta + first, n_rows * sizeof(real))
        memcpy(dgamma, work + layer.dgamma + first, n_rows * sizeof(real))
    else:
        row_sums(n_rows, row, work + layer.dZ + first * row, row, db)
    if before.gates:
        gate_sums_of(W, dW, n_rows, layer.n_in, job.gate_sums + before.gate_sums + block * layer.n_in)
    if job.net.has_penalty:
        penalty_backward_(W, dW, n_rows * layer.n_in, layer.l1, layer.l2)


# ---------------------------------------------------------------------------- a block's update

cdef void update(Job* job, real* parameters, real* gradient, Py_ssize_t at, Py_ssize_t n, Update* step,
                 double decay) noexcept nogil:
    # one step of the optimiser on the parameters from offset `at` on
    cdef real* W = parameters + at
    cdef real* V = <real*>job.moments + at
    cdef real* S = V + job.net.n_parameters
    cdef double* h = job.net.hyper
    cdef double learning_rate = step.learning_rate
    cdef int optimizer = job.net.optimizer
    cdef Py_ssize_t k
    cdef real scale = <real>step.scale
    if step.scale != 1:
        for k in range(n):
            gradient[k] *= scale
    if optimizer == GRADIENT_DESCENT:
        gradient_descent_(W, gradient, n, learning_rate)
    elif optimizer == MOMENTUM:
        momentum_(W, gradient, V, n, learning_rate, h[0])
    elif optimizer == MOMENTUM_VELOCITY:
        momentum_velocity_(W, gradient, V, n, learning_rate, h[0])
    elif optimizer == NESTEROV:
        nesterov_(W, gradient, V, n, learning_rate, h[0])
    elif optimizer == RMSPROP:
        rmsprop_(W, gradient, V, n, learning_rate, h[0], h[1])
    else:
        adamw_(W, gradient, V, S, n, &step.adam, 1 - learning_rate * decay)


cdef void block_update(Job* job, Py_ssize_t l, Py_ssize_t block, real* parameters, real* dW, real* db,
                       real* dgamma, Update* step, double* penalties) noexcept nogil:
    cdef Layer* layer = job.net.layers + l
    cdef Py_ssize_t first = block * layer.block_rows, n_rows = min(layer.block_rows, layer.n_out - first)
    cdef Py_ssize_t at = layer.W + first * layer.n_in, size = n_rows * layer.n_in
    cdef real* W = parameters + at
    update(job, parameters, dW, at, size, step, step.decay)
    update(job, parameters, db, layer.b + first, n_rows, step, 0.0)
    if layer.batch_norm:
        update(job, parameters, dgamma, layer.gamma + first, n_rows, step, 0.0)
    if layer.proximal > 0:
        soft_threshold_(W, size, step.learning_rate * layer.proximal)
    if layer.max_norm > 0:
        max_norm_(W, n_rows, layer.n_in, layer.max_norm)
    if job.net.has_penalty:
        penalties[layer.first_block + block] = penalty_(W, size, layer.l1 + layer.proximal, layer.l2)


cdef void keep_block(Job* job, Layer* layer, Py_ssize_t block, const real* parameters) noexcept nogil:
    # the best weights so far
    cdef Py_ssize_t first = block * layer.block_rows, n_rows = min(layer.block_rows, layer.n_out - first)
    cdef Py_ssize_t at = layer.W + first * layer.n_in
    cdef real* best = <real*>job.best
    memcpy(best + at, parameters + at, n_rows * layer.n_in * sizeof(real))
    memcpy(best + layer.b + first, parameters + layer.b + first, n_rows * sizeof(real))
    if layer.batch_norm:
        memcpy(best + layer.gamma + first, parameters + layer.gamma + first, n_rows * sizeof(real))


# ---------------------------------------------------------------------------- a thread's blocks

cdef void weights_pass(Job* job, real* parameters, real* work, real* scratch, Columns* mine, Update* step,
                       double* penalties, bint keep, uint64_t next_step) noexcept nogil:
    # all of a step that goes by rows; with `keep` the weights are the best so far
    cdef Network* net = job.net
    cdef Layer* layer
    cdef Py_ssize_t l, block, blocks, size, n_rows
    cdef bint collects = net.clip_norm > 0
    cdef real* dW = scratch
    if keep and mine.member == 0:
        memcpy(<real*>job.best + net.tail, parameters + net.tail, (net.n_parameters - net.tail) * sizeof(real))
    for l in range(net.n_layers, 0, -1):
        layer = net.layers + l
        blocks = layer_blocks(layer)
        for block in range(blocks * mine.member // mine.n_threads, blocks * (mine.member + 1) // mine.n_threads):
            if keep:
                keep_block(job, layer, block, parameters)
            if collects:
                collect_block(job, l, block, parameters, work, mine)
                continue
            n_rows = min(layer.block_rows, layer.n_out - block * layer.block_rows)
            size = n_rows * layer.n_in
            block_gradient(job, l, block, parameters, work, dW, dW + size, dW + size + n_rows, mine.batch, mine.row)
            if net.clip_value > 0:
                clip_values_(dW, size + n_rows + (n_rows if layer.batch_norm else 0), net.clip_value)
            block_update(job, l, block, parameters, dW, dW + size, dW + size + n_rows, step, penalties)
    if collects or net.has_gates:
        finish_pass(job, parameters, work, mine, step, penalties, next_step)


cdef void collect_block(Job* job, Py_ssize_t l, Py_ssize_t block, const real* parameters, real* work,
                        Columns* mine) noexcept nogil:
    # a block's gradient into the vector, and its square
    cdef Layer* layer = job.net.layers + l
    cdef Py_ssize_t first = block * layer.block_rows, n_rows = min(layer.block_rows, layer.n_out - first)
    cdef Py_ssize_t size = n_rows * layer.n_in
    cdef real* dW = <real*>job.gradient + layer.W + first * layer.n_in
    cdef real* db = <real*>job.gradient + layer.b + first
    cdef real* dgamma = <real*>job.gradient + layer.gamma + first
    cdef double bound = job.net.clip_value, square
    block_gradient(job, l, block, parameters, work, dW, db, dgamma, mine.batch, mine.row)
    if bound > 0:
        clip_values_(dW, size, bound)
        clip_values_(db, n_rows, bound)
        if layer.batch_norm:
            clip_values_(dgamma, n_rows, bound)
    square = dot_of(dW, dW, size) + dot_of(db, db, n_rows)
    if layer.batch_norm:
        square += dot_of(dgamma, dgamma, n_rows)
    job.squares[layer.first_block + block] = square


cdef void finish_pass(Job* job, real* parameters, real* work, Columns* mine, Update* step, double* penalties,
                      uint64_t next_step) noexcept nogil:
    # what needs every block's gradient: the gates (note C) and the norm (note A)
    cdef Network* net = job.net
    cdef Layer* layer
    cdef Py_ssize_t l, block, blocks, first
    cdef real* gradient = <real*>job.gradient
    team_barrier(&job.team)
    if mine.member == 0:
        collect_gates(job, parameters, work)
    if net.clip_norm > 0:
        team_barrier(&job.team)
        step.scale = clip_scale(work, job)
        for l in range(net.n_layers, 0, -1):
            layer = net.layers + l
            blocks = layer_blocks(layer)
            for block in range(blocks * mine.member // mine.n_threads,
                               blocks * (mine.member + 1) // mine.n_threads):
                first = block * layer.block_rows
                block_update(job, l, block, parameters, gradient + layer.W + first * layer.n_in,
                             gradient + layer.b + first, gradient + layer.gamma + first, step, penalties)
    if mine.member == 0 and net.has_gates:
        for l in range(net.n_layers):
            layer = net.layers + l
            if layer.gates:
                update(job, parameters, work + layer.dlog_alpha, layer.log_alpha, layer.n_out, step, 0.0)
        draw_gates(net, parameters, work, next_step)
        penalties[job.at.n_blocks] = gates_penalty(net, parameters)


cdef void collect_gates(Job* job, const real* parameters, real* work) noexcept nogil:
    cdef Network* net = job.net
    cdef Layer* layer
    cdef Py_ssize_t l
    cdef double square = 0
    cdef real* dlog_alpha
    if net.has_gates:
        gates_gradient(net, parameters, work, job.gate_sums)
    for l in range(net.n_layers):
        layer = net.layers + l
        if layer.gates:
            dlog_alpha = work + layer.dlog_alpha
            if net.clip_value > 0:
                clip_values_(dlog_alpha, layer.n_out, net.clip_value)
            square += dot_of(dlog_alpha, dlog_alpha, layer.n_out)
    job.squares[job.at.n_blocks] = square


cdef double clip_scale(real* like, Job* job) noexcept nogil:
    # the same of every thread: from the same numbers in the same order
    cdef Py_ssize_t k
    cdef double norm = 0
    for k in range(job.at.n_blocks + 1):
        norm += job.squares[k]
    norm = c_sqrt(norm)
    if norm > job.net.clip_norm and isfinite(norm):
        return scale_to(like, norm, job.net.n_parameters, job.net.clip_norm)
    return 1


cdef void first_penalties(Job* job, const real* parameters, double* penalties) noexcept nogil:
    # the penalty of the weights that a call starts with, per block
    cdef Layer* layer
    cdef Py_ssize_t l, block, first, n_rows
    for l in range(1, job.net.n_layers + 1):
        layer = job.net.layers + l
        for block in range(layer_blocks(layer)):
            first = block * layer.block_rows
            n_rows = min(layer.block_rows, layer.n_out - first)
            penalties[layer.first_block + block] = penalty_(
                parameters + layer.W + first * layer.n_in, n_rows * layer.n_in, layer.l1 + layer.proximal, layer.l2)
    penalties[job.at.n_blocks] = gates_penalty(job.net, parameters)
