# The training loop: all epochs of a call, without the GIL. Python gets the mean cost of each epoch.
#
#     step: examples_pass, each thread its examples -- barrier -- weights_pass, each thread its weights -- barrier
#
# Every thread runs the same loop and makes the same decisions, because it computes the cost itself: it adds the
# losses of all examples in the same order.

cdef double WORK_PER_THREAD = 1e6    # operations per thread in a step that pay for its usual two barriers


cdef int useful_threads(const Network* net, Py_ssize_t n, int n_threads, Py_ssize_t lanes) noexcept nogil:
    # at each barrier the faster threads wait
    cdef double work = 6.0 * n * net.n_parameters
    cdef Py_ssize_t l, n_barriers = 2, unit = column_unit(lanes)
    for l in range(net.n_layers + 1):
        n_barriers += 4 if net.layers[l].batch_norm else 0
    n_barriers += 1 if net.has_gates or net.clip_norm > 0 else 0
    n_threads = min(n_threads, <int>min((n + unit - 1) // unit, <Py_ssize_t>256))
    return max(1, <int>min(<double>n_threads, 2 * work / (n_barriers * WORK_PER_THREAD)))


cdef void train_member(void* argument, int member) noexcept nogil:
    cdef Training* t = <Training*>argument
    if t.is_float:
        train_loop(t, &t.floats[0], member)
    else:
        train_loop(t, &t.doubles[0], member)


cdef void train_loop(Training* t, real** arrays, int member) noexcept nogil:
    cdef Py_ssize_t e, k, first, n, n_penalties = t.at.n_blocks + 1
    cdef int n_threads = t.team.size
    cdef real* scratch = arrays[WORK] + t.at.scratch + member * t.at.scratch_size
    cdef const int64_t* order
    cdef Columns mine
    cdef Update update
    cdef uint64_t step = t.first_step
    cdef bint full_batch = t.n_batches == 1 and t.orders == NULL, keep
    cdef double cost, candidate, total, lowest = t.best_cost[0], previous = t.best_cost[1]
    if member == 0:
        t.last_check = seconds_now()
        begin(t, arrays, t.penalties + (step % 2) * n_penalties, step)
    pack_all_weights(t, arrays, member, n_threads)
    team_barrier(&t.team)
    for e in range(t.n_epochs):
        total = 0
        order = t.orders
        if order != NULL:
            order += e * t.n_examples
        for k in range(t.n_batches):
            first = k * t.batch_size
            n = t.n_examples - first if k == t.n_batches - 1 else t.batch_size
            mine = share_columns(n, n_threads, member, t.at.lanes)
            examples_pass(t, arrays, scratch, order, first, &mine, step, full_batch and step > t.first_step)
            if member == 0 and t.net.has_batch_norm:
                weigh_statistics(arrays[PARAMETERS] + t.net.statistics_weight)
            team_barrier(&t.team)
            if team_stop_agreed(&t.team):
                return

            cost = sum_of(<const real*>arrays[WORK] + t.at.loss, n)
            if t.net.has_penalty:
                cost += sum_of(<const double*>t.penalties + (step % 2) * n_penalties, n_penalties)
            if not isfinite(cost):
                return
            # Before the first update of an epoch, decide whether the current weights are the best so far. The cost
            # of a full batch is the cost of these weights. The cost of a small batch is noisy, so the mean of the
            # previous epoch stands for it, except in the first epoch, which has no previous one.
            candidate = previous if t.n_batches > 1 and isfinite(previous) else cost
            keep = k == 0 and arrays[BEST] != NULL and candidate < lowest
            if keep:
                lowest = candidate
            step += 1
            update = new_update(t.net, t.rates[e * t.n_batches + k], <Py_ssize_t>step)
            weights_pass(t, arrays, scratch, &mine, &update, t.penalties + (step % 2) * n_penalties, keep, step)
            total += cost * n
            if member == 0:
                t.best_cost[0] = lowest
                check_signals(t)
            team_barrier(&t.team)
            if team_stop_agreed(&t.team):
                return
        previous = total / t.n_examples
        if member == 0:
            t.costs[e] = t.best_cost[1] = previous
            t.n_completed += 1
