# The network: gather -> [W A + b -> activation -> dropout]* -> loss and its gradient
#          -> [dropout' -> activation' -> dW, db, dA]* reversed -> penalty -> optimiser step.
#
# A. One call runs whole epochs without the GIL; Python sees the mean cost of each epoch.
# B. The workspace is one allocation per call: the activations of every layer (needed by the
#    backward pass), two buffers that dA alternates between, the targets, the weights of the
#    examples, the transposed copy that dW may need, and the gradient.
# C. `row` is the number of examples of the batch padded to whole vectors. Padded columns start as
#    zeros in A[0] and in the gradient of the loss, so they add nothing to dW, db or dA.
# D. Dropout works on A[l] in place. The derivatives of relu and its kin need the sign of A alone and
#    have it where the gradient is not 0 anyway; sigmoid, tanh and softmax need A as it was, so a
#    layer with one of them and dropout keeps a copy (A_whole).

from cpython.exc cimport PyErr_CheckSignals

cdef extern from "<math.h>" nogil:
    bint isfinite(double)

cdef extern from "system.h" nogil:
    double seconds_now()

cdef double SIGNAL_PERIOD = 0.05     # seconds between two looks at Ctrl-C

cdef struct Layer:
    Py_ssize_t n_in
    Py_ssize_t n_out
    int activation
    double keep_prob
    double l1
    double l2
    Py_ssize_t W                     # offsets into the parameter vector
    Py_ssize_t b
    Py_ssize_t A                     # offsets into the workspace and the masks, for the largest batch
    Py_ssize_t A_whole               # A before dropout, where the derivative needs it (note D)
    Py_ssize_t D
    const unsigned char* ready       # a mask given by the caller, (n_out, n_examples), or NULL

cdef struct Network:
    Py_ssize_t n_layers              # L; layers[0] is the input
    Layer* layers
    int loss
    int optimizer
    double hyper[4]
    uint64_t seed
    Py_ssize_t n_parameters
    bint has_penalty

cdef struct Workspace:               # offsets in reals; A[l] is at layers[l].A
    Py_ssize_t dA
    Py_ssize_t dA_prev
    Py_ssize_t Y
    Py_ssize_t weight
    Py_ssize_t scratch
    Py_ssize_t gradient
    Py_ssize_t n_reals
    Py_ssize_t n_masks


# ---------------------------------------------------------------------------- plan to struct

cdef Network* new_network(object plan) except NULL:
    cdef Py_ssize_t n_layers = len(plan.sizes) - 1
    cdef Network* net = <Network*>malloc(sizeof(Network) + (n_layers + 1) * sizeof(Layer))
    if net == NULL:
        raise MemoryError
    try:
        fill_network(net, n_layers, plan)
    except BaseException:
        free(net)
        raise
    return net


cdef int fill_network(Network* net, Py_ssize_t n_layers, object plan) except -1:
    cdef Py_ssize_t l, at = 0
    cdef Layer* layer
    memset(net, 0, sizeof(Network) + (n_layers + 1) * sizeof(Layer))
    net.n_layers = n_layers
    net.layers = <Layer*>(net + 1)
    net.loss = LOSS_CODES[plan.loss]
    net.optimizer = OPTIMIZER_CODES[plan.optimizer]
    if len(plan.hyper) > 4:
        raise ValueError(f"plan.hyper has {len(plan.hyper)} entries, wanted at most 4")
    for l, value in enumerate(plan.hyper):
        net.hyper[l] = value
    net.seed = plan.seed
    for l in range(n_layers + 1):
        layer = net.layers + l
        layer.n_out = plan.sizes[l]
        layer.keep_prob = plan.keep_prob[l] if l < n_layers else 1.0
        if l > 0:
            layer.n_in = plan.sizes[l - 1]
            layer.activation = ACTIVATION_CODES[plan.activations[l - 1]]
            layer.l1, layer.l2 = plan.l1[l - 1], plan.l2[l - 1]
            net.has_penalty |= layer.l1 != 0 or layer.l2 != 0
            layer.W = at
            layer.b = at + layer.n_out * layer.n_in
            at = layer.b + layer.n_out
    net.n_parameters = at
    return 0


