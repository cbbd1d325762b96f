# Checks of the arguments of public kernels: arrays, numbers, and memory that arrays share.
#
# A kernel is a `def` that takes Python objects. A `_Signature` tests whether its arrays can be used directly;
# otherwise it calls `cregnet.signature`, in Python, which converts them. The kernel then calls a fused
# function, whose parameters are typed memoryviews, for the dtype of the arrays.
#
# A. Arrays are aligned to their elements. NumPy can make others, for example from an odd offset of a
#    memory map, and reading them as if they were aligned is undefined behaviour.
# B. An output shares no memory with another argument, unless the kernel's `_Arguments` say that the two may
#    be the same array. They are then identical; a partial overlap is never allowed, because the loops would
#    read elements that they have already overwritten. Arguments that are only read may overlap.

from cpython.buffer cimport PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.long cimport PyLong_AsLongLongAndOverflow


cdef struct Span:                    # the memory of an array, as addresses
    size_t start
    size_t end


@cython.final
cdef class _Arguments:
    # The names of a kernel's arrays: those it reads, then those it writes. `same` has the pairs "out=in" that
    # may be the same array.
    cdef tuple names
    cdef int n
    cdef int n_read
    cdef frozenset same

    def __cinit__(self, str read, str written, str same=""):
        self.names = tuple(read.split() + written.split())
        self.n, self.n_read = len(self.names), len(read.split())
        pairs = [pair.split("=") for pair in same.split()]
        self.same = frozenset([(self.names.index(a), self.names.index(b)) for a, b in pairs])

    cdef int check(self, const Span* at) except -1:
        cdef int i, j
        for i in range(self.n_read, self.n):
            for j in range(i):
                if at[i].start < at[j].end and at[j].start < at[i].end:
                    self.check_overlap(i, j, at[i].start == at[j].start and at[i].end == at[j].end)
        return 0

    cdef int check_overlap(self, int i, int j, bint equal) except -1:
        cdef bint allowed = (i, j) in self.same
        if equal and allowed:
            return 0
        wanted = "the same array or one of its own" if allowed else "an array of its own"
        raise ValueError(f"{self.names[i]} shares memory with {self.names[j]}, wanted {wanted}: it is written")


cdef uint64_t MOST_64 = 0xFFFFFFFFFFFFFFFF  # of seeds and steps
cdef uint64_t MOST_COUNT = 2**62     # of examples and steps: adding the size of a batch or a call cannot overflow
cdef uint64_t MOST_LAYER = 2**28 - 1  # of layers: a 32-bit word holds the layer and the purpose of a draw


cdef uint64_t whole_number(str name, object value, uint64_t least, uint64_t most) except? 0:
    # an argument that is an integer; a conversion in C would truncate 1.9 to 1
    cdef int overflow = 0
    cdef long long number = 0
    if type(value) is int:
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow == 0 and number >= 0 and least <= <uint64_t>number <= most:
            return number
    return conversions().whole_number(name, value, least, most)


cdef int check_shape(str name, Py_ssize_t rows, Py_ssize_t cols,
                     Py_ssize_t want_rows, Py_ssize_t want_cols) except -1:
    if rows != want_rows or cols != want_cols:
        raise ValueError(f"{name} has shape ({rows}, {cols}), wanted ({want_rows}, {want_cols})")
    return 0


cdef int check_size(str name, Py_ssize_t size, Py_ssize_t want) except -1:
    if size != want:
        raise ValueError(f"{name} has {size} elements, wanted {want}")
    return 0


cdef enum:
    SMALL_WORK = 4096                # fewer operations take less time than releasing and acquiring the GIL
    MOST_ARRAYS = 12
    MOST_SIZES = 16

cdef enum Dtype:                     # of a call
    INTEGERS                         # no array is real
    FLOAT
    DOUBLE
    UNFIT                            # an array must be converted first

