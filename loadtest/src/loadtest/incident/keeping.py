"""A copy of what database and broker hold, so that the same queue can be drained twice."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stack.home import Home


@dataclass(frozen=True, slots=True)
class Copy:
    """Of a stack that is down; it is put back byte for byte."""

    home: Home
    directory: Path

    def make(self) -> int:
        """Copy everything; return how many bytes that were."""
        self.directory.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name, original in self._originals():
            _copy(original, self.directory / name)
        return sum(path.stat().st_size for path in self.directory.rglob("*") if path.is_file())

    def put_back(self) -> None:
        """Let the stack have what it had when the copy was made; there is no copy after that."""
        for name, original in self._originals():
            shutil.rmtree(original)
            shutil.move(self.directory / name, original)
        self.delete()

    def delete(self) -> None:
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def _originals(self) -> Iterator[tuple[str, Path]]:
        elsewhere = self.home.postgres_elsewhere
        yield "postgres", elsewhere if elsewhere.exists() else self.home.postgres
        yield "rabbitmq", self.home.rabbitmq


def _copy(source: Path, target: Path) -> None:
    # With owners and times; and where the file system can, without copying at all.
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)  # noqa: S607