cdef Workspace plan_workspace(Network* net, real* like, Py_ssize_t n_examples,
                              bint training) noexcept nogil:
    # Prediction needs two layers at a time: odd and even ones share a place each.
    cdef Workspace work
    cdef Py_ssize_t l, row = padded(like, n_examples), at = 0, widest = 0, n_scratch = 0
    cdef Py_ssize_t n_outputs = net.layers[net.n_layers].n_out
    cdef Layer* layer
    memset(&work, 0, sizeof(Workspace))
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        if l > 0:
            widest = max(widest, layer.n_out)
            n_scratch = max(n_scratch, scratch_size(like, layer.n_out, layer.n_in, n_examples))
        if training or l < 2:
            layer.A = at
            at += (layer.n_out if training else widest_from(net, l)) * row
        else:
            layer.A = net.layers[l - 2].A
        layer.A_whole = layer.A
        layer.D = work.n_masks
        if training and layer.keep_prob < 1:
            work.n_masks += layer.n_out * row
            if needs_whole(layer):
                layer.A_whole = at
                at += layer.n_out * row
    if training:
        work.dA, work.dA_prev = at, at + widest * row
        at += 2 * widest * row
        work.scratch = at
        at += padded(like, n_scratch)
        work.gradient = at
        at += padded(like, net.n_parameters)
        work.Y = at
        at += n_outputs * row
        work.weight = at
        at += row
    work.n_reals = at
    return work


cdef bint needs_whole(Layer* layer) noexcept nogil:
    return layer.activation == SIGMOID or layer.activation == TANH or layer.activation == SOFTMAX


cdef Py_ssize_t widest_from(Network* net, Py_ssize_t first) noexcept nogil:
    cdef Py_ssize_t l, widest = 0
    for l in range(first, net.n_layers + 1, 2):
        widest = max(widest, net.layers[l].n_out)
    return widest


cdef void* new_workspace(size_t n_bytes) except NULL:
    # 64 bytes: a cache line and the widest vector
    cdef void* memory = aligned_new(n_bytes)
    if memory == NULL:
        raise MemoryError(f"cannot allocate {n_bytes} bytes for the activations of a batch")
    return memory


cdef extern from "system.h" nogil:
    void* aligned_new(size_t n_bytes)
    void aligned_delete(void* memory)


# ---------------------------------------------------------------------------- forward

cdef void apply_dropout(Network* net, Py_ssize_t l, real* work, unsigned char* masks,
                        Py_ssize_t n, Py_ssize_t row, uint64_t step) noexcept nogil:
    cdef Layer* layer = net.layers + l
    cdef unsigned char* D = masks + layer.D
    cdef Py_ssize_t i
    if layer.ready == NULL:
        mask_(D, layer.n_out, row, layer.keep_prob, net.seed, <uint32_t>l, step)
    else:
        for i in range(layer.n_out):
            memcpy(D + i * row, layer.ready + i * n, n)
            memset(D + i * row + n, 0, row - n)
    if layer.A_whole != layer.A:
        memcpy(work + layer.A_whole, work + layer.A, layer.n_out * row * sizeof(real))
    dropout_(work + layer.A, D, layer.n_out * row, layer.keep_prob)


cdef void layer_forward(Network* net, Py_ssize_t l, const real* parameters, real* work,
                        Py_ssize_t row) noexcept nogil:
    # Z = W A_prev + b, then the activation, in place
    cdef Layer* layer = net.layers + l
    cdef real* A = work + layer.A
    product(layer.n_out, row, layer.n_in, parameters + layer.W, layer.n_in, 1,
            work + net.layers[l - 1].A, row, A, row, parameters + layer.b)
    if l < net.n_layers or net.loss == SQUARED_ERROR:
        activate(layer.activation, A, layer.n_out, row)


