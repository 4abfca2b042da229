"""The attributes of a genuine order of backtrader, as literals.

The market: opens of 10, 11, 12 and 13, closes half above, a fee of 25 % (exact in binary).
"""

from __future__ import annotations

import backtrader as bt

from tests.engine.tiny import START

OPENS, CLOSES, FEE = [10.0, 11.0, 12.0, 13.0], [10.5, 11.5, 12.5, 13.5], 0.25

BLANK = {
    "pclose": 0.0,
    "exbits": [],
    "p1": 0,
    "p2": 0,
    "dt": None,
    "size": 0,
    "remsize": 0,
    "price": 0.0,
    "pricelimit": 0.0,
    "trailamount": 0.0,
    "trailpercent": 0.0,
    "_plimit": 0.0,
    "value": 0.0,
    "comm": 0.0,
    "margin": None,
    "pnl": 0.0,
    "psize": 0,
    "pprice": 0,
}
ASKED = {"trailamount": None, "trailpercent": None, "_plimit": None}
BOUGHT = {  # a market order for 2.5 at the first close
    "broker": None,
    "info": {},
    "comminfo": None,
    "triggered": False,
    "_active": True,
    "status": bt.Order.Created,
    "_plimit": None,
    "exectype": bt.Order.Market,
    "_limitoffset": 0.0,
    "position": 0,
    # The end of the session, 23:59:59.99999, of the day of the close.
    "dteos": START + 0.9999999999,
    "created": BLANK
    | ASKED
    | {"pclose": 10.5, "price": 10.5, "pricelimit": 10.5, "dt": START, "size": 2.5},
    "executed": BLANK | {"remsize": 2.5},
}
SUBMITTED = BOUGHT | {"status": bt.Order.Submitted, "plen": 1}
"""`plen` is the length of the feed at the last `submit()`."""
BUY_FILLED = BLANK | {  # 2.5 at the open of 11
    "exbits": [
        {
            "dt": START + 1,
            "size": 2.5,
            "price": 11.0,
            "closed": 0,
            "opened": 2.5,
            "closedvalue": 0.0,
            "openedvalue": 27.5,
            "closedcomm": 0.0,
            "openedcomm": 6.875,
            "value": 27.5,
            "comm": 6.875,
            "pnl": 0.0,
            "psize": 2.5,
            "pprice": 11.0,
        }
    ],
    "p2": 1,
    "dt": START + 1,
    "size": 2.5,
    "remsize": 0.0,
    "price": 11.0,
    "value": 27.5,
    "comm": 6.875,
    "psize": 2.5,
    "pprice": 11.0,
}
SELL_FILLED = BLANK | {  # the same at the open of 12: valued at cost, the fee on what it fetched
    "exbits": [
        {
            "dt": START + 2,
            "size": -2.5,
            "price": 12.0,
            "closed": -2.5,
            "opened": 0,
            "closedvalue": 27.5,
            "openedvalue": 0.0,
            "closedcomm": 7.5,
            "openedcomm": 0.0,
            "value": 27.5,
            "comm": 7.5,
            "pnl": 2.5,
            "psize": 0.0,
            "pprice": 0.0,
        }
    ],
    "p2": 1,
    "dt": START + 2,
    "size": -2.5,
    "remsize": 0.0,
    "price": 12.0,
    "value": 27.5,
    "comm": 7.5,
    "pnl": 2.5,
    "psize": 0.0,
    "pprice": 0.0,
}
