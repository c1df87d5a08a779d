"""The names that Android's own libraries give to an app."""

from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("bionic.txt")
LIBRARIES = ("libc.so", "libm.so", "libdl.so", "liblog.so")


@dataclass(frozen=True)
class Symbol:
    """A name with the library and the version node it comes from."""

    name: str
    library: str
    version: str
    is_variable: bool


def symbols(architecture: str, api_level: int) -> list[Symbol]:
    """What a phone of this architecture ("aarch64" or "x86_64") and API level has, of the table."""
    lines = (line.split() for line in TABLE.read_text().splitlines() if not line.startswith("#"))
    return [
        Symbol(name, library, version, kind == "variable")
        for library, version, since, *entries in lines
        if int(since) <= api_level
        for name, _, kind in (entry.partition(":") for entry in entries)
        if kind in ("", "variable", architecture)
    ]
