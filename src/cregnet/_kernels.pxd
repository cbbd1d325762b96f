"""What the kernels of one instruction set give to `_core.pyx`, and the structs that both use.

`_core.pyx` is compiled once, for any processor. It calls these functions by pointers, which Cython takes from
`cregnet._kernels` when `_core` is imported, after it has compared their types. Whatever depends on the length of a
vector, such as `lanes_of`, is a function here; in `_core` it would be a constant of the wrong processor.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

ctypedef fused real:
    float
    double

cdef extern from "Python.h":
    ctypedef struct PyObject

cdef extern from "team.h" nogil:
    enum: TEAM_MOST
    ctypedef struct Team:
        int size
    int team_start(Team* team, int size)
    void team_run(Team* team, void (*function)(void*, int) noexcept nogil, void* argument)
    void team_dismiss(Team* team)
    bint team_stop_requested(Team* team)

cdef enum:
    MOST_OPTIONS = 4                 # of an optimiser or a loss

cdef struct AdamStep:                # what of a step of Adam is the same for all parameters
    double rate
    double root
    double beta1
    double beta2
    double epsilon

cdef struct OptimizerStep:           # what is the same for all parameters in a step
    int optimizer
    double learning_rate
    const double* options            # in the order of the row in spec.py
    AdamStep adam

cdef struct SharedStep:              # a step with two moments as threads share it
    Team team
    OptimizerStep step
    double decay
    Py_ssize_t n
    float* floats[4]                 # W, dW, V and S in float32, ...
    double* doubles[4]               # ... or in float64
    bint is_float

cdef enum Distribution:              # of initial weights
    NORMAL_WEIGHTS
    UNIFORM_WEIGHTS

cdef struct WeightDraws:             # the initial weights of a layer as threads share them
    Team team
    Distribution distribution
    bint is_float
    void* W
    Py_ssize_t n
    double scale
    uint64_t seed
    uint32_t layer

include "network/network.pxi"

# c/vector.pxi
cdef void product(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth, const real* A, Py_ssize_t A_row,
                  Py_ssize_t A_col, const real* B, Py_ssize_t B_row, real* C, Py_ssize_t C_row,
                  const real* bias) noexcept nogil
cdef void product_transposed(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth, const real* A, Py_ssize_t A_row,
                             const real* B, Py_ssize_t B_row, real* C, Py_ssize_t C_row, real* scratch) noexcept nogil
cdef void row_sums(Py_ssize_t n_rows, Py_ssize_t n_cols, const real* A, Py_ssize_t A_row, real* out) noexcept nogil
cdef double sum_of(const real* x, Py_ssize_t n) noexcept nogil
cdef Py_ssize_t scratch_size(Py_ssize_t n_rows, Py_ssize_t n_cols, Py_ssize_t depth, size_t number_size) noexcept nogil
cdef Py_ssize_t lanes_of(size_t size) noexcept nogil

# kernels/activation.pxi
cdef void activate(int activation, real* A, Py_ssize_t n_units, Py_ssize_t width, Py_ssize_t row,
                   double option) noexcept nogil
cdef void elementwise_backward(int activation, const real* dA, real* saved, Py_ssize_t n, double option) noexcept nogil
cdef void elementwise_backward_dA(int activation, real* dA, const real* saved, Py_ssize_t n,
                                  double option) noexcept nogil
cdef void softmax_backward_(const real* dA, Py_ssize_t dA_row, real* A, Py_ssize_t n_units, Py_ssize_t n_examples,
                            Py_ssize_t row) noexcept nogil

# kernels/bfloat16.pxi
cdef void round_to_bfloat16_(const real* x, real* out, Py_ssize_t n) noexcept nogil

# kernels/dropout.pxi
cdef void philox_rows(uint32_t* out, Py_ssize_t n, const uint32_t* key) noexcept nogil
cdef void words_(uint32_t* out, Py_ssize_t n, uint64_t seed, uint32_t purpose, uint32_t layer,
                 uint64_t step) noexcept nogil
cdef void mask_(unsigned char* D, Py_ssize_t D_row, Py_ssize_t n_units, Py_ssize_t first, Py_ssize_t n_examples,
                double keep_prob, uint64_t seed, uint32_t layer, uint64_t step) noexcept nogil
cdef void dropout_(real* A, const unsigned char* D, Py_ssize_t n, double keep_prob) noexcept nogil

# kernels/noise.pxi
cdef void gaussian_noise_(real* A, Py_ssize_t row, Py_ssize_t n_units, Py_ssize_t first, Py_ssize_t n, double sigma,
                          uint64_t seed, uint32_t layer, uint64_t step) noexcept nogil
cdef void gaussian_dropout_factors_(real* M, Py_ssize_t row, Py_ssize_t n_units, Py_ssize_t first, Py_ssize_t n,
                                    double keep_prob, uint64_t seed, uint32_t layer, uint64_t step) noexcept nogil
cdef void apply_factors_(real* A, Py_ssize_t A_row, const real* M, Py_ssize_t M_row, Py_ssize_t n_units,
                         Py_ssize_t n) noexcept nogil

# kernels/initialize.pxi
cdef void draw_weights_member(void* argument, int member) noexcept nogil

# kernels/loss.pxi
cdef void loss_(int kind, real* Z, const real* Y, const real* weight, real* loss, Py_ssize_t n_units,
                Py_ssize_t n_examples, Py_ssize_t width, Py_ssize_t row, const double* options) noexcept nogil

# kernels/penalty.pxi
cdef double penalty_(const real* W, Py_ssize_t n, double l1, double l2) noexcept nogil
cdef void penalty_backward_(const real* W, real* dW, Py_ssize_t n, double l1, double l2) noexcept nogil

# kernels/proximal.pxi
cdef void soft_threshold_(real* W, Py_ssize_t n, double threshold) noexcept nogil
cdef double clip_norm_(real* x, Py_ssize_t n, double bound) noexcept nogil
cdef void max_norm_(real* W, Py_ssize_t n_out, Py_ssize_t n_in, double bound) noexcept nogil
cdef void clip_values_(real* gradient, Py_ssize_t n, double bound) noexcept nogil

# kernels/optimizer.pxi
cdef OptimizerStep optimizer_step(int optimizer, double learning_rate, const double* options,
                                  Py_ssize_t t) noexcept nogil
cdef void optimize(const OptimizerStep* step, real* W, const real* dW, real* first, real* second, Py_ssize_t n,
                   double decay) noexcept nogil
cdef void step_member(void* argument, int member) noexcept nogil

# kernels/batchnorm.pxi
cdef void batch_norm_(real* Z, Py_ssize_t Z_row, const real* gamma, const real* beta, real* A, Py_ssize_t A_row,
                      real* mean, real* variance, Py_ssize_t n_units, Py_ssize_t n, Py_ssize_t width,
                      double epsilon) noexcept nogil
cdef void batch_norm_backward_(real* dA, Py_ssize_t dA_row, const real* Zhat, Py_ssize_t Zhat_row, const real* gamma,
                               const real* variance, real* dgamma, real* dbeta, Py_ssize_t n_units, Py_ssize_t n,
                               Py_ssize_t width, double epsilon) noexcept nogil
cdef void batch_norm_predict_(real* Z, Py_ssize_t row, const real* gamma, const real* beta, const real* mean,
                              const real* variance, Py_ssize_t n_units, Py_ssize_t n, double epsilon) noexcept nogil
cdef void batch_norm_fold_(const real* W, const real* gamma, const real* beta, const real* mean, const real* variance,
                           real* W_out, real* b_out, Py_ssize_t n_out, Py_ssize_t n_in, double epsilon) noexcept nogil
cdef void batch_norm_statistics_(const real* mean, const real* variance, real* running_mean, real* running_variance,
                                 Py_ssize_t n_units, Py_ssize_t n, double decay) noexcept nogil

# kernels/batch.pxi
cdef void gather_(const real* X, Py_ssize_t n_features, const int64_t* order, Py_ssize_t first, Py_ssize_t n, real* A,
                  Py_ssize_t row) noexcept nogil
cdef void one_hot_(const int32_t* labels, const int64_t* order, Py_ssize_t first, Py_ssize_t n, real* Y,
                   Py_ssize_t n_classes, Py_ssize_t row) noexcept nogil
cdef void shuffle_(int64_t* order, Py_ssize_t n, uint64_t seed, uint64_t epoch) noexcept nogil

# network/workspace.pxi
cdef void place_training(const Network* net, Buffers* buffers, Places* at, Py_ssize_t n, int n_threads) noexcept nogil

# network/loop.pxi
cdef int useful_threads(const Network* net, Py_ssize_t n, int n_threads, Py_ssize_t lanes) noexcept nogil
cdef void train_member(void* argument, int member) noexcept nogil

# network/gradient.pxi
cdef double cost_and_gradient(Training* t, real** arrays, real* gradient, uint64_t step) noexcept nogil

# network/predict.pxi
cdef PredictionStatus run_prediction(Prediction* p) noexcept nogil
cdef bint all_inputs_finite(const Prediction* p) noexcept nogil
