# Checks of the arguments of public kernels: shapes, whole numbers, and where arrays lie in memory.
#
# A. Arrays are aligned to their elements. NumPy makes others, for example from an odd offset of a
#    memory map, and reading those as if they were aligned is undefined.
# B. What a kernel writes shares no memory with another argument, unless the kernel's `_Arguments` say
#    that the two may be the same array. Then they are the same from end to end; a partial overlap is
#    never allowed, because the loops would read what they have just written. Arguments that are only
#    read may share memory as they like.

from cpython.number cimport PyNumber_Index


cdef struct Span:                    # where an array lies, as addresses
    size_t start
    size_t end
    size_t element


cdef inline Span span(const void* start, Py_ssize_t n, size_t element) noexcept nogil:
    cdef Span found
    found.start = <size_t>start
    found.end = found.start + n * element
    found.element = element
    return found


cdef inline Span vector(const real[::1] x) noexcept nogil:
    return span(&x[0], x.shape[0], sizeof(real))


cdef inline Span matrix(const real[:, ::1] x) noexcept nogil:
    return span(&x[0, 0], x.shape[0] * x.shape[1], sizeof(real))


cdef class _Arguments:
    # the arrays of a kernel: those it reads, then those it writes, and pairs "out=in" that may be the same
    cdef tuple names
    cdef int n
    cdef int n_read
    cdef frozenset same

    def __cinit__(self, str read, str written, str same=""):
        self.names = tuple(read.split() + written.split())
        self.n, self.n_read = len(self.names), len(read.split())
        pairs = [pair.split("=") for pair in same.split()]
        self.same = frozenset((self.names.index(a), self.names.index(b)) for a, b in pairs)

    cdef int check(self, const Span* at) except -1:
        cdef int i, j
        for i in range(self.n):
            if at[i].start & (at[i].element - 1) and at[i].end > at[i].start:  # a power of two
                raise ValueError(f"{self.names[i]} is not aligned: its data start at an address that is no multiple "
                                 f"of {at[i].element}, wanted np.require({self.names[i]}, requirements='A')")
        for i in range(self.n_read, self.n):
            for j in range(i):
                if at[i].start < at[j].end and at[j].start < at[i].end:
                    self.check_overlap(i, j, at[i].start == at[j].start and at[i].end == at[j].end)
        return 0

    cdef int check_input(self, const Span* at, str name, Span given) except -1:
        # an array that is only read and is not among `at`
        cdef int i
        for i in range(self.n_read, self.n):
            if at[i].start < given.end and given.start < at[i].end:
                raise ValueError(f"{name} shares memory with {self.names[i]}, wanted an array of its own: "
                                 f"{self.names[i]} is written")
        return 0

    cdef int check_overlap(self, int i, int j, bint equal) except -1:
        cdef bint allowed = (i, j) in self.same
        if equal and allowed:
            return 0
        wanted = "the same array or one of its own" if allowed else "an array of its own"
        raise ValueError(f"{self.names[i]} shares memory with {self.names[j]}, wanted {wanted}: it is written")


cdef uint64_t whole_number(str name, object value, object least, object most) except? 0:
    # an argument that is an integer: C would take 1.9 for 1
    try:
        number = PyNumber_Index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, wanted a whole number") from None
    if not least <= number <= most:
        wanted = f">= {least}" if number < least and most >= MOST_COUNT else f"from {least} to {most}"
        raise ValueError(f"{name} is {value!r}, wanted a whole number {wanted}")
    return number


cdef object MOST_64 = 2**64 - 1      # of seeds and steps
cdef object MOST_COUNT = 2**62       # of examples and steps, so that a batch or a call can be counted on from there
cdef object MOST_LAYER = 2**28 - 1   # shares a 32-bit word with the purpose of a draw


cdef int check_shape(str name, Py_ssize_t rows, Py_ssize_t cols,
                     Py_ssize_t want_rows, Py_ssize_t want_cols) except -1:
    if rows != want_rows or cols != want_cols:
        raise ValueError(f"{name} has shape ({rows}, {cols}), wanted ({want_rows}, {want_cols})")
    return 0


cdef int check_size(str name, Py_ssize_t size, Py_ssize_t want) except -1:
    if size != want:
        raise ValueError(f"{name} has {size} elements, wanted {want}")
    return 0


cdef inline void copy(real* to, const real* source, Py_ssize_t n) noexcept nogil:
    # memcpy may not be given a null pointer or the same place twice
    if n > 0 and to != source:
        memcpy(to, source, n * sizeof(real))
