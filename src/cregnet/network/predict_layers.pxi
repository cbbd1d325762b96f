# Prediction: the way of some examples through the layers. Tasks and threads are in predict.pxi.

cdef void check_prediction(Prediction* p) noexcept nogil:
    # by member 0, which is the caller's thread: only Python's main thread receives Ctrl-C
    if seconds_now() - p.last_check > SIGNAL_PERIOD:
        with gil:
            if PyErr_CheckSignals() != 0:
                team_request_stop(&p.team)
        p.last_check = seconds_now()


# ---------------------------------------------------------------------------- layers

cdef inline Py_ssize_t ceil_div(Py_ssize_t n, Py_ssize_t by) noexcept nogil:
    return (n + by - 1) // by


cdef void derive(const Network* net, const real* parameters, real* derived) noexcept nogil:
    # gates without a draw; statistics divided by the sum of their weights
    cdef Py_ssize_t l, i
    cdef const Layer* layer
    cdef real weight
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        if layer.gates:
            prediction_gates(parameters + layer.log_alpha, derived + layer.derived_z, layer.n_out)
        if layer.batch_norm:
            weight = parameters[net.statistics_weight]
            for i in range(layer.n_out):
                derived[layer.derived_mean + i] = parameters[layer.mean + i] / weight if weight > 0 else 0
                derived[layer.derived_variance + i] = parameters[layer.variance + i] / weight if weight > 0 else 1


cdef inline Py_ssize_t activations_of(const Network* net, Py_ssize_t row) noexcept nogil:
    # numbers of the two arrays
    return padded(net.widest[0] * row, DERIVED_UNIT) + padded(net.widest[1] * row, DERIVED_UNIT)


cdef inline Py_ssize_t array_of(const Network* net, Py_ssize_t l, Py_ssize_t row) noexcept nogil:
    # offset of A[l]
    return padded(net.widest[0] * row, DERIVED_UNIT) if l % 2 == 1 else 0


cdef inline bint is_activated(const Network* net, Py_ssize_t l, bint logits) noexcept nogil:
    return l < net.n_layers or not (net.from_logits and logits)


cdef inline bint sums_over_units(const Network* net, Py_ssize_t l, bint logits) noexcept nogil:
    # whether the activation needs all units of the layer
    return net.layers[l].activation == SOFTMAX and is_activated(net, l, logits)


cdef void load_rows(const Network* net, const real* derived, const real* X, real* A, Py_ssize_t n,
                    Py_ssize_t row) noexcept nogil:
    # A[0] from n rows of X
    cdef Py_ssize_t n_in = net.layers.n_out
    if row == 1:
        memcpy(A, X, n_in * sizeof(real))
    else:
        transpose(n, n_in, X, n_in, A, row, row)
    if net.layers.gates:
        scale_rows(A, row, derived + net.layers.derived_z, n_in, row)


cdef void predict_units(const Network* net, Py_ssize_t l, const real* parameters, const real* derived,
                        const real* A_prev, real* A, Py_ssize_t row, Py_ssize_t first, Py_ssize_t n_units,
                        bint activated) noexcept nogil:
    # Units first .. first + n_units - 1 of A[l]. `row` is the number of examples, padded to full vectors; a single
    # example has row = 1. An activation that sums over units is left to `finish_layer`.
    cdef const Layer* layer = net.layers + l
    cdef const real* W = parameters + layer.W + first * layer.n_in
    cdef const real* b = parameters + layer.b + first
    cdef Py_ssize_t i
    cdef Epilogue epilogue = prediction_epilogue(layer, b, activated and row > 1)
    A += first * row
    if row == 1:
        dot_table(n_units, 1, layer.n_in, W, layer.n_in, A_prev, layer.n_in, A, 1)
        if not layer.batch_norm:
            for i in range(n_units):
                A[i] += b[i]
    else:
        product_with(n_units, row, layer.n_in, W, layer.n_in, 1, A_prev, row, A, row, epilogue)
    after_product(layer, parameters, derived, A, row, first, n_units, activated, epilogue.relu)


cdef Epilogue prediction_epilogue(const Layer* layer, const real* b, bint activated) noexcept nogil:
    cdef Epilogue epilogue
    memset(&epilogue, 0, sizeof(Epilogue))
    if not layer.batch_norm:
        epilogue.bias = b
        epilogue.relu = activated and layer.activation == RELU
    return epilogue


