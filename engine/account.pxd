# The C types of `account.py`, for its compiled form.
cimport cython


cdef int ACCEPTED, CANCELLED, END_OF_PERIOD, EVENT, EXECUTED, FILLED, NO_CASH, NONE, OPEN, PLACED
cdef int REFUSED, REJECTED, SHORTFALL, SKIPPED, SUPERSEDED, WITHDRAWN, WRITTEN_OFF
cdef double _NO_PRICE


cdef class Account:
    cdef readonly double cash
    cdef readonly double[::1] shares
    cdef readonly double[::1] average
    cdef readonly Py_ssize_t live
    cdef readonly list steps
    cdef readonly list changes
    cdef tuple _now
    cdef Py_ssize_t _ids
    cdef object _sizing
    cdef double[::1] _sizes
    cdef int[::1] _reasons
    cdef bint _listening
    cdef bint _unchecked
    cdef const double[::1] _marks
    cdef const double[::1] _opens
    cdef const unsigned char[::1] _fillable
    cdef const double[::1] _opened
    cdef const double[::1] _closed
    cdef double _fee
    cdef double _slippage
    cdef bint _rejects
    cdef Py_ssize_t _orders
    cdef tuple _batch
    cdef tuple _log
    cdef long long[::1] _column
    cdef long long[::1] _decided
    cdef long long[::1] _placed
    cdef long long[::1] _filled
    cdef signed char[::1] _status
    cdef signed char[::1] _reason
    cdef double[::1] _ordered
    cdef double[::1] _remaining
    cdef double[::1] _traded
    cdef double[::1] _price
    cdef double[::1] _fees

    cpdef double value(self, Py_ssize_t row) except? -1

    @cython.locals(
        row=Py_ssize_t, number=Py_ssize_t, navs="double[::1]", cash=double,
        shares="const double[::1]", average="const double[::1]",
    )
    cpdef object values(self, const long long[::1] changes)

    @cython.locals(
        column=Py_ssize_t, first=Py_ssize_t, total=double, held=double, mark=double, gain=double
    )
    cdef double _worth(
        self, Py_ssize_t row, const double[::1] shares, const double[::1] average
    ) noexcept

    @cython.locals(column=Py_ssize_t, place=Py_ssize_t, buys=bint, size=double)
    cpdef void decide(
        self, Py_ssize_t row, Py_ssize_t decided, const double[::1] weights, bint beyond_end=*
    ) except *

    @cython.locals(cash=double, price=double, place=Py_ssize_t)
    cpdef void check(self) except *

    @cython.locals(place=Py_ssize_t, live=Py_ssize_t, scaled=bint)
    cpdef void fill(self, Py_ssize_t row) except *

    @cython.locals(held=double, price=double)
    cpdef void end(self, Py_ssize_t row, Py_ssize_t column, recovery) except *

    cpdef object log(self)

    @cython.locals(place=Py_ssize_t)
    cdef Py_ssize_t _order(
        self, Py_ssize_t row, Py_ssize_t decided, Py_ssize_t column, double size
    ) noexcept

    cdef void _log_orders(self) except *
    cdef void _step(self, Py_ssize_t place, int kind) except *

    @cython.locals(place=Py_ssize_t)
    cdef void _withdraw(self, int reason, Py_ssize_t column=*) except *

    cdef void _refuse(self, Py_ssize_t place) except *
    cdef void _close(self, Py_ssize_t place, int status, int reason, int kind) except *
    cdef void _remember(self, Py_ssize_t row) except *

    @cython.locals(placed=Py_ssize_t, fillable=bint)
    cdef bint _can_fill(self, Py_ssize_t place, Py_ssize_t row) noexcept

    @cython.locals(place=Py_ssize_t, factor=double)
    cdef void _scale(self, Py_ssize_t row, Py_ssize_t first) except *

    @cython.locals(slip=double)
    cdef double _slipped(self, Py_ssize_t place, Py_ssize_t row) noexcept

    @cython.locals(
        column=Py_ssize_t, size=double, price=double, held=double, average=double, fee=double,
        cash=double,
    )
    cdef void _execute(self, Py_ssize_t place, Py_ssize_t row) except *
