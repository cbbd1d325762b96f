# The first half of a step, divided by columns: each thread runs its examples forward and backward.
#
#     gather -> [W A + b -> activation -> gates, dropout]* -> loss and its gradient
#            -> [dropout', gates' -> activation' -> dA]* reversed
#
# A. The passes of one example need no other example, so the columns are divided among the threads. No result
#    depends on which thread computes it.
# B. Batch normalisation takes means over all examples of a unit. In both directions there is a barrier before and
#    after it, and in between the units are divided among the threads.

# ---------------------------------------------------------------------------- inputs and targets

cdef void load_inputs(const Training* t, real** arrays, real* scratch, const int64_t* order, Py_ssize_t first,
                      const Columns* mine) noexcept nogil:
    # A[0] and, if dW of the first layer is computed from it, its transpose
    cdef const Buffers* own = t.buffers
    cdef const real* X = arrays[INPUTS]
    cdef real* A = arrays[WORK] + own.A + mine.first
    cdef real* AT
    cdef real* row
    cdef Py_ssize_t j, i, n_in = t.net.layers.n_out
    if t.net.products != OF_NUMBERS and not has_random_inputs(t.net):
        pack_inputs(t, arrays, scratch, order, first, mine)
        return
    if own.AT_row == 0:
        gather_(X, n_in, order, first + mine.first, mine.n, A, mine.row)
        if mine.width > mine.n:
            for i in range(n_in):
                memset(A + i * mine.row + mine.n, 0, (mine.width - mine.n) * sizeof(real))
        return
    AT = arrays[WORK] + own.AT + mine.first * own.AT_row
    for j in range(mine.n):
        i = first + mine.first + j
        row = AT + j * own.AT_row
        memcpy(row, X + (i if order == NULL else order[i]) * n_in, n_in * sizeof(real))
        memset(row + n_in, 0, (own.AT_row - n_in) * sizeof(real))
    transpose(mine.n, n_in, AT, own.AT_row, A, mine.row, mine.width)


cdef void load_targets(const Training* t, real** arrays, const int64_t* order, Py_ssize_t first,
                       const Columns* mine) noexcept nogil:
    # the targets, and the examples' weights divided by the batch size
    cdef Py_ssize_t i, j, n_outputs = t.net.layers[t.net.n_layers].n_out
    cdef real* Y = arrays[WORK] + t.at.Y + mine.first
    cdef real* out = arrays[WORK] + t.at.weight + mine.first
    cdef const real* weight = arrays[WEIGHTS]
    cdef real each = <real>(1.0 / mine.batch)
    first += mine.first
    if t.labels != NULL:
        one_hot_(t.labels, order, first, mine.n, Y, n_outputs, mine.row)
    else:
        gather_(<const real*>arrays[TARGETS], n_outputs, order, first, mine.n, Y, mine.row)
    if t.net.smoothing > 0:
        smooth_targets(Y, n_outputs, mine, t.net.smoothing, t.net.smoothing_classes)
    for j in range(mine.n):
        i = first + j
        out[j] = each if weight == NULL else each * weight[i if order == NULL else order[i]]


cdef void smooth_targets(real* Y, Py_ssize_t n_outputs, const Columns* mine, double share,
                         Py_ssize_t n_classes) noexcept nogil:
    # label smoothing (Szegedy et al. 2016, section 7): `share` of each target is spread evenly over the classes
    cdef Py_ssize_t i, j
    cdef real kept = <real>(1 - share), spread = <real>(share / n_classes)
    for i in range(n_outputs):
        for j in range(mine.n):
            Y[i * mine.row + j] = kept * Y[i * mine.row + j] + spread


# ---------------------------------------------------------------------------- gates and dropout