cdef void forward(Network* net, const real* parameters, real* work, unsigned char* masks,
                  Py_ssize_t n, Py_ssize_t row, uint64_t step) noexcept nogil:
    # the batch is in A[0]; leaves logits (activations for the squared error) in A[L]
    cdef Py_ssize_t l
    for l in range(net.n_layers + 1):
        if l > 0:
            layer_forward(net, l, parameters, work, row)
        if net.layers[l].keep_prob < 1:
            apply_dropout(net, l, work, masks, n, row, step)


# ---------------------------------------------------------------------------- backward

cdef void layer_backward(Network* net, Py_ssize_t l, const real* parameters, real* work,
                         Workspace* at, real* gradient, const real* dZ, real* dA_prev, Py_ssize_t n,
                         Py_ssize_t row) noexcept nogil:
    # dW = dZ A_prev^T, db = row sums of dZ, dA_prev = W^T dZ
    cdef Layer* layer = net.layers + l
    product_transposed(layer.n_out, layer.n_in, n, dZ, row, work + net.layers[l - 1].A, row,
                       gradient + layer.W, layer.n_in, work + at.scratch)
    bias_gradient(dZ, gradient + layer.b, layer.n_out, n, row)
    if l > 1:
        product(layer.n_in, row, layer.n_out, parameters + layer.W, 1, layer.n_in, dZ, row,
                dA_prev, row, <real*>NULL)


cdef void unit_backward(Network* net, Py_ssize_t l, real* work, unsigned char* masks, real* dA,
                        Py_ssize_t row) noexcept nogil:
    # dA becomes dZ: back through dropout, then through the activation
    cdef Layer* layer = net.layers + l
    if layer.keep_prob < 1:
        dropout_(dA, masks + layer.D, layer.n_out * row, layer.keep_prob)
    activate_backward(layer.activation, dA, work + layer.A_whole, layer.n_out, row)


cdef double cost_and_gradient(Network* net, const real* parameters, real* gradient, real* work,
                              Workspace* at, unsigned char* masks, Py_ssize_t n,
                              uint64_t step) noexcept nogil:
    cdef Py_ssize_t l, row = padded(work, n)
    cdef Layer* output = net.layers + net.n_layers
    cdef Layer* layer
    cdef real* dZ = work + output.A
    cdef real* dA = work + at.dA
    cdef real* spare = work + at.dA_prev
    cdef double cost

    forward(net, parameters, work, masks, n, row, step)
    if net.loss == SQUARED_ERROR and output.activation != IDENTITY:
        # A[L] must outlive the loss: its derivative is read from it
        memcpy(dA, dZ, output.n_out * row * sizeof(real))
        cost = loss_(net.loss, dA, work + at.Y, work + at.weight, output.n_out, n, row)
        activate_backward(output.activation, dA, dZ, output.n_out, row)
        dZ = dA
        dA, spare = spare, dA
    else:
        cost = loss_(net.loss, dZ, work + at.Y, work + at.weight, output.n_out, n, row)

    for l in range(net.n_layers, 0, -1):
        layer_backward(net, l, parameters, work, at, gradient, dZ, dA, n, row)
        if l > 1:
            unit_backward(net, l - 1, work, masks, dA, row)
            dZ = dA
            dA, spare = spare, dA

    if net.has_penalty:
        for l in range(1, net.n_layers + 1):
            layer = net.layers + l
            cost += penalty_(parameters + layer.W, layer.n_out * layer.n_in, layer.l1, layer.l2)
            penalty_backward_(parameters + layer.W, gradient + layer.W, layer.n_out * layer.n_in,
                              layer.l1, layer.l2)
    return cost


# ---------------------------------------------------------------------------- optimiser step

cdef Py_ssize_t n_moments(Network* net) noexcept nogil:
    if net.optimizer == GRADIENT_DESCENT:
        return 0
    return 2 if net.optimizer == ADAM or net.optimizer == ADAMW else 1