# NumPy and cregnet.signature are imported by the first call of a kernel: `import cregnet` needs neither, and NumPy
# takes more time than all the rest.
cdef object _numpy = None
cdef object _signature = None
cdef object NDARRAY = None
cdef object FLOAT32 = None
cdef object FLOAT64 = None
cdef object new_array = None
cdef int _READ = 0
cdef int _FILLED = 0


cdef object conversions():
    # cregnet.signature
    global _numpy, _signature, NDARRAY, FLOAT32, FLOAT64, new_array, _READ, _FILLED
    if _signature is None:
        import numpy
        from cregnet import signature
        _numpy, NDARRAY, new_array = numpy, numpy.ndarray, numpy.empty
        FLOAT32, FLOAT64 = numpy.dtype(numpy.float32), numpy.dtype(numpy.float64)
        _READ, _FILLED = signature.READ, signature.FILLED
        _signature = signature
    return _signature


@cython.final
cdef class _Signature:
    # A kernel's arrays, in the notation of cregnet.signature. `same` has the pairs "out=in" that may be the same
    # array, `sizes` the names of the sizes that the kernel gets as numbers.
    cdef str text
    cdef str same
    cdef str sizes
    cdef readonly tuple arguments    # None until the first call
    cdef _Arguments memory
    cdef list dtypes                 # None: float32 or float64
    cdef tuple given_sizes
    cdef int n
    cdef int n_filled
    cdef int place[MOST_ARRAYS]      # position in the order of `memory`: read, then written
    cdef int role[MOST_ARRAYS]
    cdef bint optional[MOST_ARRAYS]
    cdef bint is_real[MOST_ARRAYS]
    cdef int ndim[MOST_ARRAYS]
    cdef Py_ssize_t dims[MOST_ARRAYS][2]  # a fixed size, or -1 - k for the size with index k

    def __cinit__(self, str text, str same="", str sizes=""):
        self.text, self.same, self.sizes = text, same, sizes

    cdef int parse(self) except -1:
        cdef int i, n_filled = 0
        arguments, read, written, rows = conversions().encode(self.text, self.sizes)
        self.given_sizes = tuple(self.sizes.split())
        self.dtypes = [argument.dtype for argument in arguments]
        self.memory = _Arguments(read, written, self.same)
        self.n = len(rows)
        for i in range(self.n):
            (self.place[i], self.role[i], self.optional[i], self.is_real[i], self.ndim[i], self.dims[i][0],
             self.dims[i][1]) = rows[i]
            n_filled += self.role[i] == _FILLED
        self.n_filled = n_filled
        self.arguments = arguments   # last: with it another thread takes the signature for parsed
        return 0

    cdef int prepare(self, list arrays, Py_ssize_t first=-1, Py_ssize_t second=-1) except -1:
        # replace the arguments in the list `arrays` by arrays that the kernel can use; return the dtype of the call
        cdef int dtype
        if self.arguments is None:
            self.parse()
        dtype = self.match(arrays, first, second)
        if dtype == UNFIT:
            _signature.convert(self.arguments, arrays, dict(zip(self.given_sizes, (first, second))))
            dtype = self.match(arrays, first, second)
            if dtype == UNFIT:
                raise SystemError(f"arrays do not match {self.arguments} after their conversion")
        return dtype

    cdef int match(self, list arrays, Py_ssize_t first, Py_ssize_t second) except -1:
        cdef int i, fits, dtype = INTEGERS
        cdef bint missing = False
        cdef Py_ssize_t[MOST_SIZES] sizes
        cdef Span[MOST_ARRAYS] at
        cdef Py_buffer buffer
        for i in range(MOST_SIZES):
            sizes[i] = -1
        sizes[0], sizes[1] = first, second
        for i in range(self.n):
            array = arrays[i]
            if array is None and (self.role[i] == _FILLED or self.optional[i]):
                missing = True
                at[self.place[i]] = Span(0, 0)
                continue
            if type(array) is not NDARRAY:
                return UNFIT
            descr = array.dtype
            if self.is_real[i]:
                fits = FLOAT if descr is FLOAT32 else DOUBLE if descr is FLOAT64 else UNFIT
                if fits == UNFIT or dtype != INTEGERS and dtype != fits:
                    return UNFIT
                dtype = fits
            elif descr is not self.dtypes[i]:
                return UNFIT
            PyObject_GetBuffer(array, &buffer, PyBUF_STRIDES)
            fits = self.fits(i, &buffer, sizes)
            at[self.place[i]].start = <size_t>buffer.buf
            at[self.place[i]].end = <size_t>buffer.buf + buffer.len
            PyBuffer_Release(&buffer)
            if not fits:
                return UNFIT
        self.memory.check(at)
        if missing:
            self.allocate(arrays, dtype, sizes)
        return dtype

    cdef bint fits(self, int i, Py_buffer* buffer, Py_ssize_t* sizes) noexcept:
        cdef int j
        cdef Py_ssize_t dim, step = buffer.itemsize
        if buffer.ndim != self.ndim[i] or buffer.readonly and self.role[i] != _READ:
            return False
        if buffer.len > 0 and <size_t>buffer.buf & <size_t>(buffer.itemsize - 1):
            return False             # not aligned
        for j in range(buffer.ndim - 1, -1, -1):
            if buffer.shape[j] > 1 and buffer.strides[j] != step and buffer.len > 0:
                return False         # not C-contiguous
            step *= buffer.shape[j]
        for j in range(buffer.ndim):
            dim = self.dims[i][j]
            if dim < 0 and sizes[-1 - dim] < 0:
                sizes[-1 - dim] = buffer.shape[j]
            elif buffer.shape[j] != (sizes[-1 - dim] if dim < 0 else dim):
                return False
        return True

    cdef int allocate(self, list arrays, int dtype, const Py_ssize_t* sizes) except -1:
        cdef int i, j
        cdef Py_ssize_t dim
        for i in range(self.n - self.n_filled, self.n):
            if arrays[i] is None:
                shape = []
                for j in range(self.ndim[i]):
                    dim = self.dims[i][j]
                    shape.append(sizes[-1 - dim] if dim < 0 else dim)
                descr = self.dtypes[i]
                if self.is_real[i]:
                    descr = FLOAT32 if dtype == FLOAT else FLOAT64
                arrays[i] = new_array(shape, descr)
        return 0

    cdef object result(self, list arrays):
        # the outputs, which the kernel returns; results in copies are written back to the caller's arrays
        if len(arrays) > self.n:
            return _signature.write_back(self.arguments, arrays)
        if self.n_filled == 1:
            return arrays[self.n - 1]
        return tuple(arrays[self.n - self.n_filled:]) if self.n_filled else None


