# The public functions network_predict and network_sample.

cdef enum:
    PREDICT_SMALL_WORK = 65536       # numbers of a network that predicts one row sooner than the GIL is passed on

cdef _Signature PREDICT = _Signature(
    "parameters(n_parameters) X(n_examples,n_inputs) -> out(n_examples,n_outputs)", sizes="n_outputs")


def network_predict(plan, parameters, X, out=None, *, logits=False, n_threads=1, compute_dtype=None):
    """Outputs of the network without dropout and noise.

    Parameters
    ----------
    plan : Plan
    parameters : array (n_parameters,), float32 or float64
    X : array (n_examples, n[0])
    out : array (n_examples, n[L]), optional
        Filled and returned.
    logits : bool
        Return logits, without the output's activation, if the loss is computed from them.
    n_threads : int
        Upper limit; little work uses fewer. The result does not depend on it.
    compute_dtype : None or "bfloat16"
        With "bfloat16", for float32: operands of products are rounded to bfloat16. The field of the plan is for
        training.

    Returns
    -------
    out : array (n_examples, n[L])
    finite : bool
        Whether all numbers of X are finite, which takes no noticeable time here.

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with `out`.
    KeyboardInterrupt
        On Ctrl-C.
    """
    cdef _ParsedPlan parsed = parsed_plan(plan)
    cdef Py_ssize_t n_outputs = parsed.net.layers[parsed.net.n_layers].n_out
    cdef int most_threads = <int>min(whole_number("n_threads", n_threads, 1, MOST_64), <uint64_t>TEAM_MOST)
    cdef list arrays
    cdef Prediction p
    p.net, p.logits, p.sampling, p.products = &parsed.net, logits, NULL, OF_NUMBERS
    if compute_dtype is not None:
        p.products = products_of(compute_dtype)
    if out is None and type(X) is NDARRAY and type(parameters) is NDARRAY:
        # without `prepare`, which takes a tenth of the time for one row
        dtype = X.dtype
        if dtype is parameters.dtype and (dtype is FLOAT32 or dtype is FLOAT64):
            p.is_float = dtype is FLOAT32
            try:
                out = new_array((len(X), n_outputs), dtype)
                return out, predict_on(&p, parameters, X, out, most_threads)
            except (ValueError, TypeError, BufferError):
                if p.n_threads > 0:
                    raise
                out = None
    arrays = [parameters, X, out]
    p.is_float = PREDICT.prepare(arrays, n_outputs) == FLOAT
    finite = predict_on(&p, arrays[0], arrays[1], arrays[2], most_threads)
    return PREDICT.result(arrays), finite


cdef _Signature SAMPLE = _Signature(
    "parameters(n_parameters) X(n_examples,n_inputs) -> mean(n_examples,n_outputs) spread(n_examples,n_outputs)",
    sizes="n_outputs")


def network_sample(plan, parameters, X, n_samples, seed, mask_rows, mean=None, spread=None, *, n_threads=1):
    """Means and standard deviations of predictions with dropout on (Gal & Ghahramani 2016, equations 6 and 7).

    Parameters
    ----------
    plan : Plan
    parameters : array (n_parameters,), float32 or float64
    X : array (n_examples, n[0])
    n_samples : int
        Predictions of each example.
    seed : int
        Of the masks; that of the plan is not used.
    mask_rows : int
        The masks of sample s of the k-th group of this many examples are those of training step
        ``k * n_samples + s`` with the group as its batch.
    mean, spread : array (n_examples, n[L]), optional
        Filled and returned.
    n_threads : int
        Upper limit; little work uses fewer. The result does not depend on it.

    Returns
    -------
    mean, spread : array (n_examples, n[L])
        The spread is divided by the number of samples. Both are computed in double.

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with one that is written.
    KeyboardInterrupt
        On Ctrl-C.
    """
    cdef _ParsedPlan parsed = parsed_plan(plan)
    cdef list arrays = [parameters, X, mean, spread]
    cdef int most_threads = <int>min(whole_number("n_threads", n_threads, 1, MOST_64), <uint64_t>TEAM_MOST)
    cdef Sampling sampling
    cdef Prediction p
    cdef Py_buffer view
    sampling.n_samples = <Py_ssize_t>whole_number("n_samples", n_samples, 1, MOST_COUNT)
    sampling.mask_rows = <Py_ssize_t>whole_number("mask_rows", mask_rows, 1, MOST_COUNT)
    sampling.seed = whole_number("seed", seed, 0, MOST_64)
    p.net, p.logits, p.sampling, p.products = &parsed.net, False, &sampling, OF_NUMBERS
    p.is_float = SAMPLE.prepare(arrays, parsed.net.layers[parsed.net.n_layers].n_out) == FLOAT
    PyObject_GetBuffer(arrays[3], &view, PyBUF_ND | PyBUF_WRITABLE)
    p.spread = view.buf
    try:
        predict_on(&p, arrays[0], arrays[1], arrays[2], most_threads)
    finally:
        PyBuffer_Release(&view)
    return SAMPLE.result(arrays)


cdef bint predict_on(Prediction* p, object parameters, object X, object out, int n_threads) except -1:
    # The arrays have the dtype that `p` says. Typed memoryviews of them would take as long as predicting one row.
    cdef Py_buffer[3] views
    cdef PredictionStatus status
    cdef int held = 0
    cdef size_t number_size = sizeof(float) if p.is_float else sizeof(double)
    p.n_threads = 0                  # the checks are not over
    try:
        PyObject_GetBuffer(parameters, &views[0], PyBUF_ND)
        held = 1
        PyObject_GetBuffer(X, &views[1], PyBUF_ND)
        held = 2
        PyObject_GetBuffer(out, &views[2], PyBUF_ND | PyBUF_WRITABLE)
        held = 3
        if (<size_t>views[0].buf | <size_t>views[1].buf) % number_size != 0 or views[1].ndim != 2:
            raise ValueError("parameters or X are not aligned")
        if p.products != OF_NUMBERS and not p.is_float:
            raise ValueError("parameters are float64, wanted float32 for compute_dtype 'bfloat16'")
        check_size("parameters", views[0].len // number_size, p.net.n_parameters)
        check_shape("X", views[1].shape[0], views[1].shape[1], views[1].shape[0], p.net.layers[0].n_out)
        p.parameters, p.X, p.out, p.n_examples = views[0].buf, views[1].buf, views[2].buf, views[1].shape[0]
        p.n_threads = n_threads
        if p.n_examples == 0:
            return True
        if p.n_examples == 1 and p.net.n_parameters < PREDICT_SMALL_WORK and p.sampling == NULL:
            status = run_prediction(p)
        else:
            with nogil:
                status = run_prediction(p)
        if status == OUT_OF_MEMORY:
            raise MemoryError("cannot allocate the activations of a block of examples")
        if status == INTERRUPTED:
            raise_pending()
        return all_inputs_finite(p)
    finally:
        while held > 0:
            held -= 1
            PyBuffer_Release(&views[held])