cdef void update(Network* net, real* parameters, const real* gradient, real* moments,
                 double learning_rate, Py_ssize_t t) noexcept nogil:
    cdef Py_ssize_t l, n = net.n_parameters
    cdef double* h = net.hyper
    cdef Layer* layer
    if net.optimizer == GRADIENT_DESCENT:
        gradient_descent_(parameters, gradient, n, learning_rate)
    elif net.optimizer == MOMENTUM:
        momentum_(parameters, gradient, moments, n, learning_rate, h[0])
    elif net.optimizer == MOMENTUM_VELOCITY:
        momentum_velocity_(parameters, gradient, moments, n, learning_rate, h[0])
    elif net.optimizer == NESTEROV:
        nesterov_(parameters, gradient, moments, n, learning_rate, h[0])
    elif net.optimizer == RMSPROP:
        rmsprop_(parameters, gradient, moments, n, learning_rate, h[0], h[1])
    elif net.optimizer == ADAM:
        adamw_(parameters, gradient, moments, moments + n, n, learning_rate, h[0], h[1], h[2], 0.0, t)
    else:                            # AdamW: the decay is for weights, not for biases
        for l in range(1, net.n_layers + 1):
            layer = net.layers + l
            adamw_(parameters + layer.W, gradient + layer.W, moments + layer.W,
                   moments + n + layer.W, layer.n_out * layer.n_in, learning_rate,
                   h[0], h[1], h[2], h[3], t)
            adamw_(parameters + layer.b, gradient + layer.b, moments + layer.b,
                   moments + n + layer.b, layer.n_out, learning_rate, h[0], h[1], h[2], 0.0, t)


# ---------------------------------------------------------------------------- batches

cdef struct Examples:                # where the data lie, without their dtype
    const void* X
    const void* Y
    const void* weight               # NULL: every example counts 1
    const int32_t* labels            # NULL: the targets are in Y


cdef Examples new_examples(const real[:, ::1] X, const real[:, ::1] Y, const int32_t[::1] labels,
                           const real[::1] weight) noexcept:
    cdef Examples data
    data.X = &X[0, 0]
    data.Y = &Y[0, 0]
    data.weight = NULL
    data.labels = NULL
    if weight.shape[0] > 0:
        data.weight = &weight[0]
    if labels.shape[0] > 0:
        data.labels = &labels[0]
    return data


