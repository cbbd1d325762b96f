# The network as the kernels see it: a plan turned into a struct, the workspace of a call, and the
# public kernels. The step itself is in step.pxi (by columns) and weights.pxi (by rows), what needs no
# update in evaluate.pxi.
#
# A. One call runs whole epochs without the GIL; Python sees the mean cost of each epoch.
# B. The workspace is one allocation per call: for each layer its activations A[l] and, where dW of
#    the next layer wants them, the same transposed (AT[l]); dZ[l] takes the place of A[l] as soon as
#    A[l] is not needed any more. There is no gradient vector in training: dW exists a block of rows
#    at a time, in a scratch buffer of each thread, and is used up while it is in cache. Clipping by
#    norm alone keeps the whole.
# C. `row` is the number of examples of the batch padded to whole vectors. Padded columns start as
#    zeros in A[0] and in the gradient of the loss, so they add nothing to dW, db or dA.
# D. Gates and dropout work on A[l] in place. The derivatives of relu and its kin need the sign of A
#    alone and have it where the gradient is not 0 anyway; sigmoid, tanh and softmax need A as it was,
#    and so does relu where Gaussian factors may turn the sign, so that such a layer keeps a copy (A_whole).
# E. Batch normalisation needs whole rows: the threads meet before and after it, each does its units.

cdef enum:
    # Weights are updated a block of rows at a time. A block is large enough that the activations,
    # which are read again for each, do not cost more than the product, and a layer has a multiple
    # of eight of them, to be shared out evenly.
    UPDATE_ELEMENTS = 65536
    UPDATE_SMALL = 16384             # a layer of so few weights is one block
    UPDATE_SHARES = 8
    # dA of a layer that has no place for it: so many units and vectors of examples at a time. Fewer
    # vectors would read the weights more often, fewer units only dZ, which is in cache.
    SCRATCH_UNITS = 512
    SCRATCH_VECTORS = 16

cdef double WORKSPACE_LIMIT = 2.0**58

cdef struct Layer:
    Py_ssize_t n_in
    Py_ssize_t n_out
    int activation
    double keep_prob
    double l1
    double l2
    double proximal                  # threshold of the weights, for a learning rate of 1
    double max_norm                  # 0: none
    double l0
    bint gaussian                    # dropout by Gaussian factors
    bint batch_norm
    bint gates
    Py_ssize_t W                     # offsets into the parameter vector
    Py_ssize_t b                     # beta with batch norm
    Py_ssize_t gamma
    Py_ssize_t log_alpha
    Py_ssize_t mean                  # exponentially weighted
    Py_ssize_t variance
    bint dots                        # dW by dot products along the examples, without AT
    Py_ssize_t A                     # offsets into the workspace, for the largest batch
    Py_ssize_t A_whole               # A before dropout, where the derivative needs it (note D), else A
    Py_ssize_t AT                    # A transposed, rows of AT_row, where the next layer has no dots
    Py_ssize_t AT_row
    Py_ssize_t dZ
    Py_ssize_t Zhat                  # normalised Z
    Py_ssize_t batch_mean            # of the batch: mean, variance, dgamma and dbeta
    Py_ssize_t batch_variance
    Py_ssize_t dgamma
    Py_ssize_t dbeta
    Py_ssize_t factors               # Gaussian factors of dropout, (n_out, row)
    Py_ssize_t z                     # gates of this step, ...
    Py_ssize_t slope                 # ... their derivatives by log_alpha, ...
    Py_ssize_t dlog_alpha            # ... and the gradient
    Py_ssize_t gate_sums             # offset of a double per block of the next layer and unit
    Py_ssize_t D                     # offset into the masks
    const unsigned char* ready       # a mask given by the caller, (n_out, n_examples), or NULL
    Py_ssize_t block_rows            # rows of W updated together
    Py_ssize_t first_block           # number of this layer's first block among all

