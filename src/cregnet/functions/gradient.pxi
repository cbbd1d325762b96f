# The public function network_gradient.

cdef _Signature GRADIENT = _Signature(
    "parameters(n_parameters) X(n_examples,n_inputs) Y?(n_targets,n_outputs) labels?:int32(n_labels)"
    " weight?(n_weights) -> gradient(n_gradient)", sizes="n_gradient")


def network_gradient(plan, parameters, X, Y, labels, weight, step, masks=None, gradient=None):
    """Cost of one batch, penalties included, and its gradient.

    Parameters
    ----------
    plan, parameters, X, Y, labels, weight, masks
        As for `network_train`; `parameters` is only read.
    step : int
        Dropout masks and other draws are those of this training step.
    gradient : array (n_parameters,), optional
        Filled and returned; 0 for the statistics of batch norm.

    Returns
    -------
    cost : float
    gradient : array (n_parameters,)

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with one that is written.
    KeyboardInterrupt
        On Ctrl-C, which is checked every 0.05 seconds.
    """
    cdef _ParsedPlan parsed = parsed_plan(plan)
    cdef list arrays = [parameters, X, Y, labels, weight, gradient]
    if GRADIENT.prepare(arrays, parsed.net.n_parameters) == FLOAT:
        cost = gradient_on[float](parsed, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], step,
                                  masks, arrays)
    else:
        cost = gradient_on[double](parsed, arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], step,
                                   masks, arrays)
    return cost, GRADIENT.result(arrays)


cdef object gradient_on(_ParsedPlan parsed, const real[::1] parameters, const real[:, ::1] X,
                        const real[:, ::1] Y, const int32_t[::1] labels, const real[::1] weight,
                        real[::1] gradient, object step, object masks, list given):
    cdef Py_ssize_t n = X.shape[0]
    cdef uint64_t counter = whole_number("step", step, 0, MOST_64)
    cdef Training t
    cdef real** arrays
    cdef _Workspace work
    cdef list held
    cdef double cost
    memset(&t, 0, sizeof(Training))
    if n < 1:
        raise ValueError("X has 0 rows, wanted at least 1")
    check_examples(&parsed.net, real is float, parameters.shape[0], n, X.shape[1], Y.shape[0], Y.shape[1], labels,
                   weight.shape[0])
    held = given_masks(&parsed.net, masks, n, GRADIENT, given)
    if real is float:
        arrays = t.floats
    else:
        arrays = t.doubles
    arrays[PARAMETERS] = <real*>&parameters[0]
    arrays[INPUTS], arrays[TARGETS], arrays[WEIGHTS] = <real*>&X[0, 0], <real*>&Y[0, 0], address(weight)
    t.labels = &labels[0] if labels.shape[0] > 0 else NULL
    t.n_examples = t.batch_size = n
    t.team.size = 1
    work = training_workspace(parsed, sizeof(real), n, 1)
    use_masks(work, held)
    use_workspace(&t, parsed, work)
    with nogil:
        cost = cost_and_gradient(&t, arrays, &gradient[0], counter)
    leave_workspace(parsed, work)
    if team_stop_requested(&t.team):
        raise_pending()
    return cost
