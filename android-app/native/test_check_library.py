"""test_check_library.py ARCHITECTURE API_LEVEL LIBRARY BINDINGS: whether check_library.py sees what it must.

Spoils copies of a library that passes, each in one place, and asks for the fault's name.
"""

import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from check_library import SIZE_LIMIT, faults
from elf import Library

# Kinds of program header, and tags of the dynamic section.
LOAD, DYNAMIC, TLS, GNU_STACK, GNU_RELRO = 1, 2, 7, 0x6474E551, 0x6474E552
TEXTREL, FLAGS = 22, 30
FORBIDDEN = "/nowhere/workspace"

Change = Callable[[bytearray], None]


def program_header(content: bytearray, kind: int) -> int:
    """Where the first program header of a kind begins."""
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    places = range(table, table + size * count, size)
    return next(at for at in places if struct.unpack_from("<I", content, at) == (kind,))


def dynamic_entry(content: bytearray, tag: int) -> int:
    """Where the first entry of a tag is in the dynamic section."""
    header = program_header(content, DYNAMIC)
    offset, size = (struct.unpack_from("<Q", content, header + field)[0] for field in (8, 32))
    places = range(offset, offset + size, 16)
    return next(at for at in places if struct.unpack_from("<Q", content, at) == (tag,))


def replace(old: bytes, new: bytes) -> Change:
    def change(content: bytearray) -> None:
        at = content.index(old)
        content[at : at + len(old)] = new

    return change


def header_field(kind: int, field: int, layout: str, value: int) -> Change:
    def change(content: bytearray) -> None:
        struct.pack_into(layout, content, program_header(content, kind) + field, value)

    return change


def dynamic_field(tag: int, field: int, value: int) -> Change:
    def change(content: bytearray) -> None:
        struct.pack_into("<Q", content, dynamic_entry(content, tag) + field, value)

    return change


FAULTS: dict[str, Change] = {
    "is no shared library": lambda content: struct.pack_into("<H", content, 18, 3),
    "has another name inside": replace(b"libwardkey_core.so\0", b"libwordkey_core.so\0"),
    "has no build id": replace(b"GNU\0", b"gnu\0"),
    "does not say its API level": replace(b"Android\0", b"android\0"),
    f"may have {SIZE_LIMIT}": lambda content: content.extend(bytes(SIZE_LIMIT)),
    "needs [": replace(b"\0libdl.so\0", b"\0libdx.so\0"),
    "has TEXTREL": dynamic_field(FLAGS, 0, TEXTREL),
    "lacks BIND_NOW": dynamic_field(FLAGS, 8, 0),
    "has thread-local storage": header_field(GNU_STACK, 0, "<I", TLS),
    "is not aligned for pages of 16 KiB": header_field(LOAD, 48, "<Q", 0x1000),
    "is writable and executable": header_field(LOAD, 4, "<I", 7),
    "asks for an executable stack": header_field(GNU_STACK, 4, "<I", 7),
    "lacks RELRO": header_field(GNU_RELRO, 0, "<I", GNU_STACK),
    "loses write access": header_field(GNU_RELRO, 40, "<Q", 16),
    "asks for __errna": replace(b"\0__errno\0", b"\0__errna\0"),
    "cannot write to Android's log": replace(b"\0__android_log_write\0", b"\0__android_log_wrote\0"),
    "exports Jeva_": replace(b"\0Java_", b"\0Jeva_"),
    "exports UNIFFI_": replace(b"\0uniffi_", b"\0UNIFFI_"),
    "exports nothing to JNI": replace(b"\0Java_", b"\0Jeva_"),
    "does not export uniffi_wardkey_core_checksum_func_self_test": replace(b"_self_test\0", b"_self_tost\0"),
    f"names the path {FORBIDDEN}": lambda content: content.extend(f"{FORBIDDEN}/x".encode()),
}


def spoilt(library: Library, folder: str, change: Change) -> Library:
    """A copy of the library after a change."""
    content = bytearray(library.path.read_bytes())
    change(content)
    path = Path(folder) / library.path.name
    path.write_bytes(content)
    return Library(path, library.architecture, library.api_level)


def main() -> int:
    architecture, api_level, path, bindings = sys.argv[1:]
    library = Library(Path(path), architecture, int(api_level))
    bound = Path(bindings).read_text()
    found = faults(library, bound, [FORBIDDEN])
    missed = [f"finds fault with a good library: {fault}" for fault in found]
    with tempfile.TemporaryDirectory() as folder:
        for expected, change in FAULTS.items():
            found = faults(spoilt(library, folder, change), bound, [FORBIDDEN])
            if not any(expected in fault for fault in found):
                missed.append(f"does not say that a library {expected}, but {found}")
    for miss in missed:
        print(f"check_library.py {miss}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
