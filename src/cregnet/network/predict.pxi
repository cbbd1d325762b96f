# Prediction on all useful threads: the tasks of a call, and who does them.
#
# A. Threads take tasks from a counter (note C of team.h). With many examples, a task is a block of examples, from
#    inputs to outputs. Its activations are in two arrays of the thread, one for the even layers and one for the odd
#    ones, which stay in its L2 cache. With few examples and many weights, a task is a range of units of one layer, for
#    all examples: each thread then reads only a part of W.
# B. An output is one chain of multiply-adds per layer, whichever task computes it. A call with a single example
#    uses dot products along the inputs instead, which need no transposes and waste no lanes; only the number of
#    examples decides. So the result does not depend on the number of threads.
# C. Monte-Carlo samples (sample.pxi) are tasks too: all samples of a block of examples.
# D. The memory of a call is not cleared: each number is written before it is read.

cdef enum:
    BLOCK_BYTES = 524288             # of a thread's activations: half of a usual L2 cache
    UNITS_EXAMPLES = 256             # most examples for tasks of units
    TASKS_PER_THREAD = 4             # when there are few: a thread that starts late takes fewer
    TASK_UNITS = 12                  # units of a task are a multiple: full tiles (TILE_ROWS) and full DOT_TILEs
    LOCAL_DOUBLES = 1024             # a workspace of at most these 8 kB is on the stack

# Threads are started one after another, so that the best number of them grows with the root of the work: two from this
# many operations on, four from four times as many. Workers of the pool that are still awake begin at once.
cdef double WORK_OF_TWO_THREADS = 1e7
cdef double WORK_OF_TWO_AWAKE = 2e6
# One example reads each weight once for two operations. This takes as long as the operations of four examples.
cdef double READING_AS_EXAMPLES = 4

# ---------------------------------------------------------------------------- tasks: blocks of examples

cdef void predict_blocks(Prediction* p, int member, real* numbers) noexcept nogil:
    cdef const Network* net = p.net
    cdef const real* X
    cdef real* out
    cdef real* arrays = numbers + derived_numbers(p) + member * p.n_activations
    cdef Py_ssize_t first, n, row, n_tasks = ceil_div(p.n_examples, p.block), task = team_take(&p.team)
    while task < n_tasks and not team_stop_requested(&p.team):
        first = task * p.block
        n = min(p.block, p.n_examples - first)
        row = block_row(p, n)
        X = <const real*>p.X + first * net.layers.n_out
        out = <real*>p.out + first * net.layers[net.n_layers].n_out
        if not all_finite(X, n * net.layers.n_out):
            p.infinite[member] = 1
        if p.products != OF_NUMBERS:
            predict_block_bfloat16(p, <const real*>p.parameters, <const real*>numbers, X, arrays, n, row, out)
        elif p.sampling == NULL:
            predict_block(net, <const real*>p.parameters, numbers, X, arrays, n, row, p.logits, out)
        else:
            sample_block(p, member, numbers, X, arrays, first, n, row, out,
                         <real*>p.spread + first * net.layers[net.n_layers].n_out)
        task = team_take(&p.team)
        if member == 0 and task < n_tasks:
            check_prediction(p)


# ---------------------------------------------------------------------------- tasks: ranges of units

cdef void predict_by_units(Prediction* p, int member, real* numbers) noexcept nogil:
    # The stages are the inputs, each layer, and after a layer its softmax, or the outputs. A stage begins when all
    # tasks of the stages before it are done.
    cdef const Network* net = p.net
    cdef Py_ssize_t l, part, n_out, units, row = 1 if p.n_examples == 1 else padded(p.n_examples, p.lanes)
    cdef Py_ssize_t first = 1, task = team_take(&p.team)
    cdef real* arrays = numbers + net.n_derived
    cdef real* A
    if task == 0:
        if not all_finite(<const real*>p.X, p.n_examples * net.layers.n_out):
            p.infinite[member] = 1
        load_rows(net, <const real*>numbers, <const real*>p.X, arrays, p.n_examples, row)
        team_finish(&p.team)
        task = team_take(&p.team)
    for l in range(1, net.n_layers + 1):
        n_out, A = net.layers[l].n_out, arrays + array_of(net, l, row)
        units = padded(ceil_div(n_out, TASKS_PER_THREAD * p.n_threads), TASK_UNITS)
        while task < first + ceil_div(n_out, units):
            part = (task - first) * units
            team_wait_done(&p.team, first)
            predict_units(net, l, <const real*>p.parameters, <const real*>numbers,
                          <const real*>(arrays + array_of(net, l - 1, row)), A, row, part, min(units, n_out - part),
                          is_activated(net, l, p.logits))
            team_finish(&p.team)
            task = team_take(&p.team)
        first += ceil_div(n_out, units)
        if l == net.n_layers or sums_over_units(net, l, p.logits):
            if task == first:
                team_wait_done(&p.team, first)
                if sums_over_units(net, l, p.logits):
                    finish_layer(net, l, <const real*>numbers, A, row)
                if l == net.n_layers:
                    transpose(n_out, p.n_examples, A, row, <real*>p.out, n_out, n_out)
                team_finish(&p.team)
                task = team_take(&p.team)
            first += 1


# ---------------------------------------------------------------------------- a call

