"""A printer that listens, for the tests that send it labels."""

import socket
import threading
from collections.abc import Iterator

import pytest


class Listener:
    """A printer's TCP port: takes what is sent until the sender is through."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.taken = b""
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:  # closed, and nobody had called: what some tests wait for
            return
        with connection:
            while part := connection.recv(65536):
                self.taken += part

    def all(self) -> bytes:
        self._thread.join(10)
        return self.taken

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()
