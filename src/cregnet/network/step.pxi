# One step of training, the straight line of the package:
#
#     gather -> [W A + b -> activation -> gates, dropout]* -> loss and its gradient
#            -> [dropout', gates' -> activation' -> dA]* reversed    (by columns: each thread its examples)
#     ------------------------------------------------- barrier
#            -> dW, db -> penalty -> optimiser                       (by rows: each thread its weights)
#     ------------------------------------------------- barrier
#
# A. An example's way forward and back needs no other example, so threads share out the columns and
#    meet once; the weights' gradients need all examples but no other weight, so they share out
#    blocks of rows and meet again. The result of no element depends on who computes it.
# B. Every thread runs the same loop and takes the same decisions from the same numbers: the cost is
#    summed by each of them, in the same order, from the losses that all have written.
# C. Batch normalisation takes its means over all examples of a unit: the threads meet before and
#    after it, in both directions, and share out the units in between.

cdef extern from "<math.h>" nogil:
    bint isfinite(double)

cdef extern from "Python.h":             # where one of these fails its exception stays pending
    ctypedef struct PyObject
    int PyErr_CheckSignals() noexcept
    PyObject* PyObject_CallMethod(PyObject* of, const char* name, const char* format) noexcept
    int PyObject_IsTrue(PyObject* value) noexcept
    void Py_DecRef(PyObject* value) noexcept

cdef double SIGNAL_PERIOD = 0.05     # seconds between two looks for Ctrl-C and at `cancel`
cdef enum:
    PASS_COLUMNS = 1024              # examples that go forward and back together: their A[l] stay in cache

cdef double WORK_PER_THREAD = 1e6    # operations of a step below which another thread does not pay

cdef struct Job:                     # a training as its threads share it
    Team team
    Network* net
    Workspace at
    Examples data
    void* parameters
    void* moments
    void* statistics                 # the parameters again, where batch norm's are to be updated, or NULL
    void* gradient                   # where clipping wants it whole, else NULL
    void* work
    unsigned char* masks
    double* penalties                # two times n_blocks + 1
    double* squares                  # n_blocks + 1
    double* gate_sums
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
    void* cancel                     # the caller's event, or NULL
    double last_look                 # of member 0, at that and for Ctrl-C
    Py_ssize_t done                  # epochs completed

cdef struct Columns:                 # a thread and its examples in a batch
    int member
    int n_threads
    Py_ssize_t first
    Py_ssize_t width                 # padded
    Py_ssize_t n                     # real ones
    Py_ssize_t batch                 # examples of the whole batch
    Py_ssize_t row                   # the same, padded


# ---------------------------------------------------------------------------- sharing out

cdef inline Py_ssize_t column_unit(real* like) noexcept nogil:
    return 2 * padded(like, 1)       # a tile is two vectors wide


cdef Py_ssize_t most_columns(real* like, Py_ssize_t row, int n_threads) noexcept nogil:
    cdef Py_ssize_t unit = column_unit(like), units = (row + unit - 1) // unit
    return (units + n_threads - 1) // n_threads * unit


