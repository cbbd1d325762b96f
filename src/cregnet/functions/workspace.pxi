# The class that owns the memory of a call. Its arrays are placed in workspace.pxi and predict.pxi of the network.

cdef extern from "system.h" nogil:
    void* aligned_new(size_t n_bytes)
    void aligned_delete(void* memory)

cdef double WORKSPACE_LIMIT = 2.0**58
cdef size_t KEPT_BYTES = 2**22       # of a workspace that a plan holds between calls: larger ones are rarely new


cdef class _Workspace:
    # owns the memory of a call
    cdef Places at
    cdef Buffers* buffers
    cdef size_t number_size
    cdef Py_ssize_t batch_size       # of the largest batch of a training, and the threads that it is placed for
    cdef int n_threads
    cdef char* numbers
    cdef unsigned char* masks
    cdef double* penalties           # two arrays of n_blocks + 1 (note B of update.pxi)
    cdef double* squares             # n_blocks + 1
    cdef double* gate_sums

    def __cinit__(self, _ParsedPlan plan, size_t number_size):
        self.number_size, self.at.lanes = number_size, lanes_of(number_size)
        self.buffers = <Buffers*>calloc(plan.net.n_layers + 1, sizeof(Buffers))
        if self.buffers == NULL:
            raise MemoryError

    cdef int allocate(self) except -1:
        self.numbers = <char*>allocated(self.at.n_numbers * self.number_size)
        if self.at.n_masks > 0:
            self.masks = <unsigned char*>allocated(self.at.n_masks)
        if self.at.n_blocks > 0:
            self.penalties = <double*>allocated((3 * (self.at.n_blocks + 1) + self.at.n_gate_sums) * sizeof(double))
            self.squares = self.penalties + 2 * (self.at.n_blocks + 1)
            self.gate_sums = self.squares + self.at.n_blocks + 1
        return 0

    def __dealloc__(self):
        free(self.buffers)
        aligned_delete(self.numbers)
        aligned_delete(self.masks)
        aligned_delete(self.penalties)


cdef char* allocated(size_t n_bytes) except NULL:
    # zeroed, and aligned to 64 bytes, which are a cache line and the widest vector
    cdef char* memory = <char*>aligned_new(n_bytes)
    if memory == NULL:
        raise MemoryError(f"cannot allocate {n_bytes} bytes for the activations of a batch")
    return memory


cdef _Workspace training_workspace(_ParsedPlan plan, size_t number_size, Py_ssize_t n, int n_threads):
    # For batches of at most n examples: the one that an earlier call with this plan has left, or a new one, whose
    # memory is allocated once all offsets are known.
    cdef _Workspace work
    with cython.critical_section(plan):
        work, plan.workspace = <_Workspace>plan.workspace, None
    if work is not None and work.number_size == number_size and work.batch_size == n and work.n_threads == n_threads:
        return work
    work = _Workspace(plan, number_size)
    work.batch_size, work.n_threads = n, n_threads
    check_workspace(&plan.net, n)
    place_training(&plan.net, work.buffers, &work.at, n, n_threads)
    work.allocate()
    return work


cdef int leave_workspace(_ParsedPlan plan, _Workspace work) except -1:
    # A training calls the core again after its callbacks, with the same plan. The operating system would clear the
    # pages of a new workspace, which takes up to a twentieth of an epoch.
    cdef Py_ssize_t l
    if work.at.n_numbers * work.number_size > KEPT_BYTES:
        return 0
    for l in range(plan.net.n_layers + 1):
        work.buffers[l].given_mask = NULL    # it belongs to the caller
    with cython.critical_section(plan):
        plan.workspace = work
    return 0


cdef int check_workspace(const Network* net, Py_ssize_t n) except -1:
    # Compares an upper bound of a workspace's numbers with the limit: at most eight arrays per layer, padded to full
    # vectors. Sizes in bytes must fit into Py_ssize_t.
    cdef Py_ssize_t l
    cdef double bound = 0
    for l in range(net.n_layers + 1):
        bound += 8 * (net.layers[l].n_out + 64.0) * (n + 64.0)
    if bound > WORKSPACE_LIMIT:
        raise MemoryError(f"a batch of {n} examples needs some {bound:.3g} numbers, wanted smaller batches")
    return 0


cdef void use_workspace(Training* t, _ParsedPlan plan, _Workspace work) noexcept:
    t.net, t.buffers, t.at = &plan.net, work.buffers, work.at
    t.floats[WORK], t.doubles[WORK] = <float*>work.numbers, <double*>work.numbers
    t.masks, t.penalties, t.squares, t.gate_sums = work.masks, work.penalties, work.squares, work.gate_sums