cdef void after_product(const Layer* layer, const real* parameters, const real* derived, real* A, Py_ssize_t row,
                        Py_ssize_t first, Py_ssize_t n_units, bint activated, bint relu_is_done) noexcept nogil:
    # what follows the product and its epilogue, for units from `first` on, whose rows begin at A
    if layer.batch_norm:
        batch_norm_predict_(A, row, parameters + layer.gamma + first, parameters + layer.b + first,
                            derived + layer.derived_mean + first, derived + layer.derived_variance + first, n_units,
                            row, BATCH_NORM_EPSILON)
    if activated and layer.activation == SOFTMAX:
        return
    if activated and not relu_is_done:
        activate(layer.activation, A, n_units, row, row, layer.option)
    if layer.gates:
        scale_rows(A, row, derived + layer.derived_z + first, n_units, row)


cdef void finish_layer(const Network* net, Py_ssize_t l, const real* derived, real* A, Py_ssize_t row) noexcept nogil:
    # the activation that sums over units, and the gates
    cdef const Layer* layer = net.layers + l
    activate(layer.activation, A, layer.n_out, row, row, layer.option)
    if layer.gates:
        scale_rows(A, row, derived + layer.derived_z, layer.n_out, row)


cdef void predict_layer(const Network* net, Py_ssize_t l, const real* parameters, const real* derived,
                        const real* A_prev, real* A, Py_ssize_t row, bint logits) noexcept nogil:
    predict_units(net, l, parameters, derived, A_prev, A, row, 0, net.layers[l].n_out, is_activated(net, l, logits))
    if sums_over_units(net, l, logits):
        finish_layer(net, l, derived, A, row)


cdef void predict_block(const Network* net, const real* parameters, const real* derived, const real* X, real* arrays,
                        Py_ssize_t n, Py_ssize_t row, bint logits, real* out) noexcept nogil:
    cdef Py_ssize_t l, n_outputs = net.layers[net.n_layers].n_out
    cdef const real* A_prev = X
    cdef real* A = arrays
    if row > 1 or net.layers.gates:
        load_rows(net, derived, X, A, n, row)
        A_prev = A
    for l in range(1, net.n_layers + 1):
        A = out if row == 1 and l == net.n_layers else arrays + array_of(net, l, row)
        predict_layer(net, l, parameters, derived, A_prev, A, row, logits)
        A_prev = A
    if row > 1:
        transpose(n_outputs, n, A_prev, row, out, n_outputs, n_outputs)


# ---------------------------------------------------------------------------- in bfloat16

cdef void pack_layers(const Network* net, const real* parameters, real* packed) noexcept nogil:
    # W of all layers, in pairs along rows
    cdef Py_ssize_t l
    cdef const Layer* layer
    if real is float:
        for l in range(1, net.n_layers + 1):
            layer = net.layers + l
            pack_rows(layer.n_out, layer.n_in, parameters + layer.W, layer.n_in, pairs_at(packed, layer.packed_W),
                      n_pairs(layer.n_in))


cdef void predict_block_bfloat16(const Prediction* p, const real* parameters, const real* derived, const real* X,
                                 real* arrays, Py_ssize_t n, Py_ssize_t row, real* out) noexcept nogil:
    # The packed weights follow the derived numbers, the packed activations of a layer the arrays. A single example
    # has the products of a batch, so that its operands are rounded too.
    cdef const Network* net = p.net
    cdef const Layer* layer
    cdef const real* A_prev = arrays
    cdef real* A = arrays
    cdef Py_ssize_t l, n_outputs = net.layers[net.n_layers].n_out
    cdef bfloat16_pair* pairs = pairs_at(arrays, activations_of(net, row))
    cdef bint activated
    cdef Epilogue epilogue
    if real is float:
        load_rows(net, derived, X, A, n, row)
        for l in range(1, net.n_layers + 1):
            layer = net.layers + l
            activated = is_activated(net, l, p.logits)
            A, A_prev = arrays + array_of(net, l, row), A
            epilogue = prediction_epilogue(layer, parameters + layer.b, activated)
            pack_row_pairs(layer.n_in, row, A_prev, row, pairs, row)
            product_pairs(layer.n_out, row, n_pairs(layer.n_in), pairs_at(derived, net.n_derived + layer.packed_W),
                          n_pairs(layer.n_in), 1, pairs, row, A, row, epilogue,
                          p.products == OF_BFLOAT16_BY_INSTRUCTIONS)
            after_product(layer, parameters, derived, A, row, 0, layer.n_out, activated, epilogue.relu)
            if sums_over_units(net, l, p.logits):
                finish_layer(net, l, derived, A, row)
        transpose(n_outputs, n, A, row, out, n_outputs, n_outputs)
