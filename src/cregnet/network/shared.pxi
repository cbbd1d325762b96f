# The state of a training that its threads share, and how a training is stopped.

cdef extern from "Python.h":             # if one of these fails, its exception stays pending
    ctypedef struct PyObject
    int PyErr_CheckSignals() noexcept
    PyObject* PyObject_CallMethod(PyObject* of, const char* name, const char* format) noexcept
    int PyObject_IsTrue(PyObject* value) noexcept
    void Py_DecRef(PyObject* value) noexcept

cdef double SIGNAL_PERIOD = 0.05     # seconds between two checks for Ctrl-C and `cancel`

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


cdef void use_workspace(Training* t, _ParsedPlan plan, _Workspace work) noexcept:
    t.net, t.buffers, t.at = &plan.net, work.buffers, work.at
    t.floats[WORK], t.doubles[WORK] = <float*>work.numbers, <double*>work.numbers
    t.masks, t.penalties, t.squares, t.gate_sums = work.masks, work.penalties, work.squares, work.gate_sums


cdef void check_signals(Training* t) noexcept nogil:
    # Called by member 0, which is the caller's thread: only Python's main thread receives Ctrl-C.
    if seconds_now() - t.last_check > SIGNAL_PERIOD:
        with gil:
            if PyErr_CheckSignals() != 0 or (t.cancel != NULL and is_set(t.cancel)):
                team_request_stop(&t.team)
        t.last_check = seconds_now()


cdef bint is_set(PyObject* event) noexcept:
    # An exception in the event, or in a signal handler that runs during the call, ends the training too.
    cdef PyObject* answer = PyObject_CallMethod(event, "is_set", NULL)
    cdef bint stops = answer == NULL or PyObject_IsTrue(answer) != 0
    if answer != NULL:
        Py_DecRef(answer)
    return stops


cdef int raise_pending() except? -1:
    # raises the exception, if any, that a signal handler or the event set during the training
    return -1