cdef struct Network:
    Py_ssize_t n_layers              # L; layers[0] is the input
    Layer* layers
    int loss
    int optimizer
    double hyper[4]
    uint64_t seed
    Py_ssize_t n_parameters
    Py_ssize_t tail                  # of the vector, from the gates on
    Py_ssize_t statistics_weight
    bint has_penalty
    bint has_gates
    bint has_batch_norm
    double noise
    double smoothing
    double clip_value                # 0: none
    double clip_norm

cdef struct Workspace:               # offsets in reals
    Py_ssize_t Y
    Py_ssize_t weight
    Py_ssize_t loss                  # one per example
    Py_ssize_t output                # a copy of A[L] for a squared error behind an activation
    Py_ssize_t scratch               # of each thread, for dA and later for dW, scratch_size apart
    Py_ssize_t scratch_size
    Py_ssize_t n_reals
    Py_ssize_t n_masks
    Py_ssize_t n_blocks
    Py_ssize_t n_gate_sums


# ---------------------------------------------------------------------------- plan to struct

cdef const char* PARSED = "cregnet.Network"


cdef void delete_parsed(object capsule) noexcept:
    free(PyCapsule_GetPointer(capsule, PARSED))


cdef size_t network_bytes(Py_ssize_t n_layers) noexcept nogil:
    return sizeof(Network) + (n_layers + 1) * sizeof(Layer)


cdef object parse(object plan):
    # A plan is immutable, so what it says is read once and kept with it: a single row is predicted in
    # less time than it takes to read the attributes.
    cdef Py_ssize_t n_layers
    cdef Network* net
    if not isinstance(plan, _Plan):  # which has checked its ranges
        raise TypeError(f"plan is {plan!r}, wanted a cregnet.Plan")
    n_layers = len(plan.sizes) - 1
    net = <Network*>malloc(network_bytes(n_layers))
    if net == NULL:
        raise MemoryError
    try:
        fill_network(net, n_layers, plan)
        parsed = PyCapsule_New(net, PARSED, delete_parsed)
    except BaseException:
        free(net)
        raise
    plan.keep(parsed)
    return parsed


cdef Network* new_network(object plan) except NULL:
    # a copy for the caller, who fills in its places in the workspace
    cdef object parsed
    cdef const Network* kept
    cdef Network* net
    parsed = plan.parsed
    if parsed is None:
        parsed = parse(plan)
    kept = <const Network*>PyCapsule_GetPointer(parsed, PARSED)
    net = <Network*>malloc(network_bytes(kept.n_layers))
    if net == NULL:
        raise MemoryError
    memcpy(net, kept, network_bytes(kept.n_layers))
    net.layers = <Layer*>(net + 1)
    return net


@cython.boundscheck(True)
cdef int fill_network(Network* net, Py_ssize_t n_layers, object plan) except -1:
    cdef Py_ssize_t l
    cdef Layer* layer
    cdef tuple hyper = plan.hyper
    memset(net, 0, network_bytes(n_layers))
    net.n_layers = n_layers
    net.layers = <Layer*>(net + 1)
    net.loss = LOSS_CODES[plan.loss]
    net.optimizer = OPTIMIZER_CODES[plan.optimizer]
    for l in range(len(hyper)):
        net.hyper[l] = hyper[l]
    net.seed = plan.seed
    net.noise, net.smoothing = plan.noise, plan.smoothing
    net.clip_value, net.clip_norm = plan.clip_value, plan.clip_norm
    for l in range(n_layers + 1):
        layer = net.layers + l
        layer.n_out = plan.sizes[l]
        layer.keep_prob = 1.0
        if l < n_layers:
            layer.keep_prob, layer.gaussian = plan.keep_prob[l], plan.gaussian[l]
            layer.gates, layer.l0 = plan.gates[l], plan.l0[l]
        if l > 0:
            layer.n_in = (layer - 1).n_out
            layer.activation = ACTIVATION_CODES[plan.activations[l - 1]]
            layer.l1, layer.l2, layer.proximal = plan.l1[l - 1], plan.l2[l - 1], plan.proximal[l - 1]
            layer.max_norm, layer.batch_norm = plan.max_norm[l - 1], plan.batch_norm[l - 1]
        net.has_gates |= layer.gates
        net.has_batch_norm |= layer.batch_norm
        net.has_penalty |= layer.l1 != 0 or layer.l2 != 0 or layer.proximal != 0 or layer.l0 != 0
    place_parameters(net)
    return 0


