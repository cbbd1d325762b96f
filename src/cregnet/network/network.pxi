# A network and a call in C: the structs that the kernels and the public functions share (see _kernels.pxd).
#
# A plan is immutable. It is parsed once, into a `Network`, with codes for names and offsets for slices; the plan keeps
# it and all calls share it. What only one call has, such as its arrays and their offsets, is in Buffers, Places and
# Training.

cdef enum Derivative:                # what an activation's derivative is computed from
    FROM_NOTHING
    FROM_SIGN
    FROM_OUTPUT
    FROM_INPUT

cdef enum Products:                  # what a layer's products are computed from
    OF_NUMBERS                       # numbers of the network's dtype
    OF_BFLOAT16                      # operands rounded to bfloat16 (mixed.pxi)
    OF_BFLOAT16_BY_INSTRUCTIONS      # the same, by instructions for it

cdef enum:
    DERIVED_UNIT = 16                # numbers; offsets are multiples of it, so that arrays are aligned to vectors

cdef struct Layer:
    Py_ssize_t n_in
    Py_ssize_t n_out
    int activation
    double option                    # of the activation, such as a slope
    Derivative derivative
    double keep_prob
    double l1
    double l2
    double proximal                  # soft threshold of the weights, divided by the learning rate
    double max_norm                  # 0: none
    double l0
    bint gaussian                    # Gaussian dropout
    bint batch_norm
    bint gates
    Py_ssize_t W                     # W to variance: offsets into the vector of parameters
    Py_ssize_t b                     # with batch norm this is beta
    Py_ssize_t gamma
    Py_ssize_t log_alpha
    Py_ssize_t mean                  # exponentially weighted
    Py_ssize_t variance
    Py_ssize_t derived_z             # offsets into the numbers that a prediction derives from the parameters: gates
    Py_ssize_t derived_mean          # and the statistics of batch norm
    Py_ssize_t derived_variance
    Py_ssize_t packed_W              # offset into the weights packed as bfloat16, for a prediction

cdef struct Network:
    Py_ssize_t n_layers              # L
    Layer* layers                    # 0 to L; layers[0] is the input
    Products products
    int loss
    double loss_options[MOST_OPTIONS]
    bint from_logits                 # the loss is computed from Z[L], not from A[L]
    double smoothing                 # label smoothing: fraction of each target spread over the classes; 0: none
    Py_ssize_t smoothing_classes
    int optimizer
    Py_ssize_t n_moments
    double optimizer_options[MOST_OPTIONS]
    double decay                     # the optimiser's option "decay", or 0
    uint64_t seed
    Py_ssize_t n_parameters
    Py_ssize_t tail                  # offset of the gates, which the statistics follow
    Py_ssize_t statistics_weight
    Py_ssize_t n_derived
    Py_ssize_t n_packed
    Py_ssize_t widest[2]             # units of the widest of the even layers, and of the odd ones
    bint has_penalty
    bint has_gates
    bint has_batch_norm
    double noise
    double clip_value                # 0: none
    double clip_norm

cdef struct Buffers:                 # the arrays of a layer: offsets into the workspace, for the largest batch
    bint dots                        # dW is computed by dot products along the examples, without AT
    Py_ssize_t A
    Py_ssize_t saved                 # the array that the derivative is computed from: A or a copy (note C)
    Py_ssize_t AT                    # A transposed, with rows of length AT_row, unless the next layer has `dots`
    Py_ssize_t AT_row
    Py_ssize_t dZ
    Py_ssize_t W_rows                # packed copies (note D of workspace.pxi): W in pairs along rows, ...
    Py_ssize_t W_row_pairs           # ... and in pairs of rows
    Py_ssize_t A_row_pairs
    Py_ssize_t A_examples            # A in pairs of examples, transposed, in panels; 0: none
    Py_ssize_t dZ_rows               # (n_out, row / 2); before dZ is known, scratch for A_examples
    Py_ssize_t dZ_row_pairs
    Py_ssize_t Zhat                  # normalised Z
    Py_ssize_t batch_mean            # batch norm: statistics of this batch and gradients, a number per unit
    Py_ssize_t batch_variance
    Py_ssize_t dgamma
    Py_ssize_t dbeta
    Py_ssize_t factors               # Gaussian factors of dropout, (n_out, row)
    Py_ssize_t z                     # gates of this step
    Py_ssize_t slope                 # dz / dlog_alpha
    Py_ssize_t dlog_alpha            # gradient
    Py_ssize_t gate_sums             # offset into gate_sums: one double per block of the next layer and unit
    Py_ssize_t D                     # offset into the masks
    const unsigned char* given_mask  # a mask given by the caller, (n_out, n_examples), or NULL
    Py_ssize_t block_rows            # rows of W that are updated together
    Py_ssize_t first_block           # index of this layer's first block among the blocks of all layers

