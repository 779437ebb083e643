"""Ports of one stack: chosen free, and kept from one start to the next."""

import json
import random
import socket
from collections.abc import Iterator

from stack.failure import StackError
from stack.files import write_atomically
from stack.home import Home

# Below the ports that the kernel lends to outgoing connections: while a server is restarting
# nobody can be lent its port.
CHOICE = range(20_000, 30_000)
ATTEMPTS = 200


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections that a dead server left in TIME_WAIT do not make its port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


class Ports:
    def __init__(self, home: Home) -> None:
        self._file = home.ports
        self._ports: dict[str, int] = {}
        if self._file.exists():
            self._ports = json.loads(self._file.read_text())

    def __getitem__(self, name: str) -> int:
        return self._ports[name]

    def claim(self, name: str, *, demanded: int = 0, default: int = 0) -> int:
        """A port that is free now: the demanded one, else last time's, else the default."""
        others = {port for other, port in self._ports.items() if other != name}
        for port in self._candidates(name, demanded, default):
            if port and port not in others and is_free(port):
                if self._ports.get(name) != port:
                    self._ports[name] = port
                    write_atomically(self._file, json.dumps(self._ports, indent=1))
                return port
        raise StackError(f"No free port found for {name}.")

    def _candidates(self, name: str, demanded: int, default: int) -> Iterator[int]:
        yield from (demanded, self._ports.get(name, 0), default)
        for _ in range(ATTEMPTS):
            yield random.choice(CHOICE)  # noqa: S311 - a port is no secret
