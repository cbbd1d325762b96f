# A training as its threads share it, and how it is stopped.

cdef extern from "Python.h":             # where one of these fails its exception stays pending
    ctypedef struct PyObject
    int PyErr_CheckSignals() noexcept
    PyObject* PyObject_CallMethod(PyObject* of, const char* name, const char* format) noexcept
    int PyObject_IsTrue(PyObject* value) noexcept
    void Py_DecRef(PyObject* value) noexcept

cdef double SIGNAL_PERIOD = 0.05     # seconds between two looks for Ctrl-C and at `cancel`

cdef enum:                           # the arrays of a call whose dtype is the network's
    PARAMETERS = 0
    MOMENTS                          # (n_moments, n_parameters)
    BEST                             # NULL: not kept
    INPUTS                           # X and Y of the caller: rows are examples
    TARGETS
    WEIGHTS                          # NULL: every example counts 1
    WORK                             # the workspace
    N_ARRAYS

cdef struct Training:
    Team team
    const Network* net
    const Buffers* buffers
    Places at
    bint is_float
    float* floats[N_ARRAYS]          # the arrays of a call in float32, ...
    double* doubles[N_ARRAYS]        # ... or those of one in float64
    const int32_t* labels            # NULL: the targets are numbers
    const int64_t* orders            # NULL: the examples are taken as they lie
    const double* rates
    double* best_cost
    double* costs
    unsigned char* masks
    double* penalties                # of each block: of this step and of the next one, in turn
    double* squares                  # of each block's gradient
    double* gate_sums
    Py_ssize_t n_epochs
    Py_ssize_t n_batches
    Py_ssize_t n_examples
    Py_ssize_t batch_size
    uint64_t first_step
    bint moves_statistics            # of batch norm
    PyObject* cancel                 # the caller's event, or NULL
    double last_look                 # of member 0, at that and for Ctrl-C
    Py_ssize_t done                  # epochs completed


cdef void use_workspace(Training* t, _ParsedPlan plan, _Workspace work) noexcept:
    t.net, t.buffers, t.at = &plan.net, work.buffers, work.at
    t.floats[WORK], t.doubles[WORK] = <float*>work.numbers, <double*>work.numbers
    t.masks, t.penalties, t.squares, t.gate_sums = work.masks, work.penalties, work.squares, work.gate_sums


cdef void look_for_signals(Training* t) noexcept nogil:
    # Ctrl-C, which the main thread alone receives, and the caller's event; by member 0
    if seconds_now() - t.last_look > SIGNAL_PERIOD:
        with gil:
            if PyErr_CheckSignals() != 0 or (t.cancel != NULL and is_set(t.cancel)):
                team_request_stop(&t.team)
        t.last_look = seconds_now()


cdef bint is_set(PyObject* event) noexcept:
    # an exception, of the event or of a signal's handler that runs within it, ends the training, too
    cdef PyObject* answer = PyObject_CallMethod(event, "is_set", NULL)
    cdef bint stops = answer == NULL or PyObject_IsTrue(answer) != 0
    if answer != NULL:
        Py_DecRef(answer)
    return stops


cdef int raise_pending() except? -1:
    # the exception, if any, was set by the signal's handler while the training ran
    return -1