cdef int useful_for_prediction(const Prediction* p) noexcept nogil:
    cdef double examples = READING_AS_EXAMPLES if p.n_examples == 1 else padded(p.n_examples, p.lanes)
    cdef double work = 2 * examples * p.net.n_parameters * (1 if p.sampling == NULL else p.sampling.n_samples)
    cdef double started = 2 * c_sqrt(work / WORK_OF_TWO_THREADS), awake = 2 * c_sqrt(work / WORK_OF_TWO_AWAKE)
    if p.n_threads == 1 or awake < 2:
        return 1
    return <int>max(1.0, min(<double>p.n_threads, max(started, min(awake, 1.0 + pool_spinning()))))


cdef inline Py_ssize_t derived_numbers(const Prediction* p) noexcept nogil:
    # what a call derives from the parameters before it predicts
    return p.net.n_derived + (p.net.n_packed if p.products != OF_NUMBERS else 0)


cdef inline Py_ssize_t block_row(const Prediction* p, Py_ssize_t n) noexcept nogil:
    if p.n_examples == 1 and p.sampling == NULL and p.products == OF_NUMBERS:
        return 1
    return padded(n, p.lanes)


cdef void size_blocks(Prediction* p, size_t number_size) noexcept nogil:
    cdef Py_ssize_t unit = column_unit(p.lanes)
    cdef Py_ssize_t per_example = (p.net.widest[0] + p.net.widest[1]) * <Py_ssize_t>number_size
    p.block = max(2 * unit, min(<Py_ssize_t>BLOCK, BLOCK_BYTES // per_example // unit * unit))
    if p.n_threads > 1:              # enough tasks to keep the threads busy to the end
        p.block = min(p.block, max(unit, padded(ceil_div(p.n_examples, TASKS_PER_THREAD * p.n_threads), unit)))
    p.block = min(p.block, p.n_examples)
    if p.sampling != NULL:
        p.block = sampled_block(p.sampling, p.n_examples, p.block)
    p.by_units = p.sampling == NULL and p.n_threads > 1 and p.products == OF_NUMBERS
    if p.n_examples > min(2 * unit * p.n_threads, <Py_ssize_t>UNITS_EXAMPLES):
        p.by_units = False
    if p.by_units:
        p.block = p.n_examples


cdef void predict_member(void* argument, int member) noexcept nogil:
    cdef Prediction* p = <Prediction*>argument
    if p.is_float:
        predict_tasks(p, member, <float*>p.numbers)
    else:
        predict_tasks(p, member, <double*>p.numbers)


cdef void predict_tasks(Prediction* p, int member, real* numbers) noexcept nogil:
    if p.by_units:
        predict_by_units(p, member, numbers)
    else:
        predict_blocks(p, member, numbers)


cdef void no_work(void* argument, int member) noexcept nogil:
    pass


cdef void run_members(Prediction* p, void (*function)(void*, int) noexcept nogil, int pooled) noexcept nogil:
    if pooled > 0:
        pool_run(function, p, pooled)
    else:
        team_run(&p.team, function, p)


cdef PredictionStatus run_prediction(Prediction* p) noexcept nogil:
    # The caller has set `net`, `is_float`, `logits`, `n_examples`, its arrays, and `n_threads`, the upper limit.
    cdef size_t number_size = sizeof(float) if p.is_float else sizeof(double), n_bytes
    cdef double[LOCAL_DOUBLES] local
    cdef void* memory = NULL
    cdef Py_ssize_t n_arrays, row
    cdef int pooled                  # threads of the pool, with the caller; 0: those of a team
    p.lanes = lanes_of(number_size)
    # start the threads first: the size of the memory depends on how many could be started
    p.n_threads = useful_for_prediction(p)
    pooled = pool_acquire(p.n_threads) if p.n_threads > 1 else 0
    p.n_threads = max(pooled, team_start(&p.team, 1 if pooled > 0 else p.n_threads))
    size_blocks(p, number_size)
    row = block_row(p, p.block)
    p.n_activations = activations_of(p.net, row)
    if p.products != OF_NUMBERS:
        p.n_activations += padded(n_pairs(widest_layer(p.net)) * row, DERIVED_UNIT)
    if p.sampling != NULL:
        p.n_activations += sampling_numbers(p.net, row, number_size)
    n_arrays = 1 if p.by_units else p.n_threads
    n_bytes = (derived_numbers(p) + n_arrays * p.n_activations) * number_size
    p.numbers = &local[0]
    if n_bytes > sizeof(local):
        p.numbers = memory = aligned_uninitialized(n_bytes)
        if memory == NULL:
            run_members(p, no_work, pooled)
            return OUT_OF_MEMORY
    if p.is_float:
        derive(p.net, <const float*>p.parameters, <float*>p.numbers)
        if p.products != OF_NUMBERS:
            pack_layers(p.net, <const float*>p.parameters, <float*>p.numbers + p.net.n_derived)
    else:
        derive(p.net, <const double*>p.parameters, <double*>p.numbers)
    if p.block < p.n_examples or p.sampling != NULL:
        p.last_check = seconds_now()
    memset(p.infinite, 0, p.n_threads)
    run_members(p, predict_member, pooled)
    aligned_delete(memory)
    return INTERRUPTED if team_stop_requested(&p.team) else PREDICTED


cdef bint all_inputs_finite(const Prediction* p) noexcept nogil:
    cdef int member
    for member in range(p.n_threads):
        if p.infinite[member]:
            return False
    return True