cdef void drop(real* A, Py_ssize_t A_row, const unsigned char* D, Py_ssize_t D_row, Py_ssize_t n_units,
               Py_ssize_t width, double keep_prob) noexcept nogil:
    cdef Py_ssize_t i
    if A_row == width and D_row == width:
        dropout_(A, D, n_units * width, keep_prob)
    else:
        for i in range(n_units):
            dropout_(A + i * A_row, D + i * D_row, width, keep_prob)


cdef void draw_mask(const Training* t, Py_ssize_t l, const Columns* mine, uint64_t step) noexcept nogil:
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef unsigned char* D = t.masks + own.D + mine.first
    cdef Py_ssize_t i
    if own.given_mask == NULL:
        mask_(D, mine.row, layer.n_out, mine.first, mine.width, layer.keep_prob, t.net.seed, <uint32_t>l, step)
        return
    for i in range(layer.n_out):
        memcpy(D + i * mine.row, own.given_mask + i * t.n_examples + mine.first, mine.n)
        memset(D + i * mine.row + mine.n, 0, mine.width - mine.n)


cdef void gate_and_drop(const Training* t, Py_ssize_t l, real* work, const Columns* mine,
                        uint64_t step) noexcept nogil:
    # A = A * z, then A = A * D / keep_prob or A * factors
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* A = work + own.A + mine.first
    cdef real* factors = work + own.factors + mine.first
    if layer.gates:
        scale_rows(A, mine.row, work + own.z, layer.n_out, mine.width)
    if layer.keep_prob < 1 and layer.gaussian:
        gaussian_dropout_factors_(factors, mine.row, layer.n_out, mine.first, mine.width, layer.keep_prob,
                                  t.net.seed, <uint32_t>l, step)
        apply_factors_(A, mine.row, factors, mine.row, layer.n_out, mine.width)
    elif layer.keep_prob < 1:
        draw_mask(t, l, mine, step)
        drop(A, mine.row, t.masks + own.D + mine.first, mine.row, layer.n_out, mine.width, layer.keep_prob)


cdef void gate_and_drop_backward(const Training* t, Py_ssize_t l, const real* work, real* dA, Py_ssize_t dA_row,
                                 const Piece* piece, Py_ssize_t row) noexcept nogil:
    # the gradient of gate_and_drop, on a piece of dA; `row` is that of the batch
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef Py_ssize_t at = piece.unit * row + piece.first
    if layer.keep_prob < 1 and layer.gaussian:
        apply_factors_(dA, dA_row, work + own.factors + at, row, piece.n_units, piece.width)
    elif layer.keep_prob < 1:
        drop(dA, dA_row, t.masks + own.D + at, row, piece.n_units, piece.width, layer.keep_prob)
    if layer.gates:
        scale_rows(dA, dA_row, work + own.z + piece.unit, piece.n_units, piece.width)


# ---------------------------------------------------------------------------- dense layers

cdef Epilogue forward_epilogue(const Layer* layer, const real* parameters, bint activated) noexcept nogil:
    cdef Epilogue epilogue
    memset(&epilogue, 0, sizeof(Epilogue))
    epilogue.bias = parameters + layer.b
    epilogue.relu = activated and layer.activation == RELU
    return epilogue


cdef void dense_forward(const Training* t, Py_ssize_t l, real** arrays, real* A, const Columns* mine,
                        bint activated) noexcept nogil:
    # A = W A_prev + b, and then the activation if `activated`
    cdef const Layer* layer = t.net.layers + l
    forward_product(t, l, arrays, A, mine, forward_epilogue(layer, <const real*>arrays[PARAMETERS], activated))
    if activated and layer.activation != RELU:
        activate(layer.activation, A, layer.n_out, mine.width, mine.row, layer.option)


# ---------------------------------------------------------------------------- batch normalisation

cdef double STATISTICS_DECAY = _spec.BATCH_NORM_DECAY
cdef double BATCH_NORM_EPSILON = _spec.BATCH_NORM_EPSILON


