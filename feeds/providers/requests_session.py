"""A `requests` session that keeps what it receives and says which failures may pass."""

from __future__ import annotations

from typing import Any

import requests

from feeds.providers.answers import Answers, check_answer
from feeds.providers.failures import PassingError, UnreachableError


class WatchedSession(requests.Session):
    """The session given to ccxt, pycoingecko and coinmetrics.

    It tries once, so that there is one place that tries again (`Patience`). Proxies and
    certificates are those of the environment (HTTPS_PROXY, REQUESTS_CA_BUNDLE).
    """

    def __init__(self, vendor: str, answers: Answers, timeout_seconds: float) -> None:
        super().__init__()
        self._vendor = vendor
        self._answers = answers
        self._timeout_seconds = timeout_seconds

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """Send a request, with a limit of time.

        Raises
        ------
        PassingError
            For a line that broke, a status that may pass, a body that is no JSON.
        UnreachableError
            For a certificate that is not trusted, and for a country that is not served.
        """
        options["timeout"] = self._timeout_seconds
        try:
            response = super().request(method, url, *args, **options)
        except requests.Timeout:
            raise PassingError(f"did not answer within {self._timeout_seconds:g} s") from None
        except requests.exceptions.SSLError as error:
            raise UnreachableError(
                f"{self._vendor}: its certificate is not trusted here ({_cause(error)}); behind a "
                "company's proxy, name the certificates with REQUESTS_CA_BUNDLE"
            ) from None
        except requests.RequestException as error:
            raise PassingError(f"cannot be reached: {_cause(error)}") from None
        if response.status_code == requests.codes.unavailable_for_legal_reasons:
            raise UnreachableError(
                f"{self._vendor} does not serve this country: {response.text[:200]}. "
                "Import its public files instead, or fetch from another exchange"
            )
        check_answer(response.status_code, response.headers, response.content)
        self._answers.bodies.append(response.content)
        return response


def _cause(error: BaseException) -> str:
    """The innermost reason of an error, without the address that was asked."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{type(error).__name__}: {error}"[:200]
