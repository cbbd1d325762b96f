# One step of training, the straight line of the package:
#
#     gather -> [W A + b -> activation -> dropout]* -> loss and its gradient
#            -> [dropout' -> activation' -> dA]* reversed            (by columns: each thread its examples)
#     ------------------------------------------------- barrier
#            -> dW, db -> penalty -> optimiser                       (by rows: each thread its weights)
#     ------------------------------------------------- barrier
#
# A. An example's way forward and back needs no other example, so threads share out the columns and
#    meet once; the weights' gradients need all examples but no other weight, so they share out
#    blocks of rows and meet again. The result of no element depends on who computes it.
# B. Every thread runs the same loop and takes the same decisions from the same numbers: the cost is
#    summed by each of them, in the same order, from the losses that all have written.
# C. The cost's penalty belongs to the weights before the update. It is summed per block while the
#    weights are in cache after the update before; two arrays take turns, so that nobody reads what
#    another one is already writing.

cdef extern from "<math.h>" nogil:
    bint isfinite(double)

cdef extern from "Python.h":
    int PyErr_CheckSignals() noexcept    # -1 and a pending exception where a handler raised one

cdef double SIGNAL_PERIOD = 0.05     # seconds between two looks at Ctrl-C
cdef double WORK_PER_THREAD = 1e6    # operations of a step below which another thread does not pay

cdef struct Job:                     # a training as its threads share it
    Team team
    Network* net
    Workspace at
    Examples data
    void* parameters
    void* moments
    void* work
    unsigned char* masks
    double* penalties                # two times n_blocks
    const int64_t* orders            # NULL: as they lie
    const double* rates
    void* best                       # NULL: not kept
    double* best_cost
    double* costs
    Py_ssize_t n_epochs
    Py_ssize_t n_batches
    Py_ssize_t n_examples
    Py_ssize_t batch_size
    uint64_t first_step
    bint is_float
    int stop                         # set by member 0 before a barrier, read by all after it
    Py_ssize_t done                  # epochs completed

cdef struct Columns:                 # the examples of a thread in a batch
    Py_ssize_t first
    Py_ssize_t width                 # padded
    Py_ssize_t n                     # real ones
    Py_ssize_t row                   # of the whole batch


# ---------------------------------------------------------------------------- sharing out

cdef inline Py_ssize_t column_unit(real* like) noexcept nogil:
    return 2 * padded(like, 1)       # a tile is two vectors wide


cdef Py_ssize_t most_columns(real* like, Py_ssize_t row, int n_threads) noexcept nogil:
    cdef Py_ssize_t unit = column_unit(like), units = (row + unit - 1) // unit
    return (units + n_threads - 1) // n_threads * unit


