"""A socket between a client and a PostgreSQL server that counts what the server sends."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

_NAME = ".s.PGSQL.5432"


class Counted:
    """The URL to connect to in place of the server's, and the bytes that clients received."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = urlsplit(url)
        self._server = str(Path(parse_qs(parts.query)["host"][0], _NAME))
        self.url = urlunsplit(parts._replace(query=f"host={folder}"))
        self.received = 0
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(folder / _NAME))
        self.listening.listen()

    def serve(self) -> None:
        """Pass on what clients and server say, until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                for one, other, counts in ((client, server, False), (server, client, True)):
                    way = threading.Thread(target=self._pass, args=(one, other, counts))
                    way.daemon = True
                    way.start()

    def _pass(self, one: socket.socket, other: socket.socket, counts: bool) -> None:
        with one, contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                self.received += len(data) if counts else 0
                other.sendall(data)
            other.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def counted(url: str) -> Iterator[Counted]:
    """A server that counts, before another one."""
    # A socket's path may not be long.
    folder = Path(tempfile.mkdtemp(prefix="counted-"))
    try:
        between = Counted(url, folder)
        threading.Thread(target=between.serve, daemon=True).start()
        with between.listening:
            yield between
            # A thread that waits for a client is woken by one, and by nothing else.
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as last:
                between.listening.shutdown(socket.SHUT_RDWR)
                last.connect(str(folder / _NAME))
    finally:
        shutil.rmtree(folder)
