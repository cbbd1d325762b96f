# The public function network_train.

cdef _Signature TRAIN = _Signature(
    "parameters!(n_parameters) moments!(n_moments,n_moment) X(n_examples,n_inputs) Y?(n_targets,n_outputs)"
    " labels?:int32(n_labels) weight?(n_weights) orders:int64(n_orders,n_ordered)"
    " learning_rates:float64(n_epochs,n_batches) best!(n_best) best_cost!:float64(n_best_cost) costs!:float64(n_costs)")


def network_train(plan, parameters, moments, X, Y, labels, weight, orders, learning_rates, batch_size, first_step,
                  masks, best, best_cost, costs, n_threads=1, cancel=None):
    """Train for as many epochs as `learning_rates` has rows; return how many were completed.

    Parameters
    ----------
    plan : Plan
    parameters : array (n_parameters,), float32 or float64
        Updated in place; `Layout` has the slices of its parts. The other real arrays have its dtype.
    moments : array (n_moments, n_parameters)
        Of the optimiser, updated in place.
    X : array (n_examples, n[0])
    Y : array (n_examples, n[L])
        Targets; ignored unless `labels` is empty.
    labels : int32 array (n_examples,), may be empty
        Class numbers.
    weight : array (n_examples,), may be empty
        Multiplies each example's loss.
    orders : int64 array (n_epochs, n_examples), or (n_epochs, 0)
        Order of the examples in each epoch; without columns, the order of X.
    learning_rates : float64 array (n_epochs, n_batches)
    batch_size : int
    first_step : int
        Number of steps before this call.
    masks : None or a sequence of uint8 arrays (n[l], n_examples) or None
        Dropout masks to use instead of drawn ones; only with full batches.
    best : array (n_parameters,), may be empty
        Set to the parameters of the lowest cost so far.
    best_cost : float64 array (2,)
        That cost, and the cost of the last epoch.
    costs : float64 array (n_epochs,)
        Set to the mean cost of each epoch, weighted by batch size; the cost of a batch is that before its
        update. A cost that is not finite ends the call before its update.
    n_threads : int
        Upper limit; a small step uses fewer. The result does not depend on it.
    cancel : threading.Event, optional
        When set, ends the call within an epoch, as Ctrl-C does. Both are checked every 0.05 seconds.

    Returns
    -------
    int

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with one that is written.
    KeyboardInterrupt
        On Ctrl-C.
    """
    cdef list arrays = [parameters, moments, X, Y, labels, weight, orders, learning_rates, best, best_cost, costs]
    if TRAIN.prepare(arrays) == FLOAT:
        done = train_on[float](plan, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], arrays[6],
                               arrays[7], arrays[8], arrays[9], arrays[10], batch_size, first_step, masks, n_threads,
                               cancel, arrays)
    else:
        done = train_on[double](plan, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], arrays[6],
                                arrays[7], arrays[8], arrays[9], arrays[10], batch_size, first_step, masks, n_threads,
                                cancel, arrays)
    TRAIN.result(arrays)
    return done


cdef object train_on(object plan, real[::1] parameters, real[:, ::1] moments, const real[:, ::1] X,
                     const real[:, ::1] Y, const int32_t[::1] labels, const real[::1] weight,
                     const int64_t[:, ::1] orders, const double[:, ::1] learning_rates, real[::1] best,
                     double[::1] best_cost, double[::1] costs, object batch_size, object first_step, object masks,
                     object n_threads, object cancel, list given):
    cdef Py_ssize_t n_examples = X.shape[0], e
    cdef Py_ssize_t batch = <Py_ssize_t>min(whole_number("batch_size", batch_size, 1, MOST_64), <uint64_t>n_examples)
    cdef int most_threads = <int>min(whole_number("n_threads", n_threads, 1, MOST_64), <uint64_t>TEAM_MOST)
    cdef Training t
    cdef real** arrays
    cdef _ParsedPlan parsed
    cdef _Workspace work
    cdef list held
    memset(&t, 0, sizeof(Training))
    if n_examples < 1:
        raise ValueError("X has 0 rows, wanted at least 1")
    if masks is not None and batch < n_examples:
        raise ValueError(f"masks are given and batch_size is {batch_size}, wanted the {n_examples} rows of X")
    parsed = parsed_plan(plan)
    t.first_step = whole_number("first_step", first_step, 0, MOST_COUNT)
    t.n_epochs, t.n_examples, t.batch_size = learning_rates.shape[0], n_examples, batch
    t.n_batches = plan.count_batches(n_examples, batch)
    check_examples(&parsed.net, real is float, parameters.shape[0], n_examples, X.shape[1], Y.shape[0], Y.shape[1],
                   labels, weight.shape[0])
    check_shape("learning_rates", t.n_epochs, learning_rates.shape[1], t.n_epochs, t.n_batches)
    check_size("costs", costs.shape[0], t.n_epochs)
    check_size("best_cost", best_cost.shape[0], 2)
    check_shape("moments", moments.shape[0], moments.shape[1], parsed.net.n_moments, parsed.net.n_parameters)
    if best.shape[0] > 0:
        check_size("best", best.shape[0], parsed.net.n_parameters)
    if orders.shape[1] > 0:
        check_shape("orders", orders.shape[0], orders.shape[1], t.n_epochs, n_examples)
        for e in range(t.n_epochs):
            check_order(orders[e], n_examples)
        t.orders = &orders[0, 0]
    held = given_masks(&parsed.net, masks, n_examples, TRAIN, given)
    if real is float:
        arrays = t.floats
    else:
        arrays = t.doubles
    t.is_float, t.updates_statistics = real is float, True
    arrays[PARAMETERS], arrays[MOMENTS], arrays[BEST] = &parameters[0], &moments[0, 0], address(best)
    arrays[INPUTS], arrays[TARGETS], arrays[WEIGHTS] = <real*>&X[0, 0], <real*>&Y[0, 0], address(weight)
    t.labels = &labels[0] if labels.shape[0] > 0 else NULL
    t.rates, t.best_cost, t.costs = &learning_rates[0, 0], &best_cost[0], &costs[0]
    if cancel is not None:
        if cancel.is_set():
            return 0
        t.cancel = <PyObject*>cancel
    try:
        # start the threads first: the size of the workspace depends on how many could be started
        most_threads = team_start(&t.team, useful_threads(&parsed.net, batch, most_threads, lanes_of(sizeof(real))))
        work = training_workspace(parsed, sizeof(real), largest_batch(&t), most_threads)
        use_masks(work, held)
        use_workspace(&t, parsed, work)
        with nogil:
            team_run(&t.team, train_member, &t)
        leave_workspace(parsed, work)
        if team_stop_requested(&t.team):
            raise_pending()
    finally:
        team_dismiss(&t.team)
    return t.n_completed


cdef Py_ssize_t largest_batch(const Training* t) noexcept nogil:
    # with batch norm the last batch may have one example more
    return max(t.batch_size, t.n_examples - (t.n_batches - 1) * t.batch_size)
