"""The real fredapi, over urllib, against FRED's wire format."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.errors import ProviderError
from feeds.providers import NotOfferedError, Provider, provider
from feeds.providers.fred import Fred as Adapter
from feeds.providers.patience import Patience
from tests.feeds.providers.conftest import Maker, Waits, days, pages
from tests.servers.fred import HOST, KEY, Fred
from tests.servers.proxy import CUT, SERVER_ERROR, SILENT, TOO_MANY, Answer, Loopback

MONEY = {
    ("2024-02-27", "2024-01-01"): "20785.0",
    ("2024-03-26", "2024-02-01"): "20783.4",
    ("2024-03-26", "2024-01-01"): "20758.6",
}
"""January's figure is published on 27 February, and revised with February's."""


@pytest.fixture
def vendor(loopback: Loopback) -> Fred:
    played = Fred({"M2SL": MONEY})
    loopback.play(HOST, played)
    return played


@pytest.fixture
def fred(make: Maker, vendor: Fred) -> Provider:
    del vendor
    return make("fred", environment={"FRED_API_KEY": KEY})


def test_a_period_has_its_first_value_known_at_the_end_of_the_day_of_release(
    fred: Provider,
) -> None:
    """The day ends in New York at 05:00 UTC of the next day in winter, 04:00 in summer."""
    (page,) = pages(fred, "fred/M2SL/native", "2024-05-01")
    series = page.series
    assert (series.stamp, series.ids) == ("release", ("M2SL",))
    assert list(series.time) == days("2024-01-01", "2024-02-01")
    assert list(series.fields["value"]) == [20785.0, 20783.4]
    assert series.known_at is not None
    assert list(series.known_at) == days("2024-02-28T05:00", "2024-03-27T05:00")


def test_vintages_are_ids_and_every_value_is_there(fred: Provider) -> None:
    (page,) = pages(fred, "fred/M2SL/vintages", "2024-05-01")
    series = page.series
    assert series.ids == ("2024-02-27", "2024-03-26")
    rows = zip(series.time, series.column, series.fields["value"], strict=True)
    january, february = days("2024-01-01", "2024-02-01")
    assert list(rows) == [(january, 0, 20785.0), (january, 1, 20758.6), (february, 1, 20783.4)]


def test_a_release_of_later_than_now_is_not_known(fred: Provider) -> None:
    (page,) = pages(fred, "fred/M2SL/native", "2024-03-26T17:00")
    assert list(page.series.time) == days("2024-01-01")


def test_periods_published_on_one_day_follow_each_other(vendor: Fred, fred: Provider) -> None:
    """A panel has one instant a row: the second is a nanosecond later, never earlier."""
    vendor.series["DGS10"] = {("2024-01-03", day): "4.0" for day in ("2024-01-01", "2024-01-02")}
    (page,) = pages(fred, "fred/DGS10/native", "2024-05-01")
    assert page.series.known_at is not None
    first, second = page.series.known_at
    assert first == np.datetime64("2024-01-04T05:00")
    assert second - first == np.timedelta64(1, "ns")


def test_a_period_filled_in_later_is_no_news_to_a_reader(vendor: Fred, fred: Provider) -> None:
    vendor.series["DGS10"] = {
        ("2024-01-02", "2024-01-01"): "4.0",
        ("2024-01-04", "2024-01-03"): "4.2",
        ("2024-02-01", "2024-01-02"): "4.1",
    }
    (page,) = pages(fred, "fred/DGS10/native", "2024-05-01")
    assert list(page.series.time) == days("2024-01-01", "2024-01-03")
    assert page.series.notes["left out"] == "1 periods published after a later one"
    (page,) = pages(fred, "fred/DGS10/vintages", "2024-05-01")
    assert len(page.series) == 3


def test_a_missing_value_is_a_blank_row_and_noted(vendor: Fred, fred: Provider) -> None:
    vendor.series["DGS10"] = {
        ("2024-01-02", "2024-01-01"): ".",
        ("2024-01-03", "2024-01-02"): "4.1",
    }
    (page,) = pages(fred, "fred/DGS10/native", "2024-05-01")
    assert list(page.series.time) == days("2024-01-02")
    assert list(page.series.findings["blank_rows"]) == days("2024-01-01")


def test_what_does_not_fit_one_answer_is_asked_for_in_halves(
    vendor: Fred, fred: Provider, loopback: Loopback
) -> None:
    """Two rows an answer: three vintages together are too much, and then one and two of them.

    The later question tells January's value again, as of its own first day: no new release.
    """
    vendor.most = 2
    vendor.series["M2SL"] = {**MONEY, ("2024-04-23", "2024-01-01"): "20751.0"}
    (page,) = pages(fred, "fred/M2SL/vintages", "2024-05-01")
    assert list(page.series.fields["value"]) == [20785.0, 20758.6, 20751.0, 20783.4]
    asked = [question.query["realtime_start"] for question in loopback.asked("observations")]
    assert asked == ["2024-02-27", "2024-02-27", "2024-03-26", "2024-03-26", "2024-04-23"]


@pytest.mark.usefixtures("vendor")
def test_many_vintages_are_asked_for_in_parts(loopback: Loopback, waits: Waits) -> None:
    patience = Patience("fred", wait=waits, clock=waits.clock)
    few = Adapter(patience, timeout_seconds=5.0, key=KEY, vintages_a_question=1)
    (page,) = pages(few, "fred/M2SL/vintages", "2024-05-01")
    assert list(page.series.fields["value"]) == [20785.0, 20758.6, 20783.4]
    assert len(loopback.asked("observations")) == 2


def test_a_series_without_vintages_is_known_by_the_rule_of_its_release(
    vendor: Fred, fred: Provider
) -> None:
    """Closes of Friday and Monday: the next working day at 18:00 in New York, 23:00 UTC."""
    closes = {("2024-01-31", day): "4.0" for day in ("2024-01-05", "2024-01-08")}
    vendor.series["SP500"], vendor.without_vintages = closes, ("SP500",)
    (page,) = pages(fred, "fred/SP500/native", "2024-05-01")
    assert page.series.known_at is not None
    assert list(page.series.known_at) == days("2024-01-08T23:00", "2024-01-09T23:00")
    assert "known by rule" in page.series.notes["values"]
    with pytest.raises(NotOfferedError, match="does not exist in ALFRED"):
        pages(fred, "fred/SP500/vintages", "2024-05-01")


def test_an_unknown_series_is_refused_in_the_words_of_fred(fred: Provider) -> None:
    with pytest.raises(NotOfferedError, match="The series does not exist"):
        pages(fred, "fred/NOPE/native", "2024-05-01")


def test_without_a_key_it_says_where_to_get_one() -> None:
    with pytest.raises(ProviderError, match=r"free: register at .* set FRED_API_KEY"):
        provider("fred", environment={})


@pytest.mark.usefixtures("vendor")
def test_a_key_that_is_refused_is_never_shown(make: Maker) -> None:
    wrong = make("fred", environment={"FRED_API_KEY": "secret"})
    with pytest.raises(ProviderError, match="the key is refused") as caught:
        pages(wrong, "fred/M2SL/native", "2024-05-01")
    assert "secret" not in str(caught.value)


def test_the_key_is_in_nothing_that_is_kept(fred: Provider) -> None:
    (page,) = pages(fred, "fred/M2SL/native", "2024-05-01")
    assert KEY.encode() not in page.raw
    assert KEY not in str(page.asked)


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (TOO_MANY, 7.0),
        (SERVER_ERROR, 0.5),
        (Answer(b"<?xml version='1.0'?><observations><observ", form="text/xml"), 0.5),
        (Answer(b"<!doctype html><p>Maintenance", form="text/html"), 0.5),
        (CUT, 0.5),
    ],
    ids=["429", "5xx", "truncated", "200-with-a-page", "cut"],
)
def test_what_may_pass_is_asked_again_after_a_wait(
    fred: Provider, loopback: Loopback, waits: Waits, answer: Answer, least: float
) -> None:
    loopback.answer_next("observations", answer)
    (page,) = pages(fred, "fred/M2SL/native", "2024-05-01")
    assert len(page.series) == 2
    assert least <= max(waits) <= max(7.0, 2 * least)


@pytest.mark.usefixtures("vendor")
def test_a_silent_fred_is_given_up(make: Maker, loopback: Loopback) -> None:
    impatient = make("fred", environment={"FRED_API_KEY": KEY}, timeout_seconds=0.1)
    loopback.answer_next("vintagedates", *[SILENT] * 6)
    with pytest.raises(ProviderError, match="asked 6 times"):
        pages(impatient, "fred/M2SL/native", "2024-05-01")


@pytest.mark.usefixtures("vendor")
def test_a_certificate_that_is_not_trusted_is_named_and_not_asked_again(
    make: Maker, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ProviderError, match="name the certificates with SSL_CERT_FILE"):
        pages(make("fred", environment={"FRED_API_KEY": KEY}), "fred/M2SL/native", "2024-05-01")
    assert waits == []
