# The first layer of a network with two inputs and a narrow second layer, in the loops of c/first_layer.h.
#
# A. Such a network spends most of a step on the activations of its first layer. The usual loops write them, read them
#    for the next product and as the mask of dZ, write dZ, and read both for dW and db. The loops of
#    first_layer.h write the activations once and read them once.
# B. Backward, dW and db of the first layer and dW of the second one are complete after the pass over the examples. They
#    are kept in the workspace until the update, which is the usual one.
# C. This is for one thread, since its sums go over all examples of the batch. On several threads the same network has
#    dot products for dW of both layers, which add in the same order: the results have the same bits.

cdef void first_layer_forward(const Training* t, real** arrays, const Columns* mine) noexcept nogil:
    # A[1] and Z[2], or A[2] if its activation is relu
    cdef const Layer* layer = t.net.layers + 1
    cdef const Layer* after = t.net.layers + 2
    cdef const real* parameters = arrays[PARAMETERS]
    cdef real* work = arrays[WORK]
    cdef bint relu_after = after.activation == RELU and (t.net.n_layers > 2 or not t.net.from_logits)
    first_forward(layer.n_out, after.n_out, <const real*>work + t.buffers[0].A, parameters + layer.W,
                  parameters + layer.b, work + t.buffers[1].A, parameters + after.W, parameters + after.b, relu_after,
                  work + t.buffers[2].A, mine.row)


cdef void first_layer_backward(const Training* t, real** arrays, const Columns* mine) noexcept nogil:
    # dW[1], db[1] and dW[2] from dZ[2]
    cdef const Layer* layer = t.net.layers + 1
    cdef const Layer* after = t.net.layers + 2
    cdef const real* parameters = arrays[PARAMETERS]
    cdef real* work = arrays[WORK]
    first_backward(layer.n_out, after.n_out, <const real*>work + t.buffers[0].A,
                   <const real*>work + t.buffers[1].A, parameters + after.W, <const real*>work + t.buffers[2].dZ,
                   work + t.at.first_dW, work + t.at.first_db, work + t.at.second_dW, mine.row)
