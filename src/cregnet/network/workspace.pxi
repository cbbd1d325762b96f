# The memory of a call, and the offsets of its arrays.
#
# A. The workspace is one allocation of numbers. Each layer has its activations A[l] and, if dW of the next layer
#    is computed from it, their transpose AT[l]. dZ[l] overwrites A[l] once A[l] is no longer needed. Training
#    stores no gradient vector: each thread computes dW one block of rows at a time, in a scratch buffer, and uses
#    it while it is in cache. Only clipping by norm stores the full gradient.
# B. `row` is the number of examples of the batch, padded to full vectors. Padded columns are zeros in A[0] and in
#    the gradient of the loss, so they add nothing to dW, db or dA.
# C. Gates and dropout work on A[l] in place. If the derivative of the activation needs values that they or the
#    activation itself overwrite, the layer has a copy of them (`saved`). A derivative from the sign of A needs no
#    copy with Bernoulli dropout: a dropped unit has A = 0, and its gradient is 0 too. It needs one with Gaussian
#    dropout, whose factors may be negative.
# D. Products of bfloat16 read copies of W, A and dZ, rounded and packed in pairs (bfloat16.h). A pair is as wide as a
#    float, so the copies have their places among the numbers. Those of W are made again when W is updated.

cdef enum:
    # Weights are updated one block of rows at a time. A block is large enough that reading the activations again
    # for each block costs less than its product. A large layer has a multiple of eight blocks, which two, four or
    # eight threads divide evenly.
    UPDATE_ELEMENTS = 65536
    UPDATE_SMALL = 16384             # a layer with at most this many weights is one block
    UPDATE_SHARES = 8
    # If dZ overwrites `saved`, dA needs a scratch buffer. It is computed in tiles of this many units and vectors of
    # examples. With fewer vectors the weights are read more often; with fewer units only dZ is, which is in cache.
    SCRATCH_UNITS = 512
    SCRATCH_VECTORS = 16
    PACKED_ELEMENTS = 4096           # weights that are updated and then packed: 16 kB of each array
    INPUT_COLUMNS = 16               # examples whose inputs are packed as bfloat16 together: a cache line of pairs
    PANEL_UNITS = 256                # of a panel of A transposed (note C of mixed.pxi)
    PASS_COLUMNS = 1024              # examples per pass forward and backward, so that their A[l] stay in cache


cdef Py_ssize_t reserve(Places* at, Py_ssize_t n) noexcept nogil:
    # offset of n numbers, aligned to a vector
    cdef Py_ssize_t offset = at.n_numbers
    at.n_numbers += padded(n, at.lanes)
    return offset


# ---------------------------------------------------------------------------- offsets of a training's arrays

cdef void place_training(const Network* net, Buffers* buffers, Places* at, Py_ssize_t n, int n_threads) noexcept nogil:
    # for batches of at most n examples
    cdef Py_ssize_t l, row = padded(n, at.lanes), widest = 0
    for l in range(net.n_layers + 1):
        place_layer(net, l, buffers + l, n, at)
        if needs_scratch(net, buffers, l):
            widest = max(widest, scratch_units(net.layers + l))
    at.fuses_first = fuses_first_layer(net, n, n_threads)
    if at.fuses_first:
        at.first_dW = reserve(at, net.layers[1].n_out * net.layers[1].n_in)
        at.first_db = reserve(at, net.layers[1].n_out)
        at.second_dW = reserve(at, net.layers[2].n_out * net.layers[2].n_in)
    at.Y = reserve(at, net.layers[net.n_layers].n_out * row)
    at.weight = reserve(at, row)
    at.loss = reserve(at, row)
    at.gradient = reserve(at, net.n_parameters if net.clip_norm > 0 else 0)
    widest *= scratch_columns(most_columns(row, n_threads, at.lanes), at.lanes)
    at.scratch_size = max(at.scratch_size, widest)
    at.scratch = reserve(at, n_threads * at.scratch_size)


