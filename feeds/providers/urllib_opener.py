"""What `urllib` is given so that fredapi's requests are limited in time, kept and checked."""

from __future__ import annotations

import io
import urllib.request
import urllib.response
from http.client import HTTPException, HTTPResponse
from typing import Any, cast

from feeds.providers.answers import Answers, check_answer
from feeds.providers.failures import PassingError


class Watch(urllib.request.BaseHandler):
    """The part of an opener that limits the time and reads, checks and keeps each answer."""

    handler_order = 100  # before the handler that makes errors of statuses

    def __init__(self, answers: Answers, timeout_seconds: float) -> None:
        self._answers = answers
        self._timeout_seconds = timeout_seconds

    def https_request(self, request: urllib.request.Request) -> urllib.request.Request:
        """Limit a request in time; fredapi itself would wait for ever."""
        request.timeout = self._timeout_seconds
        return request

    def https_response(self, request: urllib.request.Request, response: HTTPResponse) -> Any:
        """The answer with its body in memory.

        Raises
        ------
        PassingError
            For a line that broke, a status that may pass, a body that is no XML.
        """
        try:
            body = response.read()
        except (OSError, HTTPException) as error:
            raise PassingError(f"broke off its answer: {type(error).__name__}: {error}") from None
        check_answer(response.status, dict(response.headers), body, form="xml")
        self._answers.bodies.append(body)
        whole = urllib.response.addinfourl(
            io.BytesIO(body), response.headers, request.full_url, response.status
        )
        cast(Any, whole).msg = response.reason
        return whole


def install(answers: Answers, timeout_seconds: float) -> None:
    """Have `urllib.request.urlopen`, which is what fredapi calls, go through a `Watch`.

    Proxies are those of the environment as it is now.
    """
    urllib.request.install_opener(urllib.request.build_opener(Watch(answers, timeout_seconds)))
