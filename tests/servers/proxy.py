"""A proxy on loopback that answers for the vendors' hosts, over TLS, as they would.

The real clients reach it the way they reach the real hosts from behind a company's proxy: by
HTTPS_PROXY and the variables that name a file of trusted certificates. Hosts that nobody plays
get status 502 from the proxy, so that no request can leave the machine.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import trustme


@dataclass(frozen=True)
class Question:
    """A request that came in."""

    host: str
    path: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What is sent back.

    Attributes
    ----------
    silent : bool
        Nothing is sent until the client hangs up: a time-out.
    cut : bool
        The body breaks off half way, below the length that was announced.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    form: str = "application/json"
    silent: bool = False
    cut: bool = False


def as_json(said: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(json.dumps(said).encode(), status, headers or {})


TOO_MANY = as_json({"msg": "too many requests"}, 429, {"Retry-After": "7"})
SERVER_ERROR = Answer(b"<html>bad gateway</html>", 502, form="text/html")
ERROR_PAGE = Answer(b"<html><body>Will be right back...</body></html>", form="text/html")
TRUNCATED = Answer(b'{"chart": {"result": [{"meta": {"curr')
CUT = Answer(b"[" + b"1," * 400 + b"1]", cut=True)
SILENT = Answer(b"", silent=True)

Vendor = Callable[[Question], Answer]


class Loopback:
    """The proxy and the hosts behind it.

    Attributes
    ----------
    questions : list of Question
        All requests, in order.
    """

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self._vendors: dict[str, Vendor] = {}
        self._mishaps: list[tuple[str, Answer]] = []
        self._authority = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.loopback = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def play(self, host: str, vendor: Vendor) -> None:
        """Have a vendor answer for a host."""
        self._vendors[host] = vendor

    def answer_next(self, path: str, *answers: Answer) -> None:
        """Give these answers to the next requests whose path holds `path`."""
        self._mishaps += [(path, answer) for answer in answers]

    def asked(self, path: str) -> list[Question]:
        """The requests whose path holds `path`."""
        return [question for question in self.questions if path in question.path]

    def environment(self, folder: Path) -> dict[str, str]:
        """The variables by which clients find the proxy and trust its certificates."""
        trusted = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(trusted))
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
        return {
            **dict.fromkeys(names, str(trusted)),
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), address),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
        }

    def plays(self, host: str) -> bool:
        return host in self._vendors

    def context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]

    def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        for place, (path, answer) in enumerate(self._mishaps):
            if path in question.path:
                del self._mishaps[place]
                return answer
        return self._vendors[question.host](question)


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    loopback: Loopback

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the play."""


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    host = ""

    def do_CONNECT(self) -> None:
        self.host = self.path.rpartition(":")[0]
        if not self.server.loopback.plays(self.host):
            self.send_error(502, f"nobody plays {self.host}")
            return
        self.send_response_only(200, "Connection established")
        self.end_headers()
        context = self.server.loopback.context(self.host)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.close_connection = False

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        question = Question(self.host, unquote(address.path), query)
        answer = self.server.loopback.answer(question)
        if answer.silent:
            self.rfile.read(1)  # returns when the client hangs up
            self.close_connection = True
            return
        headers = {
            "Content-Type": answer.form,
            "Content-Length": str(len(answer.body)),
            **answer.headers,
        }
        lines = [f"HTTP/1.1 {answer.status} As played"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode()
        body = answer.body[: len(answer.body) // 2] if answer.cut else answer.body
        self.connection.sendall(head + body)
        if answer.cut:
            self.close_connection = True

    def finish(self) -> None:
        super().finish()
        # The server closes the socket it knows, not the one with TLS that took its place.
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