cdef void batch_norm_forward(Training* t, Py_ssize_t l, real** arrays, const Columns* mine) noexcept nogil:
    # Z = W A_prev, divided by columns, then A = gamma Zhat + beta, divided by units
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* parameters = arrays[PARAMETERS]
    cdef real* work = arrays[WORK]
    cdef Py_ssize_t first = layer.n_out * mine.member // mine.n_threads
    cdef Py_ssize_t n_units = layer.n_out * (mine.member + 1) // mine.n_threads - first
    cdef Epilogue plain
    memset(&plain, 0, sizeof(Epilogue))
    forward_product(t, l, arrays, work + own.Zhat + mine.first, mine, plain)
    team_barrier(&t.team)
    batch_norm_(work + own.Zhat + first * mine.row, mine.row, parameters + layer.gamma + first,
                parameters + layer.b + first, work + own.A + first * mine.row, mine.row,
                work + own.batch_mean + first, work + own.batch_variance + first, n_units, mine.batch, mine.row,
                BATCH_NORM_EPSILON)
    if t.updates_statistics:
        batch_norm_statistics_(work + own.batch_mean + first, work + own.batch_variance + first,
                               parameters + layer.mean + first, parameters + layer.variance + first, n_units,
                               mine.batch, STATISTICS_DECAY)
    team_barrier(&t.team)


cdef void batch_norm_backward_Z(Training* t, Py_ssize_t l, real** arrays, const Columns* mine) noexcept nogil:
    # replaces the gradient with respect to gamma Zhat + beta by that with respect to W A_prev, in place
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* work = arrays[WORK]
    cdef Py_ssize_t first = layer.n_out * mine.member // mine.n_threads
    cdef Py_ssize_t n_units = layer.n_out * (mine.member + 1) // mine.n_threads - first
    team_barrier(&t.team)
    batch_norm_backward_(work + own.dZ + first * mine.row, mine.row, work + own.Zhat + first * mine.row, mine.row,
                         arrays[PARAMETERS] + layer.gamma + first, work + own.batch_variance + first,
                         work + own.dgamma + first, work + own.dbeta + first, n_units, mine.batch, mine.row,
                         BATCH_NORM_EPSILON)
    team_barrier(&t.team)


cdef void weigh_statistics(real* weight) noexcept nogil:
    # the sum of the weights of the exponentially weighted statistics, which start from 0: below 1 at first
    weight[0] = <real>STATISTICS_DECAY * weight[0] + <real>(1 - STATISTICS_DECAY)


# ---------------------------------------------------------------------------- forward

cdef void forward(Training* t, real** arrays, const Columns* mine, uint64_t step) noexcept nogil:
    # From the batch in A[0] to A[L], which are logits if the loss is computed from them.
    cdef const Network* net = t.net
    cdef real* work = arrays[WORK]
    cdef Py_ssize_t l
    if net.noise > 0:
        gaussian_noise_(work + t.buffers.A + mine.first, mine.row, net.layers.n_out, mine.first, mine.n,
                        net.noise, net.seed, 0, step)
    for l in range(net.n_layers + 1):
        if l > 0:
            layer_forward(t, l, arrays, mine)
        if has_dropout_or_gates(net.layers + l):
            gate_and_drop(t, l, work, mine, step)
        if t.buffers[l].AT_row > 0 and (l > 0 or has_random_inputs(net)):
            transpose(net.layers[l].n_out, mine.n, work + t.buffers[l].A + mine.first, mine.row,
                      work + t.buffers[l].AT + mine.first * t.buffers[l].AT_row, t.buffers[l].AT_row,
                      t.buffers[l].AT_row)
        if t.buffers[l].A_examples > 0 and (l > 0 or has_random_inputs(net)):
            pack_activations(t, l, work, mine)