cdef void place_parameters(Network* net) noexcept nogil:
    # the same places as Layout in plan.py
    cdef Py_ssize_t l, at = 0
    cdef Layer* layer
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        layer.W = at
        layer.b = at + layer.n_out * layer.n_in
        layer.gamma = layer.b + layer.n_out
        at = layer.gamma + (layer.n_out if layer.batch_norm else 0)
    net.tail = at
    for l in range(net.n_layers):
        layer = net.layers + l
        layer.log_alpha = at
        at += layer.n_out if layer.gates else 0
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        layer.mean, layer.variance = at, at + layer.n_out
        at += 2 * layer.n_out if layer.batch_norm else 0
    net.statistics_weight = at
    net.n_parameters = at + (1 if net.has_batch_norm else 0)


# ---------------------------------------------------------------------------- workspace

cdef Py_ssize_t take(Py_ssize_t* at, Py_ssize_t n, real* like) noexcept nogil:
    # n reals from a whole vector on
    cdef Py_ssize_t here = at[0]
    at[0] += padded(like, n)
    return here


cdef bint changes(Layer* layer) noexcept nogil:
    # whether A is changed after the activation
    return layer.keep_prob < 1 or layer.gates


cdef bint changes_inputs(Network* net) noexcept nogil:
    return changes(net.layers) or net.noise > 0


cdef bint needs_whole(Layer* layer) noexcept nogil:
    if layer.activation == SIGMOID or layer.activation == TANH or layer.activation == SOFTMAX:
        return changes(layer)
    return layer.activation != IDENTITY and layer.gaussian and layer.keep_prob < 1


cdef bint rectifies(Layer* layer) noexcept nogil:
    # dA becomes dZ in the product's registers; in A's own place only if that is written once
    return layer.activation == RELU and (layer.dZ != layer.A_whole or (layer + 1).n_out <= PRODUCT_DEPTH)


cdef bint needs_scratch(Network* net, Py_ssize_t l) noexcept nogil:
    # whether dA of a layer has no place of its own
    cdef Layer* layer = net.layers + l
    return 0 < l < net.n_layers and layer.dZ == layer.A_whole and not rectifies(layer)


cdef Py_ssize_t scratch_columns(real* like, Py_ssize_t width) noexcept nogil:
    return min(width, SCRATCH_VECTORS * padded(like, 1))


cdef Py_ssize_t scratch_units(Layer* layer) noexcept nogil:
    # softmax sums over the units
    return layer.n_out if layer.activation == SOFTMAX else min(layer.n_out, <Py_ssize_t>SCRATCH_UNITS)


cdef Py_ssize_t update_rows(Py_ssize_t n_out, Py_ssize_t n_in) noexcept nogil:
    cdef Py_ssize_t blocks, most = UPDATE_SHARES * UPDATE_ELEMENTS
    if n_out * n_in <= UPDATE_SMALL:
        return n_out
    blocks = (n_out * n_in + most - 1) // most * UPDATE_SHARES
    return (n_out + blocks - 1) // blocks


