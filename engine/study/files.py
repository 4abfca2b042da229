"""The files of a study: `study.json`, `events.csv`, the config, the manifest and the page."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engine.archive import MANIFEST, json_text, place, write_directory
from engine.inference.lead_lag import LeadLag
from engine.study.abnormal import ESTIMATED, Abnormal
from engine.study.forward import SERIES, spread, without_largest
from engine.study.made import Study
from engine.study.sessions import SessionLeadLag
from engine.tables import Column, time_texts, to_csv
from feeds.arrays import Instants, instants

PAGE = "study.html"


def write_study(study: Study, root: Path) -> Path:
    """Write `<root>/<name>/study-<id>/` as a whole and return it; an equal study is replaced.

    Raises
    ------
    OutputError
        When it cannot be written; what was there stays.
    """
    from engine.study.page import page

    target = place(root, study.name, f"study-{study.id}")
    write_directory(root, target, texts_of(study), {PAGE: page(study)}, force=True)
    return target


def texts_of(study: Study) -> dict[str, str]:
    """The text of every file that is equal on all machines, by file name."""
    identity = {"id": f"study-{study.id}", "name": study.name, "kind": "study"}
    return {
        "experiment.yaml": study.experiment_yaml,
        "events.csv": to_csv(event_columns(study)),
        "study.json": json_text(as_json(study)),
        MANIFEST: json_text({**study.manifest, **identity}),
    }


def event_columns(study: Study) -> list[Column]:
    """A row for each event."""
    events = study.events
    columns: list[Column] = [
        ("known_at", study.known_at),
        ("entered_at", instants(study.entered_at)),
        ("age_days", events.age_days),
        ("days_on", events.days_on),
        ("state_at_end", events.state),
    ]
    for days, each in study.forward.items():
        columns += [(f"{name}_{days}d", each[name]) for name in SERIES]
    found = study.abnormal
    return [
        *columns,
        (f"abnormal_{found.days}d", found.cumulative),
        ("abnormal_left_out", found.left_out),
    ]


def as_json(study: Study) -> dict[str, Any]:
    """Everything a study found as plain values; what is not known is null."""
    asked = study.question
    out: dict[str, Any] = {
        "id": study.id,
        "name": study.name,
        "claim": study.claim,
        "question": asdict(asked),
        "period": [_time(study.start), _time(study.end)],
        "simulated": study.simulated,
        "warnings": study.manifest["warnings"],
        "merged_events": study.events.merged,
        "events": _events(study),
        "why_no_p_values": study.why_no_p_values or None,
        "horizons": {
            str(days): {
                "events": {
                    name: {
                        **asdict(spread(each[name])),
                        "mean_without_largest": without_largest(each[name]),
                    }
                    for name in SERIES
                },
                "other_closes": {name: asdict(found) for name, found in study.others[days].items()},
                "evidence": asdict(study.evidence[days]) if days in study.evidence else None,
            }
            for days, each in study.forward.items()
        },
        "abnormal": _abnormal(study.abnormal),
        "regimes": {
            state: {name: asdict(found) for name, found in each.items()}
            for state, each in study.regimes.items()
        },
        "lead_lags": [_session(each) for each in study.lead_lags],
    }
    plain: dict[str, Any] = _plain(out)
    return plain


def _events(study: Study) -> list[dict[str, Any]]:
    events = study.events
    return [
        {
            "known_at": _time(study.known_at[place]),
            "entered_at": _time(study.entered_at[place]),
            "age_days": float(events.age_days[place]),
            "days_on": float(events.days_on[place]),
            "state_at_end": events.state[place],
            "forward": {
                str(days): {name: float(each[name][place]) for name in SERIES}
                for days, each in study.forward.items()
            },
            "abnormal": float(study.abnormal.cumulative[place]),
            "abnormal_left_out": study.abnormal.left_out[place] or None,
        }
        for place in range(len(events))
    ]


def _abnormal(found: Abnormal) -> dict[str, Any]:
    return {
        "horizon_days": found.days,
        "bars": found.bars,
        "estimation_bars": ESTIMATED,
        "events": found.events,
        "left_out": found.reasons,
        "sharing_bars": found.sharing,
        "estimated_on_windows": found.mixed,
        "caar": found.caar,
        "mean_residual_correlation": found.correlation,
        "tests": {name: asdict(each) for name, each in found.tests.items()} or None,
        "why_no_p_values": found.why_no_p_values or None,
    }


def _session(found: SessionLeadLag) -> dict[str, Any]:
    return {
        "panel": found.panel,
        "id": found.id,
        "sleeve": found.sleeve,
        "right": _lead_lag(found.right),
        "misdated_by_a_day": _lead_lag(found.misdated),
    }


def _lead_lag(found: LeadLag) -> dict[str, Any]:
    return {
        "lags": found.lags.tolist(),
        "correlations": found.correlations.tolist(),
        "pointwise_band": found.pointwise,
        "largest_band": found.largest,
        "returns": found.returns,
        "peak": found.peak,
        "is_clear": found.is_clear,
        "looks_misdated": found.looks_misdated,
    }


def _time(at: Any) -> str | None:
    times: Instants = instants(np.array([at]))
    return time_texts(times)[0] or None


def _plain(value: Any) -> Any:
    """The same with null for every number that is not known."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