cdef void layer_forward(Training* t, Py_ssize_t l, real** arrays, const Columns* mine) noexcept nogil:
    # from A_prev to A, with a copy of Z or A if the derivative needs one
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* A = arrays[WORK] + own.A + mine.first
    cdef bint activated = l < t.net.n_layers or not t.net.from_logits
    cdef bint apart = layer.batch_norm or layer.derivative == FROM_INPUT
    if t.at.fuses_first and l == 1:
        first_layer_forward(t, arrays, mine)
    elif t.at.fuses_first and l == 2:
        if activated and not apart and layer.activation != RELU:
            activate(layer.activation, A, layer.n_out, mine.width, mine.row, layer.option)
    elif layer.batch_norm:
        batch_norm_forward(t, l, arrays, mine)
    else:
        dense_forward(t, l, arrays, A, mine, activated and not apart)
    if layer.derivative == FROM_INPUT:
        save(layer, own, arrays[WORK], mine)
    if activated and apart:
        activate(layer.activation, A, layer.n_out, mine.width, mine.row, layer.option)
    if layer.derivative != FROM_INPUT:
        save(layer, own, arrays[WORK], mine)


cdef void save(const Layer* layer, const Buffers* own, real* work, const Columns* mine) noexcept nogil:
    # copy A, or Z before the activation, if the derivative needs it (note C of workspace.pxi)
    cdef Py_ssize_t i, at
    if own.saved != own.A:
        for i in range(layer.n_out):
            at = i * mine.row + mine.first
            memcpy(work + own.saved + at, work + own.A + at, mine.width * sizeof(real))


# ---------------------------------------------------------------------------- loss and backward

cdef void output_gradient(Training* t, real** arrays, const Columns* mine) noexcept nogil:
    # the loss of each example, and dZ[L]
    cdef const Network* net = t.net
    cdef const Layer* layer = net.layers + net.n_layers
    cdef const Buffers* own = t.buffers + net.n_layers
    cdef real* work = arrays[WORK]
    cdef real* A = work + own.A + mine.first
    loss_(net.loss, A, work + t.at.Y + mine.first, work + t.at.weight + mine.first, work + t.at.loss + mine.first,
          layer.n_out, mine.n, mine.width, mine.row, &net.loss_options[0])
    if own.dZ != own.A:              # loss_ has replaced A by dA; dZ has the saved A or Z
        activate_backward(layer.activation, A, mine.row, work + own.dZ + mine.first, layer.n_out, mine.width,
                          mine.row, layer.option)


cdef void backward(Training* t, real** arrays, real* scratch, const Columns* mine) noexcept nogil:
    # from dZ[L] to dZ[1]
    cdef real* work = arrays[WORK]
    cdef Py_ssize_t l
    for l in range(t.net.n_layers, 0, -1):
        if l < t.net.n_layers:
            layer_backward(t, l, arrays, scratch, mine)
        if t.net.layers[l].batch_norm:
            batch_norm_backward_Z(t, l, arrays, mine)
        if t.net.products != OF_NUMBERS:
            pack_gradient(t, l, work, mine)


cdef void layer_backward(Training* t, Py_ssize_t l, real** arrays, real* scratch,
                         const Columns* mine) noexcept nogil:
    # dA = W^T dZ of the next layer, then backward through dropout and gates, then through the activation
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* work = arrays[WORK]
    cdef real* dZ = work + own.dZ + mine.first
    cdef Piece full = Piece(0, layer.n_out, mine.first, mine.width)
    cdef Epilogue epilogue
    if t.at.fuses_first and l == 1:
        first_layer_backward(t, arrays, mine)
        return
    memset(&epilogue, 0, sizeof(Epilogue))
    if fuses_relu(layer, own):
        relu_layer_backward(t, l, arrays, &full, mine)
    elif not needs_scratch(t.net, t.buffers, l):
        backward_product(t, l, arrays, dZ, mine.row, &full, mine.row, epilogue)
        gate_and_drop_backward(t, l, work, dZ, mine.row, &full, mine.row)
        activate_backward_dA(layer.activation, dZ, work + own.saved + mine.first, layer.n_out, mine.width, mine.row,
                             layer.option)
    else:
        layer_backward_in_pieces(t, l, arrays, scratch, mine)