cdef void plan_layer(Network* net, Py_ssize_t l, real* like, Py_ssize_t n, Workspace* work) noexcept nogil:
    # places of a layer in a training's workspace
    cdef Layer* layer = net.layers + l
    cdef Layer* after = layer + 1
    cdef Py_ssize_t row = padded(like, n)
    layer.A = layer.A_whole = layer.dZ = take(&work.n_reals, layer.n_out * row, like)
    layer.D = work.n_masks
    if layer.keep_prob < 1 and not layer.gaussian:
        work.n_masks += layer.n_out * row
    if l > 0 and needs_whole(layer):
        layer.A_whole = layer.dZ = take(&work.n_reals, layer.n_out * row, like)
    if l < net.n_layers:
        after.dots = layer.activation != SOFTMAX and use_dots_f32(after.n_out, after.n_in, n)
        if not after.dots:
            layer.AT_row = padded(like, layer.n_out)
            layer.AT = take(&work.n_reals, n * layer.AT_row, like)
        elif l > 0 and layer.dZ == layer.A:
            layer.dZ = take(&work.n_reals, layer.n_out * row, like)
    plan_regularisers(layer, like, row, work)
    if l > 0:
        layer.block_rows = update_rows(layer.n_out, layer.n_in)
        layer.first_block = work.n_blocks
        work.n_blocks += layer_blocks(layer)
        work.scratch_size = max(work.scratch_size, padded(like, layer.block_rows * (layer.n_in + 2)))
        if (layer - 1).gates:
            (layer - 1).gate_sums = work.n_gate_sums
            work.n_gate_sums += layer_blocks(layer) * layer.n_in


cdef void plan_regularisers(Layer* layer, real* like, Py_ssize_t row, Workspace* work) noexcept nogil:
    if layer.gaussian and layer.keep_prob < 1:
        layer.factors = take(&work.n_reals, layer.n_out * row, like)
    if layer.batch_norm:
        layer.Zhat = take(&work.n_reals, layer.n_out * row, like)
        layer.batch_mean = take(&work.n_reals, layer.n_out, like)
        layer.batch_variance = take(&work.n_reals, layer.n_out, like)
        layer.dgamma = take(&work.n_reals, layer.n_out, like)
        layer.dbeta = take(&work.n_reals, layer.n_out, like)
    if layer.gates:
        layer.z = take(&work.n_reals, layer.n_out, like)
        layer.slope = take(&work.n_reals, layer.n_out, like)
        layer.dlog_alpha = take(&work.n_reals, layer.n_out, like)


cdef Py_ssize_t layer_blocks(Layer* layer) noexcept nogil:
    return (layer.n_out + layer.block_rows - 1) // layer.block_rows


cdef int check_workspace(Network* net, Py_ssize_t n) except -1:
    # An upper bound of the numbers that a training needs for a batch: at most eight arrays of a layer,
    # padded to whole vectors. Its places are counted in Py_ssize_t, as bytes.
    cdef Py_ssize_t l
    cdef double bound = 0
    for l in range(net.n_layers + 1):
        bound += 8 * (net.layers[l].n_out + 64.0) * (n + 64.0)
    if bound > WORKSPACE_LIMIT:
        raise MemoryError(f"a batch of {n} examples needs some {bound:.3g} numbers, wanted smaller batches")
    return 0


cdef Workspace plan_training(Network* net, real* like, Py_ssize_t n, int n_threads) noexcept nogil:
    cdef Workspace work
    cdef Layer* output = net.layers + net.n_layers
    cdef Py_ssize_t l, row = padded(like, n), widest = 0
    memset(&work, 0, sizeof(Workspace))
    for l in range(net.n_layers + 1):
        plan_layer(net, l, like, n, &work)
        if needs_scratch(net, l):
            widest = max(widest, scratch_units(net.layers + l))
    work.Y = take(&work.n_reals, output.n_out * row, like)
    work.weight = take(&work.n_reals, row, like)
    work.loss = take(&work.n_reals, row, like)
    if net.loss == SQUARED_ERROR and output.activation != IDENTITY:
        work.output = take(&work.n_reals, output.n_out * row, like)
    work.scratch_size = max(work.scratch_size, widest * scratch_columns(like, most_columns(like, row, n_threads)))
    work.scratch = take(&work.n_reals, n_threads * work.scratch_size, like)
    return work


