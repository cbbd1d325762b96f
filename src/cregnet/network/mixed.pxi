# The three products of a layer, and mixed precision: products whose operands are rounded to bfloat16.
#
#     Z = W A_prev        dA_prev = W^T dZ        dW = dZ A_prev^T
#
# A. Parameters, moments, sums, activations, losses and their gradients stay in float32 (Micikevicius et al. 2018,
#    "Mixed precision training"; Kalamkar et al. 2019, "A study of bfloat16 for deep learning training"). A bfloat16
#    has the exponents of a float32, so the loss needs no scaling.
# B. Each matrix is rounded and packed once, where it is computed: A after its activation, gates and dropout, dZ
#    before the layer's backward product, W after its update.
# C. The transposed copy of A is divided into panels of PANEL_UNITS units, one after another: a register tile of dW
#    walks down a panel, and in rows of the whole layer each step would be on another page.
# D. Each result is a sum over pairs in a fixed order, so the bits do not depend on the number of threads.

cdef inline bfloat16_pair* pairs_at(const real* work, Py_ssize_t offset) noexcept nogil:
    return <bfloat16_pair*>(work + offset)


# ---------------------------------------------------------------------------- packing

cdef void pack_weights(const Training* t, const Block* block, real** arrays) noexcept nogil:
    # rows of W, whose first is even
    cdef const Layer* layer = t.net.layers + block.l
    cdef const Buffers* own = t.buffers + block.l
    cdef Py_ssize_t n_in = layer.n_in
    cdef const real* W = arrays[PARAMETERS] + block.W
    cdef real* work = arrays[WORK]
    cdef bfloat16_pair* rows = pairs_at(work, own.W_rows + block.first * n_pairs(n_in))
    if real is float:
        if block.l == 1:
            pack_rows(block.n_rows, n_in, W, n_in, rows, n_pairs(n_in))
        else:
            pack_both_ways(block.n_rows, n_in, W, n_in, rows, n_pairs(n_in),
                           pairs_at(work, own.W_row_pairs + block.first // 2 * n_in), n_in)


cdef void pack_activations(const Training* t, Py_ssize_t l, real* work, const Columns* mine) noexcept nogil:
    cdef const Buffers* own = t.buffers + l
    cdef Py_ssize_t n = t.net.layers[l].n_out, half = mine.row // 2, first = mine.first // 2, unit = 0, n_units
    cdef const real* A = work + own.A + mine.first
    cdef bfloat16_pair* rows = pairs_at(work, own.dZ_rows + first)
    if real is float:
        pack_both_ways(n, mine.width, A, mine.row, rows, half, pairs_at(work, own.A_row_pairs + mine.first), mine.row)
        while unit < n:
            n_units = min(<Py_ssize_t>PANEL_UNITS, n - unit)
            transpose_u32(n_units, mine.width // 2, rows + unit * half, half,
                          pairs_at(work, own.A_examples + unit * half + first * PANEL_UNITS), PANEL_UNITS, n_units)
            unit += n_units


cdef void pack_gradient(const Training* t, Py_ssize_t l, real* work, const Columns* mine) noexcept nogil:
    cdef const Buffers* own = t.buffers + l
    cdef Py_ssize_t n = t.net.layers[l].n_out
    cdef const real* dZ = work + own.dZ + mine.first
    cdef bfloat16_pair* rows = pairs_at(work, own.dZ_rows + mine.first // 2)
    if real is float:
        if l == 1:
            pack_rows(n, mine.width, dZ, mine.row, rows, mine.row // 2)
        else:
            pack_both_ways(n, mine.width, dZ, mine.row, rows, mine.row // 2,
                           pairs_at(work, own.dZ_row_pairs + mine.first), mine.row)


cdef void pack_inputs(const Training* t, real** arrays, real* scratch, const int64_t* order, Py_ssize_t first,
                      const Columns* mine) noexcept nogil:
    # A[0] as pack_activations leaves it, straight from the rows of X
    cdef const Buffers* own = t.buffers
    cdef Py_ssize_t n_in = t.net.layers.n_out, n_in_pairs = n_pairs(n_in), start, j, n, width
    cdef real* work = arrays[WORK]
    cdef bfloat16_pair* rows = pairs_at(scratch, 0)
    cdef bfloat16_pair* examples = pairs_at(work, own.A_examples + mine.first // 2 * PANEL_UNITS)
    cdef const real* x
    cdef const real* x_next
    first += mine.first
    if real is float:
        start = 0
        while start < mine.width:
            n = max(min(<Py_ssize_t>INPUT_COLUMNS, mine.n - start), <Py_ssize_t>0)
            width = min(<Py_ssize_t>INPUT_COLUMNS, mine.width - start)
            for j in range(0, n, 2):
                x = example(t, arrays, order, first + start + j)
                x_next = example(t, arrays, order, first + start + j + 1) if j + 1 < n else NULL
                pack_example_pair(n_in, x, x_next, examples + (start + j) // 2 * PANEL_UNITS, mine.row // 2)
                pack_rows(1, n_in, x, n_in, rows + j * n_in_pairs, n_in_pairs)
                if x_next != NULL:
                    pack_rows(1, n_in, x_next, n_in, rows + (j + 1) * n_in_pairs, n_in_pairs)
            transpose_u32(n, n_in_pairs, rows, n_in_pairs,
                          pairs_at(work, own.A_row_pairs + mine.first + start), mine.row, width)
            start += INPUT_COLUMNS


cdef void pack_example_pair(Py_ssize_t n, const real* x, const real* x_next, bfloat16_pair* out,
                            Py_ssize_t panel_rows) noexcept nogil:
    # a row of each panel
    cdef Py_ssize_t unit = 0
    if real is float:
        while unit < n:
            pack_two_rows(min(<Py_ssize_t>PANEL_UNITS, n - unit), x + unit, x_next, out + unit * panel_rows)
            if x_next != NULL:
                x_next += PANEL_UNITS
            unit += PANEL_UNITS


cdef inline const real* example(const Training* t, real** arrays, const int64_t* order, Py_ssize_t i) noexcept nogil:
    # row i of the inputs in the order of this epoch
    return arrays[INPUTS] + (i if order == NULL else order[i]) * t.net.layers.n_out


# ---------------------------------------------------------------------------- products

cdef void forward_product(const Training* t, Py_ssize_t l, real** arrays, real* out, const Columns* mine,
                          Epilogue epilogue) noexcept nogil:
    # out = W A_prev, with the epilogue
    cdef const Layer* layer = t.net.layers + l
    cdef const Buffers* own = t.buffers + l
    cdef const Buffers* before = own - 1
    cdef real* work = arrays[WORK]
    if real is float:
        if t.net.products != OF_NUMBERS:
            product_pairs(layer.n_out, mine.width, n_pairs(layer.n_in), pairs_at(work, own.W_rows),
                          n_pairs(layer.n_in), 1, pairs_at(work, before.A_row_pairs + mine.first), mine.row, out,
                          mine.row, epilogue, t.net.products == OF_BFLOAT16_BY_INSTRUCTIONS)
            return
    product_with(layer.n_out, mine.width, layer.n_in, arrays[PARAMETERS] + layer.W, layer.n_in, 1,
                 work + before.A + mine.first, mine.row, out, mine.row, epilogue)


cdef void backward_product(const Training* t, Py_ssize_t l, real** arrays, real* dA, Py_ssize_t dA_row,
                           const Piece* piece, Py_ssize_t row, Epilogue epilogue) noexcept nogil:
    # a piece of dA = W^T dZ, with W and dZ of the layer after l; `row` is that of the batch
    cdef const Layer* after = t.net.layers + l + 1
    cdef const Buffers* own = t.buffers + l + 1
    cdef real* work = arrays[WORK]
    if real is float:
        if t.net.products != OF_NUMBERS:
            product_pairs(piece.n_units, piece.width, n_pairs(after.n_out),
                          pairs_at(work, own.W_row_pairs + piece.unit), 1, after.n_in,
                          pairs_at(work, own.dZ_row_pairs + piece.first), row, dA, dA_row, epilogue,
                          t.net.products == OF_BFLOAT16_BY_INSTRUCTIONS)
            return
    product_with(piece.n_units, piece.width, after.n_out, arrays[PARAMETERS] + after.W + piece.unit, 1, after.n_in,
                 work + own.dZ + piece.first, row, dA, dA_row, epilogue)


cdef void weight_product(const Training* t, const Block* block, real* work, real* dW, Py_ssize_t n,
                         Py_ssize_t row) noexcept nogil:
    # rows of dW = dZ A_prev^T; padded columns of dZ are 0
    cdef const Layer* layer = t.net.layers + block.l
    cdef const Buffers* own = t.buffers + block.l
    cdef const Buffers* before = own - 1
    cdef const real* dZ = work + own.dZ + block.first * row
    cdef Py_ssize_t unit = 0
    cdef Epilogue plain
    memset(&plain, 0, sizeof(Epilogue))
    if real is float:
        if t.net.products != OF_NUMBERS:
            while unit < layer.n_in:
                product_pairs(block.n_rows, min(<Py_ssize_t>PANEL_UNITS, layer.n_in - unit), n_pairs(n),
                              pairs_at(work, own.dZ_rows + block.first * (row // 2)), row // 2, 1,
                              pairs_at(work, before.A_examples + unit * (row // 2)), PANEL_UNITS, dW + unit,
                              layer.n_in, plain, t.net.products == OF_BFLOAT16_BY_INSTRUCTIONS)
                unit += PANEL_UNITS
            return
    if own.dots:
        dot_table(block.n_rows, layer.n_in, row, dZ, row, work + before.A, row, dW, layer.n_in)
    else:
        product_with(block.n_rows, layer.n_in, n, dZ, row, 1, work + before.AT, before.AT_row, dW, layer.n_in, plain)
