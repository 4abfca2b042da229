"""What one experiment has read serves the next, in a command that runs several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from feeds.arrays import Instant
from feeds.cache import load_panel
from feeds.events import Event
from feeds.panel import Panel
from feeds.panel_spec import PanelSpec
from feeds.quality import QualitySpec
from feeds.simulated import SimulatedSpec, simulate


class Reader:
    """Reads panels, each once, however many experiments ask for it.

    Parameters
    ----------
    cache : Path or None
        Folder of the panel cache.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._panels: dict[tuple[str, ...], Panel] = {}
        self._markets: dict[SimulatedSpec, tuple[dict[str, Panel], tuple[Event, ...]]] = {}

    def panel(
        self,
        name: str,
        spec: PanelSpec,
        root: Path | None,
        ids: Sequence[str],
        policy: QualitySpec,
        until: Instant,
    ) -> Panel:
        """The panel that `spec` describes; see `feeds.cache.load_panel`."""
        about = (spec.model_dump_json(), str(root), *ids, policy.model_dump_json(), str(until))
        key = (name, *about)
        if key not in self._panels:
            self._panels[key] = load_panel(name, spec, root, ids, self._cache, policy, until)
        return self._panels[key]

    def market(self, spec: SimulatedSpec) -> tuple[dict[str, Panel], tuple[Event, ...]]:
        """The panels and events of a simulated market; see `feeds.simulated.simulate`."""
        if spec not in self._markets:
            self._markets[spec] = simulate(spec, self._cache)
        return self._markets[spec]
