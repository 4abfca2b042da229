"""Where and when it was measured."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "backtrader", "pandas", "pydantic")


def processor_model() -> str:
    """The name of the processor, as the system has it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def description(vectorbt: str | None) -> str:
    """Processor, versions and date, as one paragraph."""
    packages = [f"{name} {_version(name)}" for name in PACKAGES]
    packages.append(vectorbt or "vectorbt not installed")
    today = datetime.datetime.now(datetime.UTC).date()
    return (
        f"{processor_model()}, {os.cpu_count()} cores, {platform.system()}; "
        f"Python {platform.python_version()}, {', '.join(packages)}; {today}."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
