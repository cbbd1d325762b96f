# A plan, parsed once into a `Network`, which the plan keeps and all calls share.

cdef dict DERIVATIVES = {"none": FROM_NOTHING, "sign": FROM_SIGN, "output": FROM_OUTPUT, "input": FROM_INPUT}


cdef class _ParsedPlan:
    # owns the memory of a Network
    cdef Network net
    cdef object workspace            # what the last training with this plan has left, or None

    def __cinit__(self, plan):
        self.net.n_layers = len(plan.sizes) - 1
        self.net.layers = <Layer*>calloc(self.net.n_layers + 1, sizeof(Layer))
        if self.net.layers == NULL:
            raise MemoryError
        read_plan(&self.net, plan)

    def __dealloc__(self):
        free(self.net.layers)


cdef bint BFLOAT16_INSTRUCTIONS = False
cdef object PLAN = None              # the class, imported by the first call: `import cregnet` needs no plan


cdef _ParsedPlan parsed_plan(object plan):
    # The plan caches the result, because parsing it takes longer than predicting one row.
    global PLAN
    cdef object cached
    if PLAN is None:
        from cregnet.plan import Plan
        PLAN = Plan
    if type(plan) is not PLAN and not isinstance(plan, PLAN):   # a Plan has checked its fields
        raise TypeError(f"plan is {plan!r}, wanted a cregnet.Plan")
    cached = plan.parsed
    if type(cached) is not _ParsedPlan:  # not parsed yet, or by the build for another instruction set
        cached = _ParsedPlan(plan)
        plan.keep(cached)
    return <_ParsedPlan>cached


cdef Products products_of(object compute_dtype) except *:
    if compute_dtype is None:
        return OF_NUMBERS
    if compute_dtype == "bfloat16":
        return OF_BFLOAT16_BY_INSTRUCTIONS if BFLOAT16_INSTRUCTIONS else OF_BFLOAT16
    raise ValueError(f"compute_dtype is {compute_dtype!r}, wanted None or 'bfloat16'")


def _use_bfloat16_instructions(bint wanted):
    """Whether plans that are parsed from now on use the instructions for bfloat16, which the processor must have."""
    global BFLOAT16_INSTRUCTIONS
    BFLOAT16_INSTRUCTIONS = wanted


cdef int read_plan(Network* net, object plan) except -1:
    cdef Py_ssize_t l
    cdef Layer* layer
    loss, optimizer = _spec.LOSSES[plan.loss], _spec.OPTIMIZERS[plan.optimizer]
    net.products = products_of(plan.compute_dtype)
    net.loss, net.from_logits = LOSS_CODES[plan.loss], loss.link is not None
    read_options(net.loss_options, plan.loss_options)
    net.smoothing_classes = {"binary": 2, "classes": plan.sizes[net.n_layers]}.get(loss.targets, 0)
    net.smoothing = plan.smoothing if net.smoothing_classes else 0.0
    net.optimizer, net.n_moments = OPTIMIZER_CODES[plan.optimizer], len(optimizer.moments)
    read_options(net.optimizer_options, plan.hyper)
    net.decay = dict(zip([option.name for option in optimizer.options], plan.hyper)).get("decay", 0.0)
    net.seed, net.noise = plan.seed, plan.noise
    net.clip_value, net.clip_norm = plan.clip_value, plan.clip_norm
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        layer.n_out, layer.keep_prob = plan.sizes[l], 1.0
        if l < net.n_layers:
            layer.keep_prob, layer.gaussian = plan.keep_prob[l], plan.gaussian[l]
            layer.gates, layer.l0 = plan.gates[l], plan.l0[l]
        if l > 0:
            read_layer(layer, plan, l - 1)
        net.has_gates |= layer.gates
        net.has_batch_norm |= layer.batch_norm
        net.has_penalty |= layer.l1 != 0 or layer.l2 != 0 or layer.proximal != 0 or layer.l0 != 0
    place_parameters(net, plan.layout)
    place_derived(net)
    return 0


cdef int read_layer(Layer* layer, object plan, Py_ssize_t k) except -1:
    # the fields that a plan has for layers 1 to L; k = l - 1
    name = plan.activations[k]
    activation = _spec.ACTIVATIONS[name]
    layer.n_in = (layer - 1).n_out
    layer.activation, layer.derivative = ACTIVATION_CODES[name], DERIVATIVES[activation.derivative]
    layer.option = activation.options[0].default if activation.options else 0.0
    layer.l1, layer.l2, layer.proximal = plan.l1[k], plan.l2[k], plan.proximal[k]
    layer.max_norm, layer.batch_norm = plan.max_norm[k], plan.batch_norm[k]
    return 0


cdef int read_options(double* options, tuple values) except -1:
    cdef Py_ssize_t k
    if len(values) > MOST_OPTIONS:
        raise ValueError(f"the plan has {len(values)} options, wanted at most {MOST_OPTIONS}")
    for k in range(len(values)):
        options[k] = values[k]
    return 0


cdef int place_parameters(Network* net, object layout) except -1:
    cdef Py_ssize_t l
    cdef Layer* layer
    for l in range(1, net.n_layers + 1):
        layer = net.layers + l
        layer.W, layer.b, layer.gamma = start(layout.W[l - 1]), start(layout.b[l - 1]), start(layout.gamma[l - 1])
        layer.mean, layer.variance = start(layout.mean[l - 1]), start(layout.variance[l - 1])
        net.layers[l - 1].log_alpha = start(layout.log_alpha[l - 1])
    net.tail = (layout.gamma[net.n_layers - 1] or layout.b[net.n_layers - 1]).stop
    net.statistics_weight = start(layout.weight)
    net.n_parameters = layout.size
    return 0


cdef void place_derived(Network* net) noexcept:
    cdef Py_ssize_t l, size
    cdef Layer* layer
    for l in range(net.n_layers + 1):
        layer = net.layers + l
        net.widest[l % 2] = max(net.widest[l % 2], layer.n_out)
        size = (layer.n_out + DERIVED_UNIT - 1) // DERIVED_UNIT * DERIVED_UNIT
        if layer.gates:
            layer.derived_z = net.n_derived
            net.n_derived += size
        if layer.batch_norm:
            layer.derived_mean, layer.derived_variance = net.n_derived, net.n_derived + size
            net.n_derived += 2 * size
        if l > 0:
            layer.packed_W = net.n_packed
            size = layer.n_out * ((layer.n_in + 1) // 2)
            net.n_packed += (size + DERIVED_UNIT - 1) // DERIVED_UNIT * DERIVED_UNIT


cdef Py_ssize_t start(object part) except -1:
    # offset of a part of the vector; 0 if the network does not have it
    return 0 if part is None else part.start
