# Checks of the network kernels' arguments, before any work.

cdef int check_examples(const Network* net, bint is_float, Py_ssize_t n_parameters, Py_ssize_t n, Py_ssize_t n_features,
                        Py_ssize_t n_targets, Py_ssize_t n_outputs, const int32_t[::1] labels,
                        Py_ssize_t n_weights) except -1:
    check_size("parameters", n_parameters, net.n_parameters)
    if net.products != OF_NUMBERS and not is_float:
        raise ValueError("parameters are float64, wanted float32 for the plan's compute_dtype 'bfloat16'")
    check_shape("X", n, n_features, n, net.layers[0].n_out)
    if labels.shape[0] > 0:
        check_size("labels", labels.shape[0], n)
        check_labels(labels, net.layers[net.n_layers].n_out)
    else:
        check_shape("Y", n_targets, n_outputs, n, net.layers[net.n_layers].n_out)
    if n_weights > 0:
        check_size("weight", n_weights, n)
    return 0


cdef list given_masks(const Network* net, object masks, Py_ssize_t n_examples, _Signature signature, list arrays):
    # The masks as arrays that can be read directly. The caller keeps them, and `arrays`, alive during the call.
    cdef Py_ssize_t l
    cdef list held
    if masks is None:
        return None
    try:
        held = list(masks)
    except TypeError:
        raise TypeError(f"masks is {masks!r}, wanted None or a sequence of masks") from None
    if len(held) != net.n_layers:
        raise ValueError(f"masks has {len(held)} entries, wanted {net.n_layers}: all layers but the last")
    for l in range(net.n_layers):
        if held[l] is None:
            continue
        held[l] = _signature.mask(f"masks[{l}]", held[l], (net.layers[l].n_out, n_examples))
        _signature.check_apart(f"masks[{l}]", held[l], signature.arguments, arrays)
    return held


cdef int use_masks(_Workspace work, list masks) except -1:
    cdef Py_ssize_t l
    cdef const unsigned char[:, ::1] mask
    if masks is None:
        return 0
    for l in range(len(masks)):
        if masks[l] is not None:
            mask = masks[l]
            work.buffers[l].given_mask = &mask[0, 0]
    return 0


cdef real* address(const real[::1] x) noexcept:
    # of the first element; NULL for an empty array
    return <real*>&x[0] if x.shape[0] > 0 else NULL


cdef int raise_pending() except? -1:
    # raises the exception, if any, that a signal handler or the event set during the training
    return -1