cdef void place_layer(const Network* net, Py_ssize_t l, Buffers* own, Py_ssize_t n, Places* at) noexcept nogil:
    cdef const Layer* layer = net.layers + l
    cdef const Layer* after = layer + 1
    cdef Py_ssize_t row = padded(n, at.lanes)
    own.A = own.saved = own.dZ = reserve(at, layer.n_out * row)
    own.D = at.n_masks
    if layer.keep_prob < 1 and not layer.gaussian:
        at.n_masks += layer.n_out * row
    if l > 0 and needs_copy(net, l):
        own.saved = own.dZ = reserve(at, layer.n_out * row)
    if net.products != OF_NUMBERS:
        place_pairs(net, l, own, n, row, at)
    elif l < net.n_layers:
        (own + 1).dots = layer.activation != SOFTMAX and use_dots_f32(after.n_out, after.n_in, n)
        if l < 2 and has_narrow_second_layer(net):
            (own + 1).dots = True
        if not (own + 1).dots:
            own.AT_row = padded(layer.n_out, at.lanes)
            own.AT = reserve(at, n * own.AT_row)
        elif l > 0 and own.dZ == own.A:
            own.dZ = reserve(at, layer.n_out * row)
    place_regularizers(layer, own, row, at)
    if l > 0:
        own.block_rows = update_rows(layer.n_out, layer.n_in)
        if net.products != OF_NUMBERS:   # a pair of rows of W is in one block
            own.block_rows = padded(own.block_rows, 2)
        own.first_block = at.n_blocks
        at.n_blocks += blocks_of(layer, own)
        at.scratch_size = max(at.scratch_size, padded(own.block_rows * (layer.n_in + 2), at.lanes))
        if (layer - 1).gates:
            (own - 1).gate_sums = at.n_gate_sums
            at.n_gate_sums += blocks_of(layer, own) * layer.n_in


