"""From the group of a worked example to the function that computes what it expects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.engine.inference.examples_of_ratios import (
    backtest_length,
    deflation,
    inference_of_2025,
    many_tests,
    one_ratio,
    with_memory,
)
from tests.engine.inference.examples_of_samples import (
    blocks,
    cross_validation,
    difference,
    events,
    overfit,
    permuted,
    superior,
    variances,
)
from tests.engine.inference.given import Found, Given

BY_GROUP: dict[str, Callable[..., Found]] = {
    "PSR": one_ratio,
    "MinTRL": one_ratio,
    "DSR": deflation,
    "MinBTL": backtest_length,
    "PSR-2025": inference_of_2025,
    "Lo2002": with_memory,
    "Harvey-Liu": many_tests,
    "Ledoit-Wolf": difference,
    "block length": blocks,
    "stationary bootstrap": variances,
    "SPA / Reality Check": superior,
    "PBO": overfit,
    "CPCV": cross_validation,
    "permutation": permuted,
    "event study": events,
}


def computed(example: Mapping[str, Any]) -> Found:
    """What our functions make of the input of an example, by the names of expected values."""
    if example["group"] not in BY_GROUP:
        pytest.fail(f"'{example['id']}' is of the group '{example['group']}', which is not known")
    function, given = BY_GROUP[example["group"]], Given(example["input"])
    return function(given, example["expected"]) if function is difference else function(given)