cdef Workspace plan_prediction(Network* net, real* like, Py_ssize_t n) noexcept nogil:
    # two layers at a time: even and odd ones share a place each
    cdef Workspace work
    cdef Py_ssize_t l, row = padded(like, n)
    cdef Py_ssize_t widest[2]
    memset(&work, 0, sizeof(Workspace))
    widest[0] = widest[1] = 0
    for l in range(net.n_layers + 1):
        widest[l % 2] = max(widest[l % 2], net.layers[l].n_out)
    for l in range(net.n_layers + 1):
        net.layers[l].A = (l % 2) * widest[0] * row
    work.n_reals = (widest[0] + widest[1]) * row
    for l in range(net.n_layers + 1):
        if net.layers[l].batch_norm:
            net.layers[l].batch_mean = take(&work.n_reals, net.layers[l].n_out, like)
            net.layers[l].batch_variance = take(&work.n_reals, net.layers[l].n_out, like)
        if net.layers[l].gates:
            net.layers[l].z = take(&work.n_reals, net.layers[l].n_out, like)
    return work


cdef void* new_workspace(size_t n_bytes) except NULL:
    # 64 bytes: a cache line and the widest vector
    cdef void* memory = aligned_new(n_bytes)
    if memory == NULL:
        raise MemoryError(f"cannot allocate {n_bytes} bytes for the activations of a batch")
    return memory


cdef extern from "system.h" nogil:
    double seconds_now()
    void* aligned_new(size_t n_bytes)
    void aligned_delete(void* memory)


# ---------------------------------------------------------------------------- data of a call

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


cdef list set_masks(Network* net, object masks, Py_ssize_t n_examples, _Arguments arguments, const Span* at):
    # returns what keeps the masks in memory: the caller holds it for the length of the call
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
        net.layers[l].ready = &mask[0, 0]
    return held


cdef Py_ssize_t n_moments(Network* net) noexcept nogil:
    if net.optimizer == GRADIENT_DESCENT:
        return 0
    return 2 if net.optimizer == ADAM or net.optimizer == ADAMW else 1


# ---------------------------------------------------------------------------- public kernels

cdef _Arguments TRAIN = _Arguments("X Y labels weight orders learning_rates",
                                   "parameters moments best best_cost costs")
cdef _Arguments GRADIENT = _Arguments("parameters X Y labels weight", "gradient")
cdef _Arguments PREDICT = _Arguments("parameters X", "out")