cdef void relu_layer_backward(Training* t, Py_ssize_t l, real** arrays, const Piece* full,
                              const Columns* mine) noexcept nogil:
    # The gradient is 0 wherever A is 0, whether the unit is dropped or inactive, so A is the mask of the epilogue.
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* work = arrays[WORK]
    cdef real* dZ = work + own.dZ + mine.first
    cdef bint factors = layer.gaussian and layer.keep_prob < 1
    cdef Epilogue epilogue
    memset(&epilogue, 0, sizeof(Epilogue))
    epilogue.mask, epilogue.mask_row = work + own.saved + mine.first, mine.row
    epilogue.scale = 1.0 if factors else 1 / layer.keep_prob
    backward_product(t, l, arrays, dZ, mine.row, full, mine.row, epilogue)
    if factors:
        apply_factors_(dZ, mine.row, work + own.factors + mine.first, mine.row, layer.n_out, mine.width)
    if layer.gates:
        scale_rows(dZ, mine.row, work + own.z, layer.n_out, mine.width)


cdef void layer_backward_in_pieces(Training* t, Py_ssize_t l, real** arrays, real* scratch,
                                   const Columns* mine) noexcept nogil:
    # dZ overwrites the array that the derivative is computed from, so dA is computed in a scratch buffer
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef real* work = arrays[WORK]
    cdef Py_ssize_t end = mine.first + mine.width, columns = scratch_columns(mine.width, t.at.lanes)
    cdef Py_ssize_t units = scratch_units(layer)
    cdef real* dZ
    cdef Piece piece
    cdef Epilogue epilogue
    memset(&epilogue, 0, sizeof(Epilogue))
    piece.first = mine.first
    while piece.first < end:
        piece.width = min(columns, end - piece.first)
        piece.unit = 0
        while piece.unit < layer.n_out:
            piece.n_units = min(units, layer.n_out - piece.unit)
            dZ = work + own.dZ + piece.unit * mine.row + piece.first
            backward_product(t, l, arrays, scratch, piece.width, &piece, mine.row, epilogue)
            gate_and_drop_backward(t, l, work, scratch, piece.width, &piece, mine.row)
            activate_backward(layer.activation, scratch, piece.width, dZ, piece.n_units, piece.width, mine.row,
                              layer.option)
            piece.unit += piece.n_units
        piece.first += piece.width


# ---------------------------------------------------------------------------- forward and backward of a thread

cdef void examples_pass(Training* t, real** arrays, real* scratch, const int64_t* order, Py_ssize_t first,
                        const Columns* mine, uint64_t step, bint loaded) noexcept nogil:
    # `loaded`: inputs and targets are still those of the last step, which had the same batch
    cdef Columns part = mine[0]
    cdef Py_ssize_t end = mine.first + mine.width
    if t.net.has_batch_norm:         # every layer has barriers, so all columns of the thread pass together
        columns_pass(t, arrays, scratch, order, first, mine, step, loaded)
        return
    while part.first < end and not team_stop_requested(&t.team):
        part.width = min(<Py_ssize_t>PASS_COLUMNS, end - part.first)
        part.n = max(min(part.first + part.width, mine.first + mine.n) - part.first, <Py_ssize_t>0)
        columns_pass(t, arrays, scratch, order, first, &part, step, loaded)
        part.first += part.width
        if part.first < end and mine.member == 0:
            check_signals(t)


cdef void columns_pass(Training* t, real** arrays, real* scratch, const int64_t* order, Py_ssize_t first,
                       const Columns* mine, uint64_t step, bint loaded) noexcept nogil:
    if not loaded or has_random_inputs(t.net):
        load_inputs(t, arrays, scratch, order, first, mine)
    if not loaded:
        load_targets(t, arrays, order, first, mine)
    forward(t, arrays, mine, step)
    output_gradient(t, arrays, mine)
    backward(t, arrays, scratch, mine)
