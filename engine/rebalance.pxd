# The C types of `rebalance.py`, for its compiled form.
cimport cython


cdef int BAND, LOT_SIZE, MIN_NOTIONAL, NO_BAR, NONE
cdef double _ROUNDING
cdef double _EPSILON
cdef double _DUST


cdef class Sizing:
    cdef readonly double[::1] sizes
    cdef readonly int[::1] reasons
    cdef double[::1] _targets
    cdef Py_ssize_t _ids
    cdef const double[::1] _marks
    cdef const unsigned char[::1] _tradable
    cdef double _reserve
    cdef double _band
    cdef double _lot_size
    cdef double _min_notional
    cdef double _fee

    @cython.locals(
        column=Py_ssize_t, first=Py_ssize_t, held=double, mark=double, target=double, size=double,
        current=double, lots=double,
    )
    cpdef void plan(
        self, Py_ssize_t row, const double[::1] weights, const double[::1] shares, double nav
    ) except *

    @cython.locals(column=Py_ssize_t, stuck=cython.bint, own=double, left=double, scale=double)
    cdef void _share_out(
        self, Py_ssize_t first, const double[::1] weights, const double[::1] shares, double nav
    ) except *

    cpdef double whole_lots(self, double size, double rounding=*) except? -1

    @cython.locals(place=Py_ssize_t, size=double, price=double)
    cdef double _left(self, double cash, sizes, prices, double factor) except? -1


@cython.locals(current=double)
cdef double _size(double target, double held, double mark) except? -1