def network_train(plan, real[::1] parameters, real[:, ::1] moments, const real[:, ::1] X,
                  const real[:, ::1] Y, const int32_t[::1] labels, const real[::1] weight,
                  const int64_t[:, ::1] orders, const double[:, ::1] learning_rates,
                  batch_size, first_step, masks, real[::1] best,
                  double[::1] best_cost, double[::1] costs, n_threads=1, cancel=None):
    """Train for as many epochs as `learning_rates` has rows; return how many were completed.

    Row e of `orders` is the order of the examples in epoch e (no columns: as they lie), row e of
    `learning_rates` has one rate per batch, `first_step` counts the steps taken before this call.
    Targets are `Y` (n_examples, n_outputs) or, where `labels` is not empty, class numbers.
    `weight` (n_examples, may be empty) multiplies each example's loss. `costs[e]` becomes the mean
    cost of epoch e, weighted by batch size, each batch's cost taken before its update.
    A cost that is not finite ends the call before its update. `best` (may be empty) receives the
    parameters of the lowest cost so far and `best_cost` = [that cost, the last epoch's cost].
    The result does not depend on `n_threads`, and no more are used than a step can keep busy.
    The call ends early, in the midst of an epoch, when `cancel` (a threading.Event) is set, and with
    KeyboardInterrupt on Ctrl-C; both are looked for every 0.05 seconds.
    """
    cdef Py_ssize_t n_examples = X.shape[0], e
    cdef Py_ssize_t batch = <Py_ssize_t>min(whole_number("batch_size", batch_size, 1, MOST_64), <uint64_t>n_examples)
    cdef int most_threads = <int>min(whole_number("n_threads", n_threads, 1, MOST_64), <uint64_t>TEAM_MOST)
    cdef Span[11] at = [
        matrix(X), matrix(Y), span(&labels[0], labels.shape[0], 4), vector(weight),
        span(&orders[0, 0], orders.shape[0] * orders.shape[1], 8), matrix(learning_rates), vector(parameters),
        matrix(moments), vector(best), vector(best_cost), vector(costs)]
    cdef Job job
    memset(&job, 0, sizeof(Job))
    if n_examples < 1:
        raise ValueError("X has 0 rows, wanted at least 1")
    if masks is not None and batch < n_examples:
        raise ValueError(f"masks are given and batch_size is {batch_size}, wanted the {n_examples} rows of X")
    TRAIN.check(at)
    job.n_epochs, job.n_examples = learning_rates.shape[0], n_examples
    job.batch_size = batch
    job.first_step = whole_number("first_step", first_step, 0, MOST_COUNT)
    job.is_float = real is float
    job.cancel = NULL if cancel is None else <void*>cancel
    job.net = new_network(plan)
    job.n_batches = count_batches(job.net, n_examples, job.batch_size)
    try:
        check_examples(job.net, parameters.shape[0], n_examples, X.shape[1], Y.shape[0], Y.shape[1], labels,
                       weight.shape[0])
        check_shape("learning_rates", job.n_epochs, learning_rates.shape[1], job.n_epochs, job.n_batches)
        check_size("costs", costs.shape[0], job.n_epochs)
        check_size("best_cost", best_cost.shape[0], 2)
        check_shape("moments", moments.shape[0], moments.shape[1], n_moments(job.net), job.net.n_parameters)
        if best.shape[0] > 0:
            check_size("best", best.shape[0], job.net.n_parameters)
            job.best = &best[0]
        if orders.shape[1] > 0:
            check_shape("orders", orders.shape[0], orders.shape[1], job.n_epochs, n_examples)
            for e in range(job.n_epochs):
                check_order(orders[e], n_examples)
            job.orders = &orders[0, 0]
        held = set_masks(job.net, masks, n_examples, TRAIN, at)
        job.data = new_examples(X, Y, labels, weight)
        job.parameters, job.moments, job.statistics = &parameters[0], &moments[0, 0], &parameters[0]
        job.rates, job.best_cost, job.costs = &learning_rates[0, 0], &best_cost[0], &costs[0]
        if cancel is not None and cancel.is_set():
            return 0
        most_threads = useful_threads(job.net, &parameters[0], job.batch_size, most_threads)
        allocate(&job, &parameters[0], largest_batch(&job), team_start(&job.team, most_threads))
        with nogil:
            team_run(&job.team, train_member, &job)
        if team_stopping(&job.team):
            raise_pending()
    finally:
        team_dismiss(&job.team)
        delete_job(&job)
    return job.done


cdef int allocate(Job* job, real* like, Py_ssize_t n, int n_threads) except -1:
    # the memory of a call for batches of at most n examples, on so many threads as there are
    check_workspace(job.net, n)
    job.at = plan_training(job.net, like, n, n_threads)
    job.work = new_workspace(job.at.n_reals * sizeof(real))
    job.masks = <unsigned char*>new_workspace(job.at.n_masks)
    job.penalties = <double*>new_workspace(2 * (job.at.n_blocks + 1) * sizeof(double))
    job.squares = <double*>new_workspace((job.at.n_blocks + 1) * sizeof(double))
    job.gate_sums = <double*>new_workspace(job.at.n_gate_sums * sizeof(double))
    if job.net.clip_norm > 0:
        job.gradient = new_workspace(job.net.n_parameters * sizeof(real))
    return 0