cdef object new_real(tuple shape, object dtype):
    # an output whose dtype does not follow from an input
    conversions()
    descr = _numpy.dtype(dtype)
    if descr is not FLOAT32 and descr is not FLOAT64:
        raise TypeError(f"dtype is {descr}, wanted float32 or float64")
    return new_array(shape, descr)


cdef double real_number(str name, object value) except? -1:
    # an argument that is a real number
    return value if type(value) is float else conversions().real_number(name, value)


@cython.final
cdef class _Number:
    # A number in a range. The comparison is in C; the error comes from `Option.check` of cregnet.spec.
    cdef object option
    cdef str name
    cdef readonly double default
    cdef double least
    cdef double below
    cdef bint open

    def __cinit__(self, option):
        self.option = option
        self.name, self.default, self.least, self.below, self.open = option

    cdef double read(self, object value) except? -1:
        cdef double number = real_number(self.name, value)
        if (self.least < number if self.open else self.least <= number) and number < self.below:
            return number
        return self.option.check(number)


cdef double finite_number(str name, object value) except? -1:
    cdef double number = real_number(name, value)
    if not isfinite(number):
        raise ValueError(f"{name} is {number}, wanted a finite number")
    return number


cdef inline void copy(real* to, const real* source, Py_ssize_t n) noexcept nogil:
    # memcpy with a null pointer, or from an array to itself, is undefined behaviour
    if n > 0 and to != source:
        memcpy(to, source, n * sizeof(real))
