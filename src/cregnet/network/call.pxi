# What the network kernels check of their arguments, before any work.

cdef bint is_float32(object array) except -1:
    # which form of a network kernel an array is for; what is neither float32 nor float64 is refused there
    dtype = getattr(array, "dtype", FLOAT64)
    return dtype is not FLOAT64 and dtype == FLOAT32


cdef int check_given(tuple names, tuple arrays) except -1:
    # a typed memoryview takes None for an empty array
    cdef Py_ssize_t k
    for k in range(len(names)):
        if arrays[k] is None:
            raise TypeError(f"{names[k]} is None, wanted an array")
    return 0


cdef int check_examples(const Network* net, Py_ssize_t n_parameters, Py_ssize_t n, Py_ssize_t n_features,
                        Py_ssize_t n_targets, Py_ssize_t n_outputs, const int32_t[::1] labels,
                        Py_ssize_t n_weights) except -1:
    check_size("parameters", n_parameters, net.n_parameters)
    check_shape("X", n, n_features, n, net.layers[0].n_out)
    if labels.shape[0] > 0:
        check_size("labels", labels.shape[0], n)
        check_labels(labels, net.layers[net.n_layers].n_out)
    else:
        check_shape("Y", n_targets, n_outputs, n, net.layers[net.n_layers].n_out)
    if n_weights > 0:
        check_size("weight", n_weights, n)
    return 0


cdef list given_masks(const Network* net, object masks, Py_ssize_t n_examples, _Arguments arguments, const Span* at):
    # The masks as memoryviews: the caller holds them for the length of the call.
    cdef Py_ssize_t l
    cdef const unsigned char[:, ::1] mask
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
        mask = held[l]
        held[l] = mask
        check_shape(f"masks[{l}]", mask.shape[0], mask.shape[1], net.layers[l].n_out, n_examples)
        arguments.check_input(at, f"masks[{l}]", span(&mask[0, 0], mask.shape[0] * mask.shape[1], 1))
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
    # of an array that may be empty, for which there is none
    return <real*>&x[0] if x.shape[0] > 0 else NULL