cdef void delete_job(Job* job) noexcept:
    free(job.net)
    aligned_delete(job.work)
    aligned_delete(job.masks)
    aligned_delete(job.penalties)
    aligned_delete(job.squares)
    aligned_delete(job.gate_sums)
    aligned_delete(job.gradient)


cdef int raise_pending() except? -1:
    # the exception, if any, was set by the signal's handler while the training ran
    return -1


def network_gradient(plan, const real[::1] parameters, const real[:, ::1] X, const real[:, ::1] Y,
                     const int32_t[::1] labels, const real[::1] weight, step, masks,
                     real[::1] gradient):
    """Cost of one batch, penalty included, and its gradient; dropout masks are those of `step`.

    Ctrl-C ends the call with KeyboardInterrupt, looked for every 0.05 seconds.
    """
    cdef Py_ssize_t n = X.shape[0]
    cdef uint64_t counter = whole_number("step", step, 0, MOST_64)
    cdef Span[6] at = [vector(parameters), matrix(X), matrix(Y), span(&labels[0], labels.shape[0], 4),
                       vector(weight), vector(gradient)]
    cdef Job job
    cdef double cost
    memset(&job, 0, sizeof(Job))
    if n < 1:
        raise ValueError("X has 0 rows, wanted at least 1")
    GRADIENT.check(at)
    job.net = new_network(plan)
    try:
        check_examples(job.net, parameters.shape[0], n, X.shape[1], Y.shape[0], Y.shape[1], labels,
                       weight.shape[0])
        check_size("gradient", gradient.shape[0], job.net.n_parameters)
        held = set_masks(job.net, masks, n, GRADIENT, at)
        job.data = new_examples(X, Y, labels, weight)
        job.n_examples = job.batch_size = n
        job.team.size = 1
        allocate(&job, &gradient[0], n, 1)
        with nogil:
            cost = cost_and_gradient(&job, &parameters[0], &gradient[0], n, counter)
        if team_stopping(&job.team):
            raise_pending()
    finally:
        delete_job(&job)
    return cost


def network_predict(plan, const real[::1] parameters, const real[:, ::1] X, real[:, ::1] out,
                    bint logits=False):
    """Outputs of the network without dropout: X (n_examples, n[0]), out (n_examples, n[L]).

    With `logits` the activation of the output is left out where the loss is a cross-entropy.
    Returns whether all numbers of X are finite, which is looked at in passing.
    """
    cdef Py_ssize_t block, start, n, n_examples = X.shape[0]
    cdef Span[3] places = [span(&parameters[0], parameters.shape[0], sizeof(real)),
                           span(&X[0, 0], n_examples * X.shape[1], sizeof(real)),
                           span(&out[0, 0], out.shape[0] * out.shape[1], sizeof(real))]
    cdef bint finite = True
    cdef const real* X_block
    cdef Network* net = new_network(plan)
    cdef Layer* output = net.layers + net.n_layers
    cdef Workspace at
    cdef real* work = NULL
    try:
        PREDICT.check(places)
        check_size("parameters", parameters.shape[0], net.n_parameters)
        check_shape("X", n_examples, X.shape[1], n_examples, net.layers[0].n_out)
        check_shape("out", out.shape[0], out.shape[1], n_examples, output.n_out)
        at = plan_prediction(net, &out[0, 0], min(<Py_ssize_t>BLOCK, n_examples))
        work = <real*>new_workspace(at.n_reals * sizeof(real))
        with nogil:
            prepare_prediction(net, &parameters[0], work)
            for block in range(n_blocks(n_examples)):
                start = block * BLOCK
                n = min(<Py_ssize_t>BLOCK, n_examples - start)
                X_block = &X[0, 0] + start * net.layers[0].n_out
                finite &= all_finite(X_block, n * net.layers[0].n_out)
                predict_block(net, &parameters[0], X_block, work, n, logits, &out[0, 0] + start * output.n_out)
    finally:
        free(net)
        aligned_delete(work)
    return finite
