"""Asking a SPARQL endpoint over HTTP (SPARQL 1.1 Protocol, section 2.1.2), by the standard library.

Not by rdflib's SPARQLStore: it waits without end, takes answers of any size, and reports a failure without its reason.
"""

import http.client
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from kgattn.errors import GraphError
from kgattn.graph.naming import clean_text

LOG = logging.getLogger(__name__)
MAX_ANSWER_BYTES = 256 << 20
MAX_WAIT = 60.0
_PASSING = (429, 500, 502, 503, 504)  # may be different in a moment


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        address: The endpoint.
        media_type: Content type without parameters, in lower case.
        body: The bytes.
    """

    address: str
    media_type: str
    body: bytes

    def unexpected(self, wanted: str) -> GraphError:
        """The error for another content type than was asked for."""
        return GraphError(
            f"{self.address}: expected {wanted}, got {self.media_type or 'no content type'} "
            f"({_start(self.body)!r}); give the address of a SPARQL endpoint, or of a file downloaded from there"
        )

    def broken(self, error: Exception) -> GraphError:
        """The error for content that cannot be read."""
        reason = clean_text(str(error))[:200] or type(error).__name__
        return GraphError(
            f"{self.address}: the answer is not readable as {self.media_type} ({type(error).__name__}: {reason}); "
            "ask for smaller pages by page_size, or check the endpoint"
        )


class Endpoint:
    """One endpoint, asked with patience that ends.

    Args:
        address: An http or https URL without user name and password.
        timeout: Seconds without a byte after which an attempt is given up.
        retries: Attempts after the first, each after twice the wait of the one before, or after the wait the endpoint
            asks for, up to a minute.
        headers: Sent along, such as an `Authorization`.

    Raises:
        GraphError: The address is none of a web server, or `timeout` is not above 0.
    """

    def __init__(self, address: str, *, timeout: float, retries: int, headers: Mapping[str, str]) -> None:
        parts = urlsplit(address)
        if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
            raise GraphError(f"{address}: a SPARQL endpoint has an http or https address; give that")
        if "@" in parts.netloc:
            raise GraphError(
                f"{parts.scheme}://...@{parts.netloc.rpartition('@')[2]}: an address must not hold a password; pass "
                'headers={"Authorization": ...}'
            )
        if not timeout > 0:
            raise GraphError(f"timeout must be above 0 seconds, got {timeout}; leave it out for the default")
        self.address = address
        self._timeout, self._retries, self._headers = timeout, retries, dict(headers)
        self._opener = build_opener(_NoRedirect)

    def ask(self, query: str, accept: str) -> Answer:
        """Send a query and return the answer.

        Raises:
            GraphError: The endpoint cannot be reached, refuses, or gives no whole answer; says what it said.
        """
        for attempt in range(self._retries + 1):
            try:
                return self._attempt(query, accept)
            except _PassingError as error:
                if attempt == self._retries:
                    raise GraphError(f"{error} ({attempt + 1} attempts); try again later") from None
                wait = min(max(2.0**attempt, error.wait), MAX_WAIT)
                LOG.info("%s; trying again in %.0f s", error, wait)
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _attempt(self, query: str, accept: str) -> Answer:
        request = Request(
            self.address,
            data=urlencode({"query": query}).encode(),
            headers={
                "Accept": accept,
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": "kgattn",
                **self._headers,
            },
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                body = response.read(MAX_ANSWER_BYTES + 1)
                self._check_whole(response.status, response.headers, body)
                return Answer(self.address, response.headers.get_content_type(), body)
        except HTTPError as error:
            raise self._refusal(error) from None
        except (http.client.HTTPException, OSError, ValueError) as error:
            if isinstance(error, GraphError):
                raise
            reason = error.reason if isinstance(error, URLError) else error
            raise _PassingError(
                f"{self.address}: no answer ({clean_text(str(reason)) or type(error).__name__})"
            ) from None

    def _check_whole(self, status: int, headers: Message, body: bytes) -> None:
        if len(body) > MAX_ANSWER_BYTES:
            raise GraphError(
                f"{self.address}: an answer may have {MAX_ANSWER_BYTES >> 20} MiB, got more; lower page_size"
            )
        length = headers.get("Content-Length", "")
        if length.isdecimal() and len(body) < int(length):
            raise _PassingError(f"{self.address}: the answer broke off after {len(body)} of {length} bytes")
        if status != 200 or "X-SQL-State" in headers:  # how Virtuoso marks what it had when its time was up
            raise GraphError(
                f"{self.address}: expected a whole answer, got part of one (HTTP {status}); lower page_size or "
                "simplify the query"
            )

    def _refusal(self, error: HTTPError) -> Exception:
        try:
            with error:
                said = _start(error.read(4096))
        except (http.client.HTTPException, OSError):
            said = "no text"
        text = f"{self.address}: HTTP {error.code} {error.reason}"
        if error.code in _PASSING:
            wait = error.headers.get("Retry-After", "")
            return _PassingError(f"{text} ({said})", float(wait) if wait.isdecimal() else 0.0)
        if 300 <= error.code < 400:
            return GraphError(f"{text}; the endpoint has moved to {error.headers.get('Location')}: give that address")
        return GraphError(f"{text} ({said}); check the address and the query")


class _PassingError(Exception):
    """A failure that may be over in a moment, `wait` seconds if the endpoint said so."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _NoRedirect(HTTPRedirectHandler):
    """Following would drop the query, which is in the body."""

    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        return None


def _start(body: bytes) -> str:
    return clean_text(body[:400].decode("utf-8", "replace"))[:160] or "no text"
