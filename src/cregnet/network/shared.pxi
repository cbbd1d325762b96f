# The state of a training that its threads share, and how a training is stopped.

cdef extern from "Python.h":         # if one of these fails, its exception stays pending
    int PyErr_CheckSignals() noexcept
    PyObject* PyObject_CallMethod(PyObject* of, const char* name, const char* format) noexcept
    int PyObject_IsTrue(PyObject* value) noexcept
    void Py_DecRef(PyObject* value) noexcept

cdef extern from "system.h" nogil:
    double seconds_now()
    void* aligned_uninitialized(size_t n_bytes)
    void aligned_delete(void* memory)

cdef double SIGNAL_PERIOD = 0.05     # seconds between two checks for Ctrl-C and `cancel`


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
