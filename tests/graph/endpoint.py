"""A SPARQL endpoint on this machine: rdflib's query engine behind the standard library's web server."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import rdflib

TYPES = {"json": "application/sparql-results+json", "nt": "application/n-triples", "turtle": "text/turtle"}


class Served:
    """The endpoint and what it was asked.

    `misbehave` may answer instead of it: it gets the number of the request and the query, and returns status, headers
    and body, or None to let the endpoint answer.
    """

    def __init__(self, graph: rdflib.Graph) -> None:
        self.graph = graph
        self.queries: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.max_rows: int | None = None
        self.graph_format = "nt"
        self.misbehave: Callable[[int, str], tuple[int, dict[str, str], bytes] | None] = lambda number, query: None
        self.address = ""

    def answer(self, query: str) -> tuple[int, dict[str, str], bytes]:
        try:
            result = self.graph.query(query)
        except Exception as error:
            return 400, {"Content-Type": "text/plain"}, f"MALFORMED QUERY: {error}".encode()
        if result.type == "SELECT" and self.max_rows is not None:
            del result.bindings[self.max_rows :]
        style = "json" if result.type == "SELECT" else self.graph_format
        body = result.serialize(format=style)
        return 200, {"Content-Type": f"{TYPES[style]}; charset=utf-8"}, body


@contextmanager
def serving(graph: rdflib.Graph) -> Iterator[Served]:
    served = Served(graph)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = parse_qs(content)["query"][0]
            served.queries.append(query)
            served.headers.append(dict(self.headers))
            status, headers, body = served.misbehave(len(served.queries), query) or served.answer(query)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}/sparql"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