cdef void place_pairs(const Network* net, Py_ssize_t l, Buffers* own, Py_ssize_t n, Py_ssize_t row,
                      Places* at) noexcept nogil:
    cdef const Layer* layer = net.layers + l
    own.dZ_rows = reserve(at, layer.n_out * (row // 2))
    if l < net.n_layers:
        own.A_row_pairs = reserve(at, n_pairs(layer.n_out) * row)
        own.A_examples = reserve(at, row // 2 * padded(layer.n_out, PANEL_UNITS))
    if l > 0:
        own.W_rows = reserve(at, layer.n_out * n_pairs(layer.n_in))
        at.scratch_size = max(at.scratch_size, INPUT_COLUMNS * n_pairs(layer.n_in))
    if l > 1:
        own.W_row_pairs = reserve(at, n_pairs(layer.n_out) * layer.n_in)
        own.dZ_row_pairs = reserve(at, n_pairs(layer.n_out) * row)


cdef inline Py_ssize_t n_pairs(Py_ssize_t n) noexcept nogil:
    return (n + 1) // 2


cdef void place_regularizers(const Layer* layer, Buffers* own, Py_ssize_t row, Places* at) noexcept nogil:
    if layer.gaussian and layer.keep_prob < 1:
        own.factors = reserve(at, layer.n_out * row)
    if layer.batch_norm:
        own.Zhat = reserve(at, layer.n_out * row)
        own.batch_mean = reserve(at, layer.n_out)
        own.batch_variance = reserve(at, layer.n_out)
        own.dgamma = reserve(at, layer.n_out)
        own.dbeta = reserve(at, layer.n_out)
    if layer.gates:
        own.z = reserve(at, layer.n_out)
        own.slope = reserve(at, layer.n_out)
        own.dlog_alpha = reserve(at, layer.n_out)


cdef bint has_dropout_or_gates(const Layer* layer) noexcept nogil:
    # whether A is multiplied by a mask, factors or gates after the activation
    return layer.keep_prob < 1 or layer.gates


cdef bint has_random_inputs(const Network* net) noexcept nogil:
    return has_dropout_or_gates(net.layers) or net.noise > 0


cdef bint needs_copy(const Network* net, Py_ssize_t l) noexcept nogil:
    # whether the derivative needs values that will be overwritten (note C)
    cdef const Layer* layer = net.layers + l
    if layer.derivative == FROM_NOTHING:
        return False
    if l == net.n_layers:            # the loss replaces A by dA, unless it is computed from the logits
        return not net.from_logits
    if layer.derivative == FROM_SIGN:
        return layer.gaussian and layer.keep_prob < 1
    return layer.derivative == FROM_INPUT or has_dropout_or_gates(layer)


cdef bint fuses_relu(const Layer* layer, const Buffers* own) noexcept nogil:
    # Whether the product's epilogue turns dA into dZ. If dZ overwrites A, which is the mask, A must be written only
    # once: the inner sum must be one block.
    cdef Py_ssize_t depth = (layer + 1).n_out if own.A_examples == 0 else n_pairs((layer + 1).n_out)
    return layer.activation == RELU and (own.dZ != own.saved or depth <= PRODUCT_DEPTH)


cdef bint has_narrow_second_layer(const Network* net) noexcept nogil:
    # whether the first two layers are those of first_layer.h, whatever the batch and the number of threads
    cdef const Layer* layer = net.layers + 1
    cdef const Layer* after = net.layers + 2
    if net.n_layers < 2 or net.products != OF_NUMBERS or net.has_batch_norm or net.has_gates:
        return False
    if layer.activation != RELU or layer.keep_prob < 1:
        return False
    return layer.n_in == FIRST_INPUTS and after.n_out <= FIRST_NEXT and FIRST_UNITS <= layer.n_out <= FIRST_MOST_UNITS


cdef bint fuses_first_layer(const Network* net, Py_ssize_t n, int n_threads) noexcept nogil:
    # for batches of at most n examples, which pass in one piece
    return n_threads == 1 and n <= PASS_COLUMNS and has_narrow_second_layer(net)


cdef bint needs_scratch(const Network* net, const Buffers* buffers, Py_ssize_t l) noexcept nogil:
    # whether dA of a layer needs a scratch buffer, because dZ overwrites `saved`
    cdef const Buffers* own = buffers + l
    return 0 < l < net.n_layers and own.dZ == own.saved and not fuses_relu(net.layers + l, own)


cdef Py_ssize_t scratch_columns(Py_ssize_t width, Py_ssize_t lanes) noexcept nogil:
    return min(width, SCRATCH_VECTORS * lanes)


cdef Py_ssize_t scratch_units(const Layer* layer) noexcept nogil:
    # all units for softmax, which sums over them
    return layer.n_out if layer.activation == SOFTMAX else min(layer.n_out, <Py_ssize_t>SCRATCH_UNITS)


cdef Py_ssize_t update_rows(Py_ssize_t n_out, Py_ssize_t n_in) noexcept nogil:
    cdef Py_ssize_t blocks, most = UPDATE_SHARES * UPDATE_ELEMENTS
    if n_out * n_in <= UPDATE_SMALL:
        return n_out
    blocks = (n_out * n_in + most - 1) // most * UPDATE_SHARES
    return (n_out + blocks - 1) // blocks


cdef Py_ssize_t blocks_of(const Layer* layer, const Buffers* own) noexcept nogil:
    return (layer.n_out + own.block_rows - 1) // own.block_rows


# ---------------------------------------------------------------------------- a thread's examples

cdef struct Columns:                 # the examples of a batch that one thread processes
    int member
    int n_threads
    Py_ssize_t first
    Py_ssize_t width                 # number of columns, padding included
    Py_ssize_t n                     # number of examples
    Py_ssize_t batch                 # examples of the batch
    Py_ssize_t row                   # examples of the batch, padded


cdef struct Piece:                   # a tile of a layer's units x examples
    Py_ssize_t unit
    Py_ssize_t n_units
    Py_ssize_t first
    Py_ssize_t width


cdef struct Block:                   # rows of W that are updated together
    Py_ssize_t l
    Py_ssize_t number                # index within the layer
    Py_ssize_t first                 # row
    Py_ssize_t n_rows
    Py_ssize_t W                     # offset into the vector of parameters
    Py_ssize_t size                  # weights


cdef inline Py_ssize_t column_unit(Py_ssize_t lanes) noexcept nogil:
    return 2 * lanes                 # a tile is two vectors wide


cdef Py_ssize_t most_columns(Py_ssize_t row, int n_threads, Py_ssize_t lanes) noexcept nogil:
    cdef Py_ssize_t unit = column_unit(lanes), units = (row + unit - 1) // unit
    return (units + n_threads - 1) // n_threads * unit


cdef Columns share_columns(Py_ssize_t n, int n_threads, int member, Py_ssize_t lanes) noexcept nogil:
    cdef Columns mine
    cdef Py_ssize_t unit = column_unit(lanes), units, end
    mine.member, mine.n_threads, mine.batch = member, n_threads, n
    mine.row = padded(n, lanes)
    units = (mine.row + unit - 1) // unit
    mine.first = units * member // n_threads * unit
    end = min(units * (member + 1) // n_threads * unit, mine.row)
    mine.width = max(end - mine.first, <Py_ssize_t>0)
    mine.n = max(min(end, n) - mine.first, <Py_ssize_t>0)
    return mine
