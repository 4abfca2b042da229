"""Genuine backtrader orders for those who listen, made of what an `Account` does."""

from __future__ import annotations

from collections import deque
from typing import Any

from backtrader.order import BuyOrder, SellOrder
from backtrader.utils import AutoOrderedDict

from engine.cerebro.clock import twin
from engine.codes import ACCEPTED, EXECUTED, PLACED, REFUSED, WORDS


class Notices:
    """Takes orders through the steps that an account lists, and notifies of each as stock does.

    The first order of a side at a bar is constructed by backtrader, which takes 30 us; the others
    are copies of it with their own data and size. What they go through are their own methods.
    """

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._orders: dict[int, Any] = {}
        self._templates: dict[type, Any] = {}

    def tell(self) -> None:
        """Notify of the account's new steps."""
        steps = self._broker.account.steps
        for step in steps:
            if step.kind == PLACED:
                order = self._orders[step.place] = self._placed(step)
                if self._broker.p.checksubmit:
                    self._broker.notify(order)
                continue
            order = self._orders[step.place]
            if step.kind == ACCEPTED:
                order.pannotated = None  # as BackBroker.submit_accept does
                order.submit()
                order.accept()
            elif step.kind == EXECUTED:
                self._execute(order, step)
            else:
                order.executed.remsize = step.remaining
                order.addinfo(reason=WORDS[step.reason])
                order.margin() if step.kind == REFUSED else order.cancel()
            self._broker.notify(order)
            if not order.alive():
                del self._orders[step.place]
        steps.clear()

    def keep_positions(self) -> None:
        """Bring the genuine positions up to this bar, as the end of a stock `next` does."""
        broker = self._broker
        for data in broker.positions:
            position = broker.positions[data]
            position.datetime = data.datetime.datetime()
            position.adjbase = data.close[0]

    def _placed(self, step: Any) -> Any:
        """A genuine order, submitted."""
        broker = self._broker
        data = broker.p.feeds[step.column]
        kind = BuyOrder if step.ordered > 0.0 else SellOrder
        template = self._templates.get(kind)
        if template is None or template.created.dt != data.datetime[0]:
            owner = broker.cerebro.runningstrats[0]
            order = kind(owner=owner, data=data, size=abs(step.ordered))
            self._templates[kind] = order
        else:
            order = _copied(template, data, step.ordered)
        order.addinfo(placed_at=order.created.dt)
        order.submit()
        return order

    def _execute(self, order: Any, step: Any) -> None:
        data, comminfo = order.data, self._broker.getcommissioninfo(order.data)
        size, price, position = step.shares, step.price, self._broker.positions[order.data]
        average = position.price
        shares, paid, opened, closed = position.update(size, price, data.datetime.datetime())
        if order.executed.remsize != size:
            order.addinfo(reason=WORDS[step.reason])
            order.executed.remsize = size
        order.execute(
            data.datetime[0], size, price,
            closed, comminfo.getvaluesize(-closed, average) if closed else 0.0,
            comminfo.getcommission(closed, price) if closed else 0.0,
            opened, comminfo.getvaluesize(opened, price) if opened else 0.0,
            comminfo.getcommission(opened, price) if opened else 0.0,
            comminfo.margin, comminfo.profitandloss(-closed, average, price),
            shares, paid,
        )  # fmt: skip
        order.addcomminfo(comminfo)


def _copied(template: Any, data: Any, size: float) -> Any:
    """An order like another of the same bar, for its own data and size."""
    order, params = twin(template), twin(template.params)
    params.__dict__.update(data=data, size=abs(size))
    price = data.close[0]
    created, executed = twin(template.created), twin(template.executed)
    created.__dict__.update(size=size, price=price, pricelimit=price, pclose=price, exbits=deque())
    executed.__dict__.update(
        size=0, remsize=size, price=0.0, value=0.0, comm=0.0, pnl=0.0, psize=0, pprice=0, dt=None,
        margin=None, p1=0, p2=0, exbits=deque(),
    )  # fmt: skip
    order.__dict__.update(
        params=params, p=params, ref=next(template.refbasis), info=AutoOrderedDict(),
        created=created, executed=executed, comminfo=None, status=template.Created,
    )  # fmt: skip
    if "size" in template.__dict__:  # a sell's size is negative, and its own
        order.size = size
    return order
