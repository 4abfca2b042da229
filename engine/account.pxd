# The C types of `account.py`, for its compiled form.
cimport cython


cdef int ACCEPTED, CANCELLED, END_OF_PERIOD, EVENT, EXECUTED, FILLED, NO_CASH, NONE, OPEN, PLACED
cdef int REFUSED, REJECTED, SHORTFALL, SKIPPED, SUPERSEDED, WITHDRAWN, WRITTEN_OFF


cdef class Ticket:
    cdef readonly Py_ssize_t number
    cdef readonly Py_ssize_t column
    cdef readonly Py_ssize_t decided
    cdef readonly Py_ssize_t placed
    cdef readonly Py_ssize_t filled
    cdef readonly int status
    cdef readonly int reason
    cdef readonly double ordered
    cdef readonly double remaining
    cdef readonly double shares
    cdef readonly double price
    cdef readonly double fee


cdef class Account:
    cdef readonly double cash
    cdef readonly double[::1] shares
    cdef readonly double[::1] average
    cdef readonly Py_ssize_t live
    cdef readonly list tickets
    cdef readonly list steps
    cdef readonly list changed
    cdef readonly list past_cash
    cdef readonly object past_shares
    cdef readonly object past_average
    cdef tuple _now
    cdef Py_ssize_t _ids
    cdef object _sizing
    cdef double[::1] _sizes
    cdef int[::1] _reasons
    cdef bint _listening
    cdef list _queue
    cdef bint _unchecked
    cdef const double[::1] _marks
    cdef const double[::1] _opens
    cdef const unsigned char[::1] _fillable
    cdef const double[::1] _opened
    cdef const double[::1] _closed
    cdef double _fee
    cdef double _slippage
    cdef bint _rejects

    @cython.locals(
        column=Py_ssize_t, first=Py_ssize_t, total=double, held=double, mark=double, gain=double
    )
    cpdef double value(self, Py_ssize_t row) except? -1

    @cython.locals(column=Py_ssize_t, buys=bint, size=double, ticket=Ticket)
    cpdef void decide(
        self, Py_ssize_t row, Py_ssize_t decided, const double[::1] weights, bint beyond_end=*
    ) except *

    @cython.locals(cash=double, price=double, ticket=Ticket, passed=list)
    cpdef void check(self) except *

    @cython.locals(place=Py_ssize_t, scaled=bint, ticket=Ticket, waiting=list)
    cpdef void fill(self, Py_ssize_t row) except *

    @cython.locals(held=double, ticket=Ticket, queue=list)
    cpdef void end(self, Py_ssize_t row, Py_ssize_t column, recovery) except *

    @cython.locals(
        place=Py_ssize_t, count=Py_ssize_t, ticket=Ticket, integers="long long[::1]",
        reals="double[::1]",
    )
    cpdef tuple columns(self)

    @cython.locals(ticket=Ticket)
    cdef Ticket _order(self, Py_ssize_t row, Py_ssize_t decided, Py_ssize_t column, double size)

    cdef void _step(self, Ticket ticket, int step) except *
    cdef void _withdraw(self, Ticket ticket, int reason) except *
    cdef void _refuse(self, Ticket ticket) except *
    cdef void _remember(self, Py_ssize_t row) except *
    cdef bint _can_fill(self, Ticket ticket, Py_ssize_t row) except -1

    @cython.locals(ticket=Ticket, factor=double)
    cdef void _scale(self, Py_ssize_t row, Py_ssize_t first) except *

    @cython.locals(slip=double)
    cdef double _price(self, Ticket ticket, Py_ssize_t row) except? -1

    @cython.locals(
        column=Py_ssize_t, size=double, price=double, held=double, average=double, fee=double,
        cash=double,
    )
    cdef void _execute(self, Ticket ticket, Py_ssize_t row) except *