cdef Columns share_columns(real* like, Py_ssize_t n, int n_threads, int member) noexcept nogil:
    cdef Columns mine
    cdef Py_ssize_t unit = column_unit(like), units, end
    mine.row = padded(like, n)
    units = (mine.row + unit - 1) // unit
    mine.first = units * member // n_threads * unit
    end = min(units * (member + 1) // n_threads * unit, mine.row)
    mine.width = max(end - mine.first, <Py_ssize_t>0)
    mine.n = max(min(end, n) - mine.first, <Py_ssize_t>0)
    return mine


cdef int useful_threads(Network* net, real* like, Py_ssize_t n, int n_threads) noexcept nogil:
    cdef double work = 6.0 * n * net.n_parameters
    cdef Py_ssize_t unit = column_unit(like)
    n_threads = min(n_threads, <int>min((n + unit - 1) // unit, <Py_ssize_t>256))
    return max(1, <int>min(<double>n_threads, work / WORK_PER_THREAD))


# ---------------------------------------------------------------------------- a thread's examples

cdef void load_inputs(Job* job, real* work, const int64_t* order, Py_ssize_t first, Columns* mine) noexcept nogil:
    # A[0] as columns and, for dW of the first layer, as rows
    cdef Layer* layer = job.net.layers
    cdef const real* X = <const real*>job.data.X
    cdef real* A = work + layer.A + mine.first
    cdef real* row
    cdef Py_ssize_t j, i, n_in = layer.n_out
    gather_(X, n_in, order, first + mine.first, mine.n, A, mine.row)
    if mine.width > mine.n:
        for i in range(n_in):
            memset(A + i * mine.row + mine.n, 0, (mine.width - mine.n) * sizeof(real))
    if layer.AT_row > 0 and layer.keep_prob >= 1:
        for j in range(mine.n):
            i = first + mine.first + j
            row = work + layer.AT + (mine.first + j) * layer.AT_row
            memcpy(row, X + (i if order == NULL else order[i]) * n_in, n_in * sizeof(real))
            memset(row + n_in, 0, (layer.AT_row - n_in) * sizeof(real))


cdef void load_targets(Job* job, real* work, const int64_t* order, Py_ssize_t first, Py_ssize_t n_batch,
                       Columns* mine) noexcept nogil:
    # the targets, and the examples' weights over the batch size
    cdef Py_ssize_t i, j, n_outputs = job.net.layers[job.net.n_layers].n_out
    cdef real* Y = work + job.at.Y + mine.first
    cdef real* out = work + job.at.weight + mine.first
    cdef const real* weight = <const real*>job.data.weight
    cdef real each = <real>(1.0 / n_batch)
    first += mine.first
    if job.data.labels != NULL:
        one_hot_(job.data.labels, order, first, mine.n, Y, n_outputs, mine.row)
    else:
        gather_(<const real*>job.data.Y, n_outputs, order, first, mine.n, Y, mine.row)
    if job.net.smoothing > 0:
        smooth(Y, n_outputs, mine, job.net.smoothing)
    for j in range(mine.n):
        i = first + j
        out[j] = each if weight == NULL else each * weight[i if order == NULL else order[i]]


cdef void smooth(real* Y, Py_ssize_t n_outputs, Columns* mine, double share) noexcept nogil:
    # Szegedy et al. 2016: a share of each target is spread evenly over the classes
    cdef Py_ssize_t i, j
    cdef real kept = <real>(1 - share), spread = <real>(share / max(n_outputs, <Py_ssize_t>2))
    for i in range(n_outputs):
        for j in range(mine.n):
            Y[i * mine.row + j] = kept * Y[i * mine.row + j] + spread


cdef void drop(real* A, Py_ssize_t A_row, const unsigned char* D, Py_ssize_t D_row, Py_ssize_t n_units,
               Py_ssize_t width, double keep_prob) noexcept nogil:
    cdef Py_ssize_t i
    if A_row == width and D_row == width:
        dropout_(A, D, n_units * width, keep_prob)
    else:
        for i in range(n_units):
            dropout_(A + i * A_row, D + i * D_row, width, keep_prob)


cdef void apply_dropout(Job* job, Py_ssize_t l, real* work, Columns* mine, uint64_t step) noexcept nogil:
    cdef Layer* layer = job.net.layers + l
    cdef unsigned char* D = job.masks + layer.D + mine.first
    cdef real* A = work + layer.A + mine.first
    cdef real* whole = work + layer.A_whole + mine.first
    cdef Py_ssize_t i
    if layer.ready == NULL:
        mask_(D, mine.row, layer.n_out, mine.first, mine.width, layer.keep_prob, job.net.seed,
              <uint32_t>l, step)
    else:
        for i in range(layer.n_out):
            memcpy(D + i * mine.row, layer.ready + i * job.n_examples + mine.first, mine.n)
            memset(D + i * mine.row + mine.n, 0, mine.width - mine.n)
    if layer.A_whole != layer.A:
        for i in range(layer.n_out):
            memcpy(whole + i * mine.row, A + i * mine.row, mine.width * sizeof(real))
    drop(A, mine.row, D, mine.row, layer.n_out, mine.width, layer.keep_prob)


cdef void forward(Job* job, const real* parameters, real* work, Columns* mine, uint64_t step) noexcept nogil:
    # the batch is in A[0]; leaves logits (activations for the squared error) in A[L]
    cdef Network* net = job.net
    cdef Layer* layer
    cdef real* A
    cdef Py_ssize_t l
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        A = work + layer.A + mine.first
        if l > 0:
            dense_forward(layer, parameters, work + (layer - 1).A + mine.first, mine.row, A, mine.row, mine.width,
                          l < net.n_layers or net.loss == SQUARED_ERROR)
        if layer.keep_prob < 1:
            apply_dropout(job, l, work, mine, step)
        if layer.AT_row > 0 and (l > 0 or layer.keep_prob < 1):
            transpose(layer.n_out, mine.n, A, mine.row, work + layer.AT + mine.first * layer.AT_row,
                      layer.AT_row)


cdef void dense_forward(Layer* layer, const real* parameters, const real* A_prev, Py_ssize_t A_prev_row, real* A,
                        Py_ssize_t A_row, Py_ssize_t width, bint activated) noexcept nogil:
    cdef Finish finish = finish_with(parameters + layer.b)
    finish.rectify = activated and layer.activation == RELU
    product(layer.n_out, width, layer.n_in, parameters + layer.W, layer.n_in, 1, A_prev, A_prev_row, A, A_row,
            finish)
    if activated and layer.activation != RELU:
        activate(layer.activation, A, layer.n_out, width, A_row)


cdef void output_gradient(Job* job, real* work, Columns* mine) noexcept nogil:
    # the examples' losses, and A[L] becomes dZ[L]
    cdef Network* net = job.net
    cdef Layer* layer = net.layers + net.n_layers
    cdef real* A = work + layer.A + mine.first
    cdef real* dA = work + job.at.output + mine.first
    cdef const real* Y = work + job.at.Y + mine.first
    cdef const real* weight = work + job.at.weight + mine.first
    cdef real* loss = work + job.at.loss + mine.first
    cdef Py_ssize_t i
    if net.loss == SQUARED_ERROR and layer.activation != IDENTITY:
        for i in range(layer.n_out):
            memcpy(dA + i * mine.row, A + i * mine.row, mine.width * sizeof(real))
        loss_(net.loss, dA, Y, weight, loss, layer.n_out, mine.n, mine.width, mine.row)
        activate_backward(layer.activation, dA, mine.row, A, layer.n_out, mine.width, mine.row)
    else:
        loss_(net.loss, A, Y, weight, loss, layer.n_out, mine.n, mine.width, mine.row)


cdef void dense_backward_A(Layer* after, const real* parameters, const real* dZ, Py_ssize_t dZ_row, real* dA,
                           Py_ssize_t dA_row, Py_ssize_t width, Finish finish) noexcept nogil:
    # dA = W^T dZ of the layer after
    product(after.n_in, width, after.n_out, parameters + after.W, 1, after.n_in, dZ, dZ_row, dA, dA_row, finish)


cdef void backward(Job* job, const real* parameters, real* work, real* scratch, Columns* mine) noexcept nogil:
    # dZ[L] to dZ[1]: dA = W^T dZ of the layer after, back through dropout, then through the activation
    cdef Network* net = job.net
    cdef Layer* layer
    cdef Finish finish
    cdef real* A
    cdef real* dZ
    cdef const real* dZ_after
    cdef Py_ssize_t l
    for l in range(net.n_layers - 1, 0, -1):
        layer = net.layers + l
        A, dZ = work + layer.A_whole + mine.first, work + layer.dZ + mine.first
        dZ_after = work + (layer + 1).dZ + mine.first
        finish = finish_with(NULL)
        if rectifies(layer):         # where A is 0, dropped or not active, the gradient is: note D of network.pxi
            finish.gate, finish.gate_row, finish.scale = A, mine.row, 1 / layer.keep_prob
            dense_backward_A(layer + 1, parameters, dZ_after, mine.row, dZ, mine.row, mine.width, finish)
        elif not needs_scratch(net, l):
            dense_backward_A(layer + 1, parameters, dZ_after, mine.row, dZ, mine.row, mine.width, finish)
            if layer.keep_prob < 1:
                drop(dZ, mine.row, job.masks + layer.D + mine.first, mine.row, layer.n_out, mine.width,
                     layer.keep_prob)
            activate_backward_dA(layer.activation, dZ, A, layer.n_out, mine.width, mine.row)
        else:
            backward_in_place(job, l, parameters, work, scratch, mine)


cdef void backward_in_place(Job* job, Py_ssize_t l, const real* parameters, real* work, real* scratch,
                            Columns* mine) noexcept nogil:
    # dZ takes the place of A, so dA goes through the scratch buffer, some columns at a time
    cdef Layer* layer = job.net.layers + l
    cdef Py_ssize_t first = mine.first, width, most = scratch_columns(work, mine.width)
    while first < mine.first + mine.width:
        width = min(most, mine.first + mine.width - first)
        dense_backward_A(layer + 1, parameters, work + (layer + 1).dZ + first, mine.row, scratch, width, width,
                         finish_with(NULL))
        if layer.keep_prob < 1:
            drop(scratch, width, job.masks + layer.D + first, mine.row, layer.n_out, width, layer.keep_prob)
        activate_backward(layer.activation, scratch, width, work + layer.dZ + first, layer.n_out, width, mine.row)
        first += width


cdef void examples_pass(Job* job, const real* parameters, real* work, real* scratch, const int64_t* order,
                        Py_ssize_t first, Py_ssize_t n, Columns* mine, uint64_t step,
                        bint loaded) noexcept nogil:
    # all of a step that goes by columns; `loaded`: the batch of the step before is this one
    if mine.width == 0:
        return
    if not loaded or job.net.layers[0].keep_prob < 1:
        load_inputs(job, work, order, first, mine)
    if not loaded:
        load_targets(job, work, order, first, n, mine)
    forward(job, parameters, work, mine, step)
    output_gradient(job, work, mine)
    backward(job, parameters, work, scratch, mine)


# ---------------------------------------------------------------------------- a thread's weights

cdef void weight_gradient(Job* job, Py_ssize_t l, Py_ssize_t first, Py_ssize_t n_rows, real* work, real* dW,
                          real* db, Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    # rows first .. first + n_rows - 1 of dW = dZ A_prev^T and of db
    cdef Layer* layer = job.net.layers + l
    cdef Layer* before = layer - 1
    cdef const real* dZ = work + layer.dZ + first * row
    if layer.dots:                   # padded columns of dZ are 0: whole vectors to the end
        dot_table(n_rows, layer.n_in, row, dZ, row, work + before.A, row, dW, layer.n_in)
    else:
        product(n_rows, layer.n_in, n, dZ, row, 1, work + before.AT, before.AT_row, dW, layer.n_in,
                finish_with(NULL))
    row_sums(n_rows, row, dZ, row, db)


cdef void update(Job* job, real* W, const real* dW, Py_ssize_t at, Py_ssize_t n, double learning_rate,
                 AdamStep* adam, double decay) noexcept nogil:
    # one step of the optimiser on the parameters from offset `at` on
    cdef real* V = <real*>job.moments + at
    cdef real* S = V + job.net.n_parameters
    cdef double* h = job.net.hyper
    cdef int optimizer = job.net.optimizer
    if optimizer == GRADIENT_DESCENT:
        gradient_descent_(W, dW, n, learning_rate)
    elif optimizer == MOMENTUM:
        momentum_(W, dW, V, n, learning_rate, h[0])
    elif optimizer == MOMENTUM_VELOCITY:
        momentum_velocity_(W, dW, V, n, learning_rate, h[0])
    elif optimizer == NESTEROV:
        nesterov_(W, dW, V, n, learning_rate, h[0])
    elif optimizer == RMSPROP:
        rmsprop_(W, dW, V, n, learning_rate, h[0], h[1])
    else:
        adamw_(W, dW, V, S, n, adam, 1 - learning_rate * decay)


cdef void weights_pass(Job* job, real* parameters, real* work, real* dW, Py_ssize_t n, double learning_rate,
                       Py_ssize_t t, double* penalties, bint keep, int n_threads, int member) noexcept nogil:
    # all of a step that goes by rows; with `keep` the weights are the best so far
    cdef Network* net = job.net
    cdef Layer* layer
    cdef Py_ssize_t l, block, blocks, first, n_rows, at, size, row = padded(work, n)
    cdef double* h = net.hyper
    cdef double decay = h[3] if net.optimizer == ADAMW else 0.0
    cdef AdamStep adam
    cdef real* W
    cdef real* b
    cdef real* best = <real*>job.best
    if net.optimizer == ADAM or net.optimizer == ADAMW:
        adam = adam_step(learning_rate, h[0], h[1], h[2], t)
    for l in range(net.n_layers, 0, -1):
        layer = net.layers + l
        blocks = (layer.n_out + layer.block_rows - 1) // layer.block_rows
        for block in range(blocks * member // n_threads, blocks * (member + 1) // n_threads):
            first = block * layer.block_rows
            n_rows = min(layer.block_rows, layer.n_out - first)
            at, size = layer.W + first * layer.n_in, n_rows * layer.n_in
            W, b = parameters + at, parameters + layer.b + first
            if keep:
                memcpy(best + at, W, size * sizeof(real))
                memcpy(best + layer.b + first, b, n_rows * sizeof(real))
            weight_gradient(job, l, first, n_rows, work, dW, dW + size, n, row)
            if net.has_penalty:
                penalty_backward_(W, dW, size, layer.l1, layer.l2)
            if net.clip_value > 0:
                clip_values_(dW, size + n_rows, net.clip_value)
            update(job, W, dW, at, size, learning_rate, &adam, decay)
            update(job, b, dW + size, layer.b + first, n_rows, learning_rate, &adam, 0.0)
            if layer.proximal > 0:
                soft_threshold_(W, size, learning_rate * layer.proximal)
            if layer.max_norm > 0:
                max_norm_(W, n_rows, layer.n_in, layer.max_norm)
            if net.has_penalty:
                penalties[layer.first_block + block] = penalty_(W, size, layer.l1 + layer.proximal, layer.l2)


cdef void first_penalties(Job* job, const real* parameters, double* penalties) noexcept nogil:
    # the penalty of the weights that a call starts with, per block
    cdef Layer* layer
    cdef Py_ssize_t l, block, first
    for l in range(1, job.net.n_layers + 1):
        layer = job.net.layers + l
        for block in range((layer.n_out + layer.block_rows - 1) // layer.block_rows):
            first = block * layer.block_rows
            penalties[layer.first_block + block] = penalty_(
                parameters + layer.W + first * layer.n_in,
                min(layer.block_rows, layer.n_out - first) * layer.n_in, layer.l1 + layer.proximal, layer.l2)


# ---------------------------------------------------------------------------- the loop

cdef void train_member(void* argument, int member) noexcept nogil:
    cdef Job* job = <Job*>argument
    if job.is_float:
        train_loop(job, <float*>job.work, member)
    else:
        train_loop(job, <double*>job.work, member)


cdef void train_loop(Job* job, real* work, int member) noexcept nogil:
    cdef Py_ssize_t e, k, first, n, n_blocks_ = job.at.n_blocks
    cdef int n_threads = job.team.size
    cdef real* parameters = <real*>job.parameters
    cdef real* scratch = work + job.at.scratch + member * job.at.scratch_size
    cdef const int64_t* order
    cdef Columns mine
    cdef uint64_t step = job.first_step
    cdef bint whole = job.n_batches == 1 and job.orders == NULL, keep
    cdef double cost, candidate, total, lowest = job.best_cost[0], previous = job.best_cost[1]
    cdef double last_look = seconds_now()
    if job.net.has_penalty and member == 0:
        first_penalties(job, parameters, job.penalties + (step % 2) * n_blocks_)
    for e in range(job.n_epochs):
        total = 0
        order = NULL if job.orders == NULL else job.orders + e * job.n_examples
        for k in range(job.n_batches):
            first = k * job.batch_size
            n = min(job.batch_size, job.n_examples - first)
            mine = share_columns(work, n, n_threads, member)
            examples_pass(job, parameters, work, scratch, order, first, n, &mine, step,
                          whole and step > job.first_step)
            team_barrier(&job.team)

            cost = sum_of(work + job.at.loss, n)
            if job.net.has_penalty:
                cost += sum_of(job.penalties + (step % 2) * n_blocks_, n_blocks_)
            if not isfinite(cost):
                return
            # Before the first update of an epoch the cost of these parameters is known: a full
            # batch's cost is theirs; that of a small batch is noise, and the mean of the epoch
            # before says more. At the very start there is no epoch before.
            candidate = previous if job.n_batches > 1 and isfinite(previous) else cost
            keep = k == 0 and job.best != NULL and candidate < lowest
            if keep:
                lowest = candidate
            step += 1
            weights_pass(job, parameters, work, scratch, n, job.rates[e * job.n_batches + k], <Py_ssize_t>step,
                         job.penalties + (step % 2) * n_blocks_, keep, n_threads, member)
            total += cost * n
            if member == 0:
                job.best_cost[0] = lowest
                if seconds_now() - last_look > SIGNAL_PERIOD:
                    with gil:
                        job.stop = PyErr_CheckSignals() != 0
                    last_look = seconds_now()
            team_barrier(&job.team)
            if job.stop:
                return
        previous = total / job.n_examples
        if member == 0:
            job.costs[e] = job.best_cost[1] = previous
            job.done += 1


# ---------------------------------------------------------------------------- without an update

cdef double cost_and_gradient(Job* job, const real* parameters, real* gradient, Py_ssize_t n,
                              uint64_t step) noexcept nogil:
    cdef real* work = <real*>job.work
    cdef Columns mine = share_columns(work, n, 1, 0)
    cdef Layer* layer
    cdef Py_ssize_t l
    cdef double cost
    examples_pass(job, parameters, work, work + job.at.scratch, NULL, 0, n, &mine, step, False)
    cost = sum_of(work + job.at.loss, n)
    for l in range(1, job.net.n_layers + 1):
        layer = job.net.layers + l
        weight_gradient(job, l, 0, layer.n_out, work, gradient + layer.W, gradient + layer.b, n, mine.row)
        if job.net.has_penalty:
            cost += penalty_(parameters + layer.W, layer.n_out * layer.n_in, layer.l1 + layer.proximal, layer.l2)
            penalty_backward_(parameters + layer.W, gradient + layer.W, layer.n_out * layer.n_in,
                              layer.l1, layer.l2)
    return cost


cdef void predict_one(Network* net, const real* parameters, const real* x, real* work, bint logits,
                      real* out) noexcept nogil:
    # a single example: vectors run along the inputs, and nothing needs turning
    cdef Py_ssize_t l, i
    cdef Layer* layer
    cdef const real* A_prev = x
    cdef const real* b
    cdef real* A
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        A = out if l == net.n_layers else work + layer.A
        b = parameters + layer.b
        dot_table(layer.n_out, 1, layer.n_in, parameters + layer.W, layer.n_in, A_prev, layer.n_in, A, 1)
        for i in range(layer.n_out):
            A[i] += b[i]
        if l < net.n_layers or net.loss == SQUARED_ERROR or not logits:
            activate(layer.activation, A, layer.n_out, 1, 1)
        A_prev = A


cdef void predict_block(Network* net, const real* parameters, const real* X, real* work, Py_ssize_t n,
                        bint logits, real* out) noexcept nogil:
    # no dropout; A[l] lie in two places in turn
    cdef Py_ssize_t l, row = padded(work, n)
    cdef Layer* layer = net.layers
    cdef real* A
    if n == 1:
        predict_one(net, parameters, X, work, logits, out)
        return
    transpose(n, layer.n_out, X, layer.n_out, work + layer.A, row)
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        A = work + layer.A
        dense_forward(layer, parameters, work + (layer - 1).A, row, A, row, row,
                      l < net.n_layers or net.loss == SQUARED_ERROR or not logits)
    transpose(layer.n_out, n, work + layer.A, row, out, layer.n_out)
