"""The session that yfinance uses, with an eye on the answers that hold prices."""

from __future__ import annotations

import json
from typing import Any

from curl_cffi import requests
from curl_cffi.requests.exceptions import CertificateVerifyError, RequestException, Timeout

from feeds.providers.answers import Answers, check_answer
from feeds.providers.failures import NotOfferedError, PassingError, UnreachableError

_PRICES = "/v8/finance/chart/"


class WatchedSession(requests.Session[requests.Response]):
    """Looks like a browser, as yfinance's own session does, and tries once.

    Only answers with prices are looked at: cookies and crumbs are yfinance's business, and Yahoo
    answers those with all sorts of statuses. Proxies and certificates are those of the
    environment (HTTPS_PROXY, CURL_CA_BUNDLE).
    """

    def __init__(self, answers: Answers, timeout_seconds: float) -> None:
        super().__init__(impersonate="chrome", retry=0)
        self._answers = answers
        self._timeout_seconds = timeout_seconds

    def request(self, method: Any, url: str, *args: Any, **options: Any) -> requests.Response:
        """Send a request, with a limit of time.

        Raises
        ------
        PassingError, NotOfferedError, UnreachableError
            Only for a request for prices.
        """
        options["timeout"] = self._timeout_seconds
        if _PRICES not in url:
            return super().request(method, url, *args, **options)
        try:
            response = super().request(method, url, *args, **options)
        except Timeout:
            raise PassingError(f"did not answer within {self._timeout_seconds:g} s") from None
        except CertificateVerifyError as error:
            raise UnreachableError(
                f"yahoo: its certificate is not trusted here ({error}); behind a company's proxy, "
                "name the certificates with CURL_CA_BUNDLE"
            ) from None
        except RequestException as error:
            raise PassingError(f"cannot be reached: {str(error)[:200]}") from None
        headers = {str(name): str(value) for name, value in response.headers.items()}
        check_answer(response.status_code, headers, response.content)
        if response.status_code == 404:
            raise NotOfferedError(f"yahoo: {_reason(response.content)}")
        self._answers.bodies.append(response.content)
        return response


def _reason(body: bytes) -> str:
    """What Yahoo itself says is wrong."""
    chart = json.loads(body).get("chart") or {}
    error = chart.get("error") or {}
    return str(error.get("description") or error.get("code") or "not found, for no stated reason")