cdef Columns share_columns(real* like, Py_ssize_t n, int n_threads, int member) noexcept nogil:
    cdef Columns mine
    cdef Py_ssize_t unit = column_unit(like), units, end
    mine.member, mine.n_threads, mine.batch = member, n_threads, n
    mine.row = padded(like, n)
    units = (mine.row + unit - 1) // unit
    mine.first = units * member // n_threads * unit
    end = min(units * (member + 1) // n_threads * unit, mine.row)
    mine.width = max(end - mine.first, <Py_ssize_t>0)
    mine.n = max(min(end, n) - mine.first, <Py_ssize_t>0)
    return mine


cdef int useful_threads(Network* net, real* like, Py_ssize_t n, int n_threads) noexcept nogil:
    # each time the threads meet, those that are early wait
    cdef double work = 6.0 * n * net.n_parameters
    cdef Py_ssize_t l, meetings = 2, unit = column_unit(like)
    for l in range(net.n_layers + 1):
        meetings += 4 if net.layers[l].batch_norm else 0
    meetings += 1 if net.has_gates or net.clip_norm > 0 else 0
    n_threads = min(n_threads, <int>min((n + unit - 1) // unit, <Py_ssize_t>256))
    return max(1, <int>min(<double>n_threads, 2 * work / (meetings * WORK_PER_THREAD)))


cdef Py_ssize_t count_batches(Network* net, Py_ssize_t n_examples, Py_ssize_t batch_size) noexcept nogil:
    # one example has no variance: with batch norm a last batch of one joins the batch before it
    if net.has_batch_norm and n_examples > batch_size and n_examples % batch_size == 1:
        return n_examples // batch_size
    return (n_examples + batch_size - 1) // batch_size


cdef Py_ssize_t largest_batch(Job* job) noexcept nogil:
    return max(job.batch_size, job.n_examples - (job.n_batches - 1) * job.batch_size)


# ---------------------------------------------------------------------------- a thread's examples

cdef void load_inputs(Job* job, real* work, const int64_t* order, Py_ssize_t first, Columns* mine) noexcept nogil:
    # A[0] as columns and, for dW of the first layer, as rows
    cdef Layer* layer = job.net.layers
    cdef const real* X = <const real*>job.data.X
    cdef real* A = work + layer.A + mine.first
    cdef real* AT
    cdef real* row
    cdef Py_ssize_t j, i, n_in = layer.n_out
    if layer.AT_row == 0:
        gather_(X, n_in, order, first + mine.first, mine.n, A, mine.row)
        if mine.width > mine.n:
            for i in range(n_in):
                memset(A + i * mine.row + mine.n, 0, (mine.width - mine.n) * sizeof(real))
        return
    AT = work + layer.AT + mine.first * layer.AT_row
    for j in range(mine.n):
        i = first + mine.first + j
        row = AT + j * layer.AT_row
        memcpy(row, X + (i if order == NULL else order[i]) * n_in, n_in * sizeof(real))
        memset(row + n_in, 0, (layer.AT_row - n_in) * sizeof(real))
    transpose(mine.n, n_in, AT, layer.AT_row, A, mine.row, mine.width)


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
    if job.net.smoothing > 0 and job.net.loss != SQUARED_ERROR:
        smooth(Y, n_outputs, mine, job.net.smoothing, n_outputs if job.net.loss == CATEGORICAL_CROSS_ENTROPY else 2)
    for j in range(mine.n):
        i = first + j
        out[j] = each if weight == NULL else each * weight[i if order == NULL else order[i]]


cdef void smooth(real* Y, Py_ssize_t n_outputs, Columns* mine, double share, Py_ssize_t n_classes) noexcept nogil:
    # Szegedy et al. 2016: a share of each target is spread evenly over the classes
    cdef Py_ssize_t i, j
    cdef real kept = <real>(1 - share), spread = <real>(share / n_classes)
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


cdef void draw_mask(Job* job, Py_ssize_t l, Columns* mine, uint64_t step) noexcept nogil:
    cdef Layer* layer = job.net.layers + l
    cdef unsigned char* D = job.masks + layer.D + mine.first
    cdef Py_ssize_t i
    if layer.ready == NULL:
        mask_(D, mine.row, layer.n_out, mine.first, mine.width, layer.keep_prob, job.net.seed,
              <uint32_t>l, step)
        return
    for i in range(layer.n_out):
        memcpy(D + i * mine.row, layer.ready + i * job.n_examples + mine.first, mine.n)
        memset(D + i * mine.row + mine.n, 0, mine.width - mine.n)


cdef void change(Job* job, Py_ssize_t l, real* work, Columns* mine, uint64_t step) noexcept nogil:
    # gates and dropout, on A
    cdef Layer* layer = job.net.layers + l
    cdef real* A = work + layer.A + mine.first
    cdef real* whole = work + layer.A_whole + mine.first
    cdef real* factors = work + layer.factors + mine.first
    cdef Py_ssize_t i
    if layer.A_whole != layer.A:
        for i in range(layer.n_out):
            memcpy(whole + i * mine.row, A + i * mine.row, mine.width * sizeof(real))
    if layer.gates:
        scale_rows(A, mine.row, work + layer.z, layer.n_out, mine.width)
    if layer.keep_prob < 1 and layer.gaussian:
        gaussian_dropout_factors_(factors, mine.row, layer.n_out, mine.first, mine.width, layer.keep_prob,
                                  job.net.seed, <uint32_t>l, step)
        apply_factors_(A, mine.row, factors, mine.row, layer.n_out, mine.width)
    elif layer.keep_prob < 1:
        draw_mask(job, l, mine, step)
        drop(A, mine.row, job.masks + layer.D + mine.first, mine.row, layer.n_out, mine.width, layer.keep_prob)


cdef struct Piece:                   # of a layer's units x examples
    Py_ssize_t unit
    Py_ssize_t n_units
    Py_ssize_t first
    Py_ssize_t width


cdef void change_backward(Job* job, Layer* layer, real* work, real* dA, Py_ssize_t dA_row, Piece* piece,
                          Py_ssize_t row) noexcept nogil:
    # the same on a piece of dA; `row` is that of the batch
    cdef Py_ssize_t at = piece.unit * row + piece.first
    if layer.keep_prob < 1 and layer.gaussian:
        apply_factors_(dA, dA_row, work + layer.factors + at, row, piece.n_units, piece.width)
    elif layer.keep_prob < 1:
        drop(dA, dA_row, job.masks + layer.D + at, row, piece.n_units, piece.width, layer.keep_prob)
    if layer.gates:
        scale_rows(dA, dA_row, work + layer.z + piece.unit, piece.n_units, piece.width)


cdef void forward(Job* job, const real* parameters, real* work, Columns* mine, uint64_t step) noexcept nogil:
    # the batch is in A[0]; leaves logits (activations for the squared error) in A[L]
    cdef Network* net = job.net
    cdef Layer* layer
    cdef real* A
    cdef Py_ssize_t l
    cdef bint activated
    if net.noise > 0:
        gaussian_noise_(work + net.layers.A + mine.first, mine.row, net.layers.n_out, mine.first, mine.n,
                        net.noise, net.seed, 0, step)
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        A = work + layer.A + mine.first
        activated = l < net.n_layers or net.loss == SQUARED_ERROR
        if layer.batch_norm:
            batch_norm_forward(job, l, parameters, work, mine)
            if activated:
                activate(layer.activation, A, layer.n_out, mine.width, mine.row)
        elif l > 0:
            dense_forward(layer, parameters, work + (layer - 1).A + mine.first, mine.row, A, mine.row, mine.width,
                          activated)
        if changes(layer):
            change(job, l, work, mine, step)
        if layer.AT_row > 0 and (l > 0 or changes_inputs(net)):
            transpose(layer.n_out, mine.n, A, mine.row, work + layer.AT + mine.first * layer.AT_row,
                      layer.AT_row, layer.AT_row)


cdef double STATISTICS_DECAY = _spec.BATCH_NORM_DECAY
cdef double BATCH_NORM_EPSILON = _spec.BATCH_NORM_EPSILON


cdef void batch_norm_forward(Job* job, Py_ssize_t l, const real* parameters, real* work,
                             Columns* mine) noexcept nogil:
    # Z = W A_prev by columns, then A = gamma Zhat + beta by units
    cdef Layer* layer = job.net.layers + l
    cdef Py_ssize_t first = layer.n_out * mine.member // mine.n_threads
    cdef Py_ssize_t n_units = layer.n_out * (mine.member + 1) // mine.n_threads - first
    cdef real* statistics = <real*>job.statistics
    product(layer.n_out, mine.width, layer.n_in, parameters + layer.W, layer.n_in, 1,
            work + (layer - 1).A + mine.first, mine.row, work + layer.Zhat + mine.first, mine.row, finish_with(NULL))
    team_barrier(&job.team)
    batch_norm_(work + layer.Zhat + first * mine.row, mine.row, parameters + layer.gamma + first,
                parameters + layer.b + first, work + layer.A + first * mine.row, mine.row,
                work + layer.batch_mean + first, work + layer.batch_variance + first, n_units, mine.batch,
                mine.row, BATCH_NORM_EPSILON)
    if statistics != NULL:
        batch_norm_statistics_(work + layer.batch_mean + first, work + layer.batch_variance + first,
                               statistics + layer.mean + first, statistics + layer.variance + first, n_units,
                               mine.batch, STATISTICS_DECAY)
    team_barrier(&job.team)


cdef void batch_norm_backward_Z(Job* job, Layer* layer, const real* parameters, real* work,
                                Columns* mine) noexcept nogil:
    # the gradient by A becomes that by Z, in dZ's place
    cdef Py_ssize_t first = layer.n_out * mine.member // mine.n_threads
    cdef Py_ssize_t n_units = layer.n_out * (mine.member + 1) // mine.n_threads - first
    team_barrier(&job.team)
    batch_norm_backward_(work + layer.dZ + first * mine.row, mine.row, work + layer.Zhat + first * mine.row,
                         mine.row, parameters + layer.gamma + first, work + layer.batch_variance + first,
                         work + layer.dgamma + first, work + layer.dbeta + first, n_units, mine.batch, mine.row,
                         BATCH_NORM_EPSILON)
    team_barrier(&job.team)


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


cdef void dense_backward_A(Layer* after, const real* parameters, const real* work, Py_ssize_t row, real* dA,
                           Py_ssize_t dA_row, Piece* piece, Finish finish) noexcept nogil:
    # a piece of dA = W^T dZ of the layer after
    product(piece.n_units, piece.width, after.n_out, parameters + after.W + piece.unit, 1, after.n_in,
            work + after.dZ + piece.first, row, dA, dA_row, finish)


cdef void backward(Job* job, const real* parameters, real* work, real* scratch, Columns* mine) noexcept nogil:
    # dZ[L] to dZ[1]: dA = W^T dZ of the layer after, back through dropout, then through the activation
    cdef Network* net = job.net
    cdef Layer* layer
    cdef Finish finish
    cdef real* A
    cdef real* dZ
    cdef Piece whole
    cdef Py_ssize_t l
    cdef bint factors
    if net.layers[net.n_layers].batch_norm:
        batch_norm_backward_Z(job, net.layers + net.n_layers, parameters, work, mine)
    for l in range(net.n_layers - 1, 0, -1):
        layer = net.layers + l
        A, dZ = work + layer.A_whole + mine.first, work + layer.dZ + mine.first
        whole = Piece(0, layer.n_out, mine.first, mine.width)
        finish = finish_with(NULL)
        if rectifies(layer):         # where A is 0, dropped or not active, the gradient is: note D of network.pxi
            factors = layer.gaussian and layer.keep_prob < 1
            finish.gate, finish.gate_row, finish.scale = A, mine.row, 1.0 if factors else 1 / layer.keep_prob
            dense_backward_A(layer + 1, parameters, work, mine.row, dZ, mine.row, &whole, finish)
            if factors:
                apply_factors_(dZ, mine.row, work + layer.factors + mine.first, mine.row, layer.n_out, mine.width)
            if layer.gates:
                scale_rows(dZ, mine.row, work + layer.z, layer.n_out, mine.width)
        elif not needs_scratch(net, l):
            dense_backward_A(layer + 1, parameters, work, mine.row, dZ, mine.row, &whole, finish)
            change_backward(job, layer, work, dZ, mine.row, &whole, mine.row)
            activate_backward_dA(layer.activation, dZ, A, layer.n_out, mine.width, mine.row)
        else:
            backward_in_place(job, l, parameters, work, scratch, mine)
        if layer.batch_norm:
            batch_norm_backward_Z(job, layer, parameters, work, mine)


cdef void backward_in_place(Job* job, Py_ssize_t l, const real* parameters, real* work, real* scratch,
                            Columns* mine) noexcept nogil:
    # dZ takes the place of A, so dA goes through the scratch buffer, a piece at a time
    cdef Layer* layer = job.net.layers + l
    cdef Py_ssize_t end = mine.first + mine.width, columns = scratch_columns(work, mine.width)
    cdef Py_ssize_t units = scratch_units(layer)
    cdef real* dZ
    cdef Piece piece
    piece.first = mine.first
    while piece.first < end:
        piece.width = min(columns, end - piece.first)
        piece.unit = 0
        while piece.unit < layer.n_out:
            piece.n_units = min(units, layer.n_out - piece.unit)
            dZ = work + layer.dZ + piece.unit * mine.row + piece.first
            dense_backward_A(layer + 1, parameters, work, mine.row, scratch, piece.width, &piece, finish_with(NULL))
            change_backward(job, layer, work, scratch, piece.width, &piece, mine.row)
            activate_backward(layer.activation, scratch, piece.width, dZ, piece.n_units, piece.width, mine.row)
            piece.unit += piece.n_units
        piece.first += piece.width


cdef void examples_pass(Job* job, const real* parameters, real* work, real* scratch, const int64_t* order,
                        Py_ssize_t first, Py_ssize_t n, Columns* mine, uint64_t step,
                        bint loaded) noexcept nogil:
    # all of a step that goes by columns; `loaded`: the batch of the step before is this one
    cdef Columns part = mine[0]
    cdef Py_ssize_t end = mine.first + mine.width
    if job.net.has_batch_norm:       # which meets the other threads in each layer
        columns_pass(job, parameters, work, scratch, order, first, n, mine, step, loaded)
        return
    while part.first < end and not team_stopping(&job.team):
        part.width = min(<Py_ssize_t>PASS_COLUMNS, end - part.first)
        part.n = max(min(part.first + part.width, mine.first + mine.n) - part.first, <Py_ssize_t>0)
        columns_pass(job, parameters, work, scratch, order, first, n, &part, step, loaded)
        part.first += part.width
        if part.first < end and mine.member == 0:
            look_for_signals(job)


cdef void look_for_signals(Job* job) noexcept nogil:
    # Ctrl-C, which the main thread alone hears of, and the caller's event; by member 0
    if seconds_now() - job.last_look > SIGNAL_PERIOD:
        with gil:
            if PyErr_CheckSignals() != 0 or (job.cancel != NULL and is_set(<PyObject*>job.cancel)):
                team_stop(&job.team)
        job.last_look = seconds_now()


cdef bint is_set(PyObject* event) noexcept:
    # an exception, of the event or of a signal's handler that runs within it, ends the training, too
    cdef PyObject* answer = PyObject_CallMethod(event, "is_set", NULL)
    cdef bint stops = answer == NULL or PyObject_IsTrue(answer) != 0
    if answer != NULL:
        Py_DecRef(answer)
    return stops


cdef void columns_pass(Job* job, const real* parameters, real* work, real* scratch, const int64_t* order,
                       Py_ssize_t first, Py_ssize_t n, Columns* mine, uint64_t step,
                       bint loaded) noexcept nogil:
    if not loaded or changes_inputs(job.net):
        load_inputs(job, work, order, first, mine)
    if not loaded:
        load_targets(job, work, order, first, n, mine)
    forward(job, parameters, work, mine, step)
    output_gradient(job, work, mine)
    backward(job, parameters, work, scratch, mine)


# ---------------------------------------------------------------------------- the loop

cdef void train_member(void* argument, int member) noexcept nogil:
    cdef Job* job = <Job*>argument
    if job.is_float:
        train_loop(job, <float*>job.work, member)
    else:
        train_loop(job, <double*>job.work, member)


cdef void train_loop(Job* job, real* work, int member) noexcept nogil:
    cdef Py_ssize_t e, k, first, n, n_penalties = job.at.n_blocks + 1
    cdef int n_threads = job.team.size
    cdef real* parameters = <real*>job.parameters
    cdef real* scratch = work + job.at.scratch + member * job.at.scratch_size
    cdef const int64_t* order
    cdef Columns mine
    cdef Update update_
    cdef uint64_t step = job.first_step
    cdef bint whole = job.n_batches == 1 and job.orders == NULL, keep
    cdef double cost, candidate, total, lowest = job.best_cost[0], previous = job.best_cost[1]
    if member == 0:
        job.last_look = seconds_now()
        begin(job, parameters, work, step)
    team_barrier(&job.team)
    for e in range(job.n_epochs):
        total = 0
        order = NULL if job.orders == NULL else job.orders + e * job.n_examples
        for k in range(job.n_batches):
            first = k * job.batch_size
            n = job.n_examples - first if k == job.n_batches - 1 else job.batch_size
            mine = share_columns(work, n, n_threads, member)
            examples_pass(job, parameters, work, scratch, order, first, n, &mine, step,
                          whole and step > job.first_step)
            if member == 0 and job.net.has_batch_norm:
                weigh_statistics(parameters + job.net.statistics_weight)
            team_barrier(&job.team)
            if team_stopped(&job.team):
                return

            cost = sum_of(work + job.at.loss, n)
            if job.net.has_penalty:
                cost += sum_of(job.penalties + (step % 2) * n_penalties, n_penalties)
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
            update_ = new_update(job.net, job.rates[e * job.n_batches + k], <Py_ssize_t>step)
            weights_pass(job, parameters, work, scratch, &mine, &update_,
                         job.penalties + (step % 2) * n_penalties, keep, step)
            total += cost * n
            if member == 0:
                job.best_cost[0] = lowest
                look_for_signals(job)
            team_barrier(&job.team)
            if team_stopped(&job.team):
                return
        previous = total / job.n_examples
        if member == 0:
            job.costs[e] = job.best_cost[1] = previous
            job.done += 1


cdef void begin(Job* job, const real* parameters, real* work, uint64_t step) noexcept nogil:
    # what a step leaves for the next one
    if job.net.has_penalty:
        first_penalties(job, parameters, job.penalties + (step % 2) * (job.at.n_blocks + 1))
    if job.net.has_gates:
        draw_gates(job.net, parameters, work, step)


cdef void weigh_statistics(real* weight) noexcept nogil:
    # exponentially weighted sums start from 0, so that they weigh less than 1 at first
    weight[0] = <real>STATISTICS_DECAY * weight[0] + <real>(1 - STATISTICS_DECAY)
