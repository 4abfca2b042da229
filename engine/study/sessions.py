"""Does an exchange's panel lead the sleeves? Correlations of returns from session to session.

A coin's day ends hours after the session it shares its date with, so labels say nothing about what
came first: every series is sampled at one set of instants, the closes of the sessions, and each
sleeve at the first close of the clock at or after them. The same with the coin's labels wrong by a
day shows what a stamp error would look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.inference.lead_lag import LeadLag, lead_lag
from engine.study.held import Held
from feeds.arrays import DAY, Float, Instants
from feeds.calendars import ALWAYS
from feeds.panel import Panel
from strategies.base import Combination, Signal

LAGS = 10
_FEWEST_SESSIONS = 60


@dataclass(frozen=True, eq=False)
class SessionLeadLag:
    """A series of an exchange against a sleeve.

    Attributes
    ----------
    panel, id, sleeve : str
    right : LeadLag
        In sessions; at a positive lag the exchange's series leads.
    misdated : LeadLag
        The same if every close of the sleeve were taken for that of a day later.
    """

    panel: str
    id: str
    sleeve: str
    right: LeadLag
    misdated: LeadLag


def session_series(
    signals: Mapping[str, Signal], panels: Mapping[str, Panel]
) -> dict[tuple[str, str], Panel]:
    """The series of exchanges that the signals read, each a panel of one id with prices."""
    found: dict[tuple[str, str], Panel] = {}
    for _, signal in sorted(signals.items()):
        if isinstance(signal, Combination) or signal.panel not in panels:
            continue
        panel = panels[signal.panel]
        if panel.calendar == ALWAYS or "close" not in panel.fields:
            continue
        if signal.id is not None and signal.id in panel.ids:
            panel = panel.pick((signal.id,))
        closes = panel.close
        if len(panel.ids) == 1 and not np.any(closes <= 0):
            found[panel.name, panel.ids[0]] = panel
    return found


def sampled(known_at: Instants, values: Float, at: Instants) -> Float:
    """The value of the first close at or after each instant, NaN after the last one."""
    row = np.searchsorted(known_at, at, side="left")
    out = np.full(len(at), np.nan)
    out[row < len(values)] = values[row[row < len(values)]]
    return out


def session_lead_lag(panel: Panel, held: Held, sleeve: str) -> SessionLeadLag | None:
    """A series of one id against a sleeve; None where sessions are too few or one is flat."""
    inside = (panel.known_at > held.known_at[0]) & (panel.known_at <= held.known_at[-1])
    closes, at = panel.column("close")[inside], panel.known_at[inside]
    nav = held.nav[sleeve]
    right = _compared(closes, sampled(held.known_at, nav, at))
    misdated = _compared(closes, sampled(held.known_at + DAY, nav, at))
    if right is None or misdated is None:
        return None
    return SessionLeadLag(panel.name, panel.ids[0], sleeve, right, misdated)


def _compared(first: Float, second: Float) -> LeadLag | None:
    """Log returns of the two over the rows at which both are known; None where one is flat."""
    known = ~np.isnan(first) & ~np.isnan(second)
    if np.count_nonzero(known) <= _FEWEST_SESSIONS:
        return None
    one, other = (np.diff(np.log(values[known])) for values in (first, second))
    found = lead_lag(one, other, LAGS)
    return None if found.reason else found