cdef void load_inputs(Network* net, real* work, Examples* data, const int64_t* order, Py_ssize_t first,
                      Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    gather_(<const real*>data.X, net.layers[0].n_out, order, first, n, work + net.layers[0].A, row)


cdef void load_targets(Network* net, real* work, Workspace* at, Examples* data, const int64_t* order,
                       Py_ssize_t first, Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    # the targets of a batch, and its examples' weights over the batch size
    cdef Py_ssize_t j, n_outputs = net.layers[net.n_layers].n_out
    cdef real* out = work + at.weight
    cdef const real* weight = <const real*>data.weight
    cdef real each = <real>(1.0 / n)
    if data.labels != NULL:
        one_hot_(data.labels, order, first, n, work + at.Y, n_outputs, row)
    else:
        gather_(<const real*>data.Y, n_outputs, order, first, n, work + at.Y, row)
    for j in range(n):
        out[j] = each if weight == NULL else each * weight[first + j if order == NULL else order[first + j]]


cdef int check_examples(Network* net, Py_ssize_t n_parameters, Py_ssize_t n, Py_ssize_t n_features,
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


cdef int set_masks(Network* net, object masks, Py_ssize_t n_examples) except -1:
    cdef Py_ssize_t l
    cdef const unsigned char[:, ::1] mask
    if masks is None:
        return 0
    for l in range(net.n_layers):
        if masks[l] is not None:
            mask = masks[l]
            check_shape(f"masks[{l}]", mask.shape[0], mask.shape[1], net.layers[l].n_out, n_examples)
            net.layers[l].ready = &mask[0, 0]
    return 0


# ---------------------------------------------------------------------------- public kernels

def network_train(plan, real[::1] parameters, real[:, ::1] moments, const real[:, ::1] X,
                  const real[:, ::1] Y, const int32_t[::1] labels, const real[::1] weight,
                  const int64_t[:, ::1] orders, const double[:, ::1] learning_rates,
                  Py_ssize_t batch_size, uint64_t first_step, masks, real[::1] best,
                  double[::1] best_cost, double[::1] costs):
    """Train for as many epochs as `learning_rates` has rows; return how many were completed.

    Row e of `orders` is the order of the examples in epoch e (no columns: as they lie), row e of
    `learning_rates` has one rate per batch, `first_step` counts the steps taken before this call.
    Targets are `Y` (n_examples, n_outputs) or, where `labels` is not empty, class numbers.
    `weight` (n_examples, may be empty) multiplies each example's loss. `costs[e]` becomes the mean
    cost of epoch e, weighted by batch size, each batch's cost taken before its update.
    A cost that is not finite ends the call before its update. `best` (may be empty) receives the
    parameters of the lowest cost so far and `best_cost` = [that cost, the last epoch's cost].
    """
    cdef Py_ssize_t n_epochs = learning_rates.shape[0], n_examples = X.shape[0]
    cdef Py_ssize_t n_batches, e, k, n, row, start, done = 0, n_features = X.shape[1]
    cdef Network* net = NULL
    cdef Workspace at
    cdef Examples data
    cdef real* work = NULL
    cdef unsigned char* D = NULL
    cdef const int64_t* order
    cdef bint whole, loaded = False, keep_best = best.shape[0] > 0
    cdef double cost, total, last_look
    if batch_size < 1 or n_examples < 1:
        raise ValueError(f"batch_size is {batch_size} and X has {n_examples} rows, wanted at least 1 of each")
    if masks is not None and batch_size < n_examples:
        raise ValueError(f"masks are given and batch_size is {batch_size}, wanted the {n_examples} rows of X")
    n_batches = (n_examples + batch_size - 1) // batch_size
    net = new_network(plan)
    try:
        check_examples(net, parameters.shape[0], n_examples, n_features, Y.shape[0], Y.shape[1], labels,
                       weight.shape[0])
        check_shape("learning_rates", n_epochs, learning_rates.shape[1], n_epochs, n_batches)
        check_size("costs", costs.shape[0], n_epochs)
        check_size("best_cost", best_cost.shape[0], 2)
        check_shape("moments", moments.shape[0], moments.shape[1], n_moments(net), net.n_parameters)
        if keep_best:
            check_size("best", best.shape[0], net.n_parameters)
        if orders.shape[1] > 0:
            check_shape("orders", orders.shape[0], orders.shape[1], n_epochs, n_examples)
            for e in range(n_epochs):
                check_order(orders[e], n_examples)
        set_masks(net, masks, n_examples)
        data = new_examples(X, Y, labels, weight)
        whole = n_batches == 1 and orders.shape[1] == 0
        at = plan_workspace(net, &parameters[0], min(batch_size, n_examples), True)
        work = <real*>new_workspace(at.n_reals * sizeof(real))
        D = <unsigned char*>new_workspace(at.n_masks)
        with nogil:
            last_look = seconds_now()
            for e in range(n_epochs):
                total = 0
                for k in range(n_batches):
                    start = k * batch_size
                    n = min(batch_size, n_examples - start)
                    row = padded(work, n)
                    order = &orders[e, 0] if orders.shape[1] > 0 else <const int64_t*>NULL
                    # a full batch that nothing has changed is still in the workspace
                    if not (whole and loaded and net.layers[0].keep_prob >= 1):
                        load_inputs(net, work, &data, order, start, n, row)
                    if not (whole and loaded):
                        load_targets(net, work, &at, &data, order, start, n, row)
                        loaded = True
                    cost = cost_and_gradient(net, &parameters[0], work + at.gradient, work, &at, D, n,
                                             first_step)
                    if not isfinite(cost):
                        break
                    if k == 0 and keep_best:
                        remember_best(&parameters[0], &best[0], net.n_parameters, &best_cost[0],
                                      cost, n_batches == 1)
                    first_step += 1
                    update(net, &parameters[0], work + at.gradient,
                           &moments[0, 0], learning_rates[e, k], <Py_ssize_t>first_step)
                    total += cost * n
                    if seconds_now() - last_look > SIGNAL_PERIOD:
                        with gil:
                            PyErr_CheckSignals()
                        last_look = seconds_now()
                else:
                    costs[e] = total / n_examples
                    best_cost[1] = costs[e]
                    done += 1
                    continue
                break
    finally:
        free(net)
        aligned_delete(work)
        aligned_delete(D)
    return done


cdef void remember_best(const real* parameters, real* best, Py_ssize_t n, double* best_cost,
                        double cost, bint full_batch) noexcept nogil:
    # Called before the first update of an epoch, with a finite cost of these parameters at hand.
    # A full batch's cost is theirs; that of a small batch is noise, and the mean of the epoch
    # before says more. At the very start there is no epoch before.
    if not full_batch and isfinite(best_cost[1]):
        cost = best_cost[1]
    if cost < best_cost[0]:
        best_cost[0] = cost
        memcpy(best, parameters, n * sizeof(real))


def network_gradient(plan, const real[::1] parameters, const real[:, ::1] X, const real[:, ::1] Y,
                     const int32_t[::1] labels, const real[::1] weight, uint64_t step, masks,
                     real[::1] gradient):
    """Cost of one batch, penalty included, and its gradient; dropout masks are those of `step`."""
    cdef Py_ssize_t n = X.shape[0]
    cdef Network* net = new_network(plan)
    cdef Workspace at
    cdef Examples data
    cdef real* work = NULL
    cdef unsigned char* D = NULL
    cdef double cost
    try:
        check_examples(net, parameters.shape[0], n, X.shape[1], Y.shape[0], Y.shape[1], labels,
                       weight.shape[0])
        check_size("gradient", gradient.shape[0], net.n_parameters)
        set_masks(net, masks, n)
        data = new_examples(X, Y, labels, weight)
        at = plan_workspace(net, &gradient[0], n, True)
        work = <real*>new_workspace(at.n_reals * sizeof(real))
        D = <unsigned char*>new_workspace(at.n_masks)
        with nogil:
            load_inputs(net, work, &data, NULL, 0, n, padded(work, n))
            load_targets(net, work, &at, &data, NULL, 0, n, padded(work, n))
            cost = cost_and_gradient(net, &parameters[0], &gradient[0], work, &at, D, n, step)
    finally:
        free(net)
        aligned_delete(work)
        aligned_delete(D)
    return cost


cdef void forward_block(Network* net, const real* parameters, Examples* data, real* work,
                        Py_ssize_t first, Py_ssize_t n, Py_ssize_t row) noexcept nogil:
    # prediction: no dropout
    cdef Py_ssize_t l
    load_inputs(net, work, data, NULL, first, n, row)
    for l in range(1, net.n_layers + 1):
        layer_forward(net, l, parameters, work, row)


def network_predict(plan, const real[::1] parameters, const real[:, ::1] X, real[:, ::1] out,
                    bint logits=False):
    """Outputs of the network without dropout: X (n_examples, n[0]), out (n_examples, n[L]).

    With `logits` the activation of the output is left out where the loss is a cross-entropy.
    """
    cdef Py_ssize_t block, start, n, row, n_examples = X.shape[0], n_features = X.shape[1]
    cdef Network* net = new_network(plan)
    cdef Layer* output = net.layers + net.n_layers
    cdef Workspace at
    cdef Examples data
    cdef real* work = NULL
    try:
        check_size("parameters", parameters.shape[0], net.n_parameters)
        check_shape("X", n_examples, n_features, n_examples, net.layers[0].n_out)
        check_shape("out", out.shape[0], out.shape[1], n_examples, output.n_out)
        data.X = &X[0, 0]
        at = plan_workspace(net, &out[0, 0], min(<Py_ssize_t>BLOCK, n_examples), False)
        work = <real*>new_workspace(at.n_reals * sizeof(real))
        with nogil:
            for block in range(n_blocks(n_examples)):
                start = block * BLOCK
                n = min(<Py_ssize_t>BLOCK, n_examples - start)
                row = padded(work, n)
                forward_block(net, &parameters[0], &data, work, start, n, row)
                if net.loss != SQUARED_ERROR and not logits:
                    activate(output.activation, work + output.A, output.n_out, row)
                transpose(output.n_out, n, work + output.A, row, &out[0, 0] + start * output.n_out,
                          output.n_out)
    finally:
        free(net)
        aligned_delete(work)
