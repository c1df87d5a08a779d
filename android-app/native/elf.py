"""Shared libraries as readelf shows them."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# A phone's pages have 4 or 16 KiB; what suits the larger suits both.
PAGE = 0x4000


@dataclass(frozen=True)
class Segment:
    """A part of the file that is mapped into memory."""

    offset: int
    address: int
    size: int
    flags: str
    alignment: int

    @property
    def end(self) -> int:
        return self.address + self.size

    @property
    def pages(self) -> range:
        return range(self.address // PAGE, (self.end - 1) // PAGE + 1)


@dataclass(frozen=True)
class Library:
    """A shared library as readelf shows it."""

    path: Path
    architecture: str
    api_level: int

    def readelf(self, option: str) -> str:
        command = ["readelf", "--wide", option, str(self.path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    @cached_property
    def dynamic(self) -> str:
        return self.readelf("--dynamic")

    @cached_property
    def program_headers(self) -> str:
        return self.readelf("--program-headers")

    @cached_property
    def symbols(self) -> list[list[str]]:
        """Each name's row: number, value, size, type, binding, visibility, section, name."""
        rows = (line.split() for line in self.readelf("--dyn-syms").splitlines())
        return [row[:8] for row in rows if len(row) >= 8 and row[0].rstrip(":").isdigit()]

    def segments(self, kind: str) -> list[Segment]:
        pattern = rf"^\s+{kind}\s+(\S+) (\S+) \S+ \S+ (\S+) (.{{3}}) (\S+)$"
        return [
            Segment(int(offset, 16), int(address, 16), int(size, 16), flags, int(alignment, 16))
            for offset, address, size, flags, alignment in re.findall(
                pattern, self.program_headers, re.MULTILINE
            )
        ]