cdef struct Places:                  # arrays that all layers share, as offsets, and sizes of the workspace
    Py_ssize_t lanes                 # numbers per vector
    Py_ssize_t Y
    Py_ssize_t weight
    Py_ssize_t loss                  # one number per example
    Py_ssize_t gradient              # the full gradient, for clipping by norm
    bint fuses_first                 # first_layer.pxi computes these, the gradients of the first layer
    Py_ssize_t first_dW
    Py_ssize_t first_db
    Py_ssize_t second_dW
    Py_ssize_t scratch               # one buffer of scratch_size numbers per thread, for dA and then for dW
    Py_ssize_t scratch_size
    Py_ssize_t n_numbers
    Py_ssize_t n_masks
    Py_ssize_t n_blocks
    Py_ssize_t n_gate_sums

cdef enum:                           # the arrays of a call whose dtype is the network's
    PARAMETERS = 0
    MOMENTS                          # (n_moments, n_parameters)
    BEST                             # NULL: best weights are not kept
    INPUTS                           # the caller's X: rows are examples
    TARGETS                          # the caller's Y
    WEIGHTS                          # of the examples; NULL: all are 1
    WORK                             # the workspace
    N_ARRAYS

cdef struct Training:
    Team team
    const Network* net
    const Buffers* buffers
    Places at
    bint is_float
    float* floats[N_ARRAYS]          # the arrays of a call in float32
    double* doubles[N_ARRAYS]        # the arrays of a call in float64
    const int32_t* labels            # NULL: the targets are TARGETS
    const int64_t* orders            # NULL: the examples are in the order of X
    const double* rates
    double* best_cost
    double* costs
    unsigned char* masks
    double* penalties                # of each block; double-buffered between this step and the next
    double* squares                  # sum of squares of each block's gradient
    double* gate_sums
    Py_ssize_t n_epochs
    Py_ssize_t n_batches
    Py_ssize_t n_examples
    Py_ssize_t batch_size
    uint64_t first_step
    bint updates_statistics          # of batch norm
    PyObject* cancel                 # the caller's event, or NULL
    double last_check                # when member 0 last checked for Ctrl-C and `cancel`
    Py_ssize_t n_completed           # epochs

cdef struct Sampling:                # see sample.pxi
    Py_ssize_t n_samples
    Py_ssize_t mask_rows
    uint64_t seed

cdef enum PredictionStatus:
    PREDICTED
    INTERRUPTED
    OUT_OF_MEMORY

cdef struct Prediction:              # what the threads of a call share
    Team team
    const Network* net
    bint is_float
    bint logits
    Products products
    bint by_units                    # a task is a range of units
    int n_threads
    Py_ssize_t lanes
    Py_ssize_t n_examples
    Py_ssize_t block                 # examples of a task
    Py_ssize_t n_activations         # numbers of a thread's arrays
    const Sampling* sampling         # NULL: no samples
    const void* parameters
    const void* X
    void* out                        # the means of the samples, if there are samples
    void* spread
    void* numbers                    # those derived from the parameters, then the activations of each thread
    double last_check                # when member 0 last checked for Ctrl-C
    unsigned char infinite[TEAM_MOST]  # whether a member has found a number in X that is not finite
