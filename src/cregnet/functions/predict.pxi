# The public function network_predict.

cdef _Signature PREDICT = _Signature(
    "parameters(n_parameters) X(n_examples,n_inputs) -> out(n_examples,n_outputs)", sizes="n_outputs")


def network_predict(plan, parameters, X, out=None, *, logits=False):
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

    Returns
    -------
    out : array (n_examples, n[L])
    finite : bool
        Whether all numbers of X are finite, which takes no noticeable time here.

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or dtype, or shares memory with `out`.
    """
    cdef _ParsedPlan parsed = parsed_plan(plan)
    cdef list arrays
    cdef Py_ssize_t n_outputs = parsed.net.layers[parsed.net.n_layers].n_out
    cdef bint finite
    if out is None and type(X) is NDARRAY:
        try:                         # without `prepare`, which takes a tenth of the time for one row
            out = new_array((len(X), n_outputs), X.dtype)
            if X.dtype is FLOAT32:
                return out, predict_on[float](parsed, parameters, X, out, logits)
            return out, predict_on[double](parsed, parameters, X, out, logits)
        except (ValueError, TypeError):
            out = None
    arrays = [parameters, X, out]
    if PREDICT.prepare(arrays, n_outputs) == FLOAT:
        finite = predict_on[float](parsed, arrays[0], arrays[1], arrays[2], logits)
    else:
        finite = predict_on[double](parsed, arrays[0], arrays[1], arrays[2], logits)
    return PREDICT.result(arrays), finite


cdef bint predict_on(_ParsedPlan parsed, const real[::1] parameters, const real[:, ::1] X, real[:, ::1] out,
                     bint logits) except? -1:
    cdef Py_ssize_t n_examples = X.shape[0]
    cdef const Network* net = &parsed.net
    cdef _Workspace work
    cdef bint finite
    if (<size_t>&parameters[0] | <size_t>&X[0, 0]) % sizeof(real) != 0:
        raise ValueError("parameters or X are not aligned")
    check_size("parameters", parameters.shape[0], net.n_parameters)
    check_shape("X", n_examples, X.shape[1], n_examples, net.layers[0].n_out)
    work = prediction_workspace(parsed, sizeof(real), n_examples)
    with nogil:
        finite = predict_examples(net, work.buffers, work.at.lanes, &parameters[0], &X[0, 0], n_examples,
                                  <real*>work.numbers, logits, &out[0, 0])
    return finite
