# Monte-Carlo samples: predictions with dropout on, their means and standard deviations (Gal & Ghahramani 2016).
#
# A. A block of examples passes all samples, so that its moments stay in cache. They are computed in double, one sample
#    after another (Welford 1962), so that they do not depend on the number of threads.
# B. The masks of `mask_rows` examples are those of a training step with these examples as its batch. Sample s of their
#    k-th group has the masks of step k n_samples + s.
# C. Layers before the first dropout are the same in all samples and are computed once.

cdef Py_ssize_t sampled_block(const Sampling* sampling, Py_ssize_t n_examples, Py_ssize_t block) noexcept nogil:
    # Examples of a task, which are all of one group: not more than `block`, if mask_rows can be halved as often.
    cdef Py_ssize_t n = sampling.mask_rows
    if n >= n_examples:
        return block
    while n > block and n % 2 == 0:
        n //= 2
    return n


cdef Py_ssize_t widest_layer(const Network* net) noexcept nogil:
    return max(net.widest[0], net.widest[1])


cdef Py_ssize_t sampling_numbers(const Network* net, Py_ssize_t row, size_t number_size) noexcept nogil:
    # of the layer before the first dropout, of a mask or factors, and of the moments, after the activations
    cdef Py_ssize_t moments = 2 * padded(net.layers[net.n_layers].n_out * row, DERIVED_UNIT)
    return 2 * padded(widest_layer(net) * row, DERIVED_UNIT) + moments * <Py_ssize_t>(sizeof(double) // number_size)


cdef void drop_units(const Layer* layer, uint32_t l, real* A, real* scratch, Py_ssize_t first, Py_ssize_t row,
                     uint64_t seed, uint64_t step) noexcept nogil:
    # `first` is the number of the first example in the batch that the draws are for
    if layer.gaussian:
        gaussian_dropout_factors_(scratch, row, layer.n_out, first, row, layer.keep_prob, seed, l, step)
        apply_factors_(A, row, scratch, row, layer.n_out, row)
    else:
        mask_(<unsigned char*>scratch, row, layer.n_out, first, row, layer.keep_prob, seed, l, step)
        dropout_(A, <const unsigned char*>scratch, layer.n_out * row, layer.keep_prob)


cdef void add_sample(const real* A, double* mean, double* squares, Py_ssize_t n, Py_ssize_t count) noexcept nogil:
    # sample number `count`, from 1 on
    cdef Py_ssize_t k
    cdef double away
    if count == 1:
        for k in range(n):
            mean[k], squares[k] = A[k], 0
        return
    for k in range(n):
        away = A[k] - mean[k]
        mean[k] = mean[k] + away / count
        squares[k] = squares[k] + away * (A[k] - mean[k])


cdef Py_ssize_t first_dropout(const Network* net) noexcept nogil:
    # the layer; the last one that may have dropout if none has
    cdef Py_ssize_t l = 0
    while l < net.n_layers - 1 and net.layers[l].keep_prob >= 1:
        l += 1
    return l


cdef void sample_block(Prediction* p, int member, const real* derived, const real* X, real* arrays, Py_ssize_t first,
                       Py_ssize_t n, Py_ssize_t row, real* out, real* spread) noexcept nogil:
    # `first` is the number of the first example
    cdef const Network* net = p.net
    cdef const Sampling* sampling = p.sampling
    cdef const real* parameters = <const real*>p.parameters
    cdef Py_ssize_t l, i, j, s, start = first_dropout(net), n_outputs = net.layers[net.n_layers].n_out
    cdef real* kept = arrays + activations_of(net, row)
    cdef real* scratch = kept + padded(widest_layer(net) * row, DERIVED_UNIT)
    cdef double* mean = <double*>(scratch + padded(widest_layer(net) * row, DERIVED_UNIT))
    cdef double* squares = mean + padded(n_outputs * row, DERIVED_UNIT)
    cdef uint64_t step = <uint64_t>(first // sampling.mask_rows * sampling.n_samples)
    cdef real* A = arrays
    load_rows(net, derived, X, A, n, row)
    for l in range(1, start + 1):
        predict_layer(net, l, parameters, derived, A, arrays + array_of(net, l, row), row, False)
        A = arrays + array_of(net, l, row)
    memcpy(kept, A, net.layers[start].n_out * row * sizeof(real))
    for s in range(sampling.n_samples):
        A = arrays + array_of(net, start, row)
        memcpy(A, kept, net.layers[start].n_out * row * sizeof(real))
        for l in range(start, net.n_layers):
            if net.layers[l].keep_prob < 1:
                drop_units(net.layers + l, <uint32_t>l, A, scratch, first % sampling.mask_rows, row, sampling.seed,
                           step + <uint64_t>s)
            predict_layer(net, l + 1, parameters, derived, A, arrays + array_of(net, l + 1, row), row, False)
            A = arrays + array_of(net, l + 1, row)
        add_sample(A, mean, squares, n_outputs * row, s + 1)
        if member == 0:
            check_prediction(p)
        if team_stop_requested(&p.team):
            return
    for j in range(n):
        for i in range(n_outputs):
            out[j * n_outputs + i] = <real>mean[i * row + j]
            spread[j * n_outputs + i] = <real>c_sqrt(squares[i * row + j] / sampling.n_samples)
