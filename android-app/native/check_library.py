"""check_library.py ARCHITECTURE API_LEVEL LIBRARY BINDINGS [FORBIDDEN_PATH…]: whether the app can use it.

What the linker was told is no proof: this reads the file that came out, with readelf. Prints each fault
and ends non-zero if there is any.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import bionic
from elf import PAGE, Library, Segment

SIZE_LIMIT = 2_500_000
MACHINES = {"aarch64": "AArch64", "x86_64": "Advanced Micro Devices X86-64"}
BOUND = re.compile(r"external fun (\w+)")
EXPORTS = re.compile(r"JNI_OnLoad|(Java|uniffi|ffi)_\w+")


def identity(library: Library) -> Iterator[str]:
    header = library.readelf("--file-header")
    if MACHINES[library.architecture] not in header or "DYN" not in header:
        yield f"is no shared library for {library.architecture}"
    if f"soname: [{library.path.name}]" not in library.dynamic:
        yield "has another name inside"
    notes = library.readelf("--notes")
    if not re.search(r"Build ID: [0-9a-f]{40}", notes):
        yield "has no build id"
    if "Android" not in notes:
        yield "does not say its API level"
    if library.path.stat().st_size > SIZE_LIMIT:
        yield f"has {library.path.stat().st_size} bytes and may have {SIZE_LIMIT}"


def loading(library: Library) -> Iterator[str]:
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", library.dynamic))
    if needed - set(bionic.LIBRARIES) or "libc.so" not in needed:
        yield f"needs {sorted(needed)}"
    for tag in ("TEXTREL", "RPATH", "RUNPATH"):
        if tag in library.dynamic:
            yield f"has {tag}"
    for tag in ("GNU_HASH", "BIND_NOW"):
        if tag not in library.dynamic:
            yield f"lacks {tag}"
    # Bionic's thread-local storage for libraries opened later is emulated or slow.
    if library.segments("TLS"):
        yield "has thread-local storage of its own"
    relocations = set(re.findall(r"\bR_(?:AARCH64|X86_64)_\w+", library.readelf("--relocs")))
    odd = {name for name in relocations if re.search("TLS|TPOFF|DTPMOD|COPY", name)}
    if odd or not relocations:
        yield f"has relocations {sorted(odd)}"


def memory(library: Library) -> Iterator[str]:
    """16 KiB pages: each has one protection, and what is read-only after relocation can become so."""
    loads = library.segments("LOAD")
    if not loads:
        yield "loads nothing"
    for segment in loads:
        if segment.alignment != PAGE or (segment.offset - segment.address) % PAGE != 0:
            yield f"is not aligned for pages of 16 KiB at {segment.address:#x}"
        if "W" in segment.flags and "E" in segment.flags:
            yield f"is writable and executable at {segment.address:#x}"
    for before, after in zip(loads, loads[1:]):
        if before.pages[-1] >= after.pages[0]:
            yield f"has two protections in the page at {after.address:#x}"
    if [segment.flags for segment in library.segments("GNU_STACK")] != ["RW "]:
        yield "asks for an executable stack"
    if not library.segments("GNU_EH_FRAME"):
        yield "cannot unwind"
    yield from read_only_after_relocation(library, loads)


def read_only_after_relocation(library: Library, loads: list[Segment]) -> Iterator[str]:
    protected = library.segments("GNU_RELRO")
    if len(protected) != 1:
        yield "lacks RELRO"
        return
    (relro,) = protected
    for segment in loads:
        inside = relro.address <= segment.address and segment.end <= relro.end
        apart = segment.pages[0] > relro.pages[-1] or segment.pages[-1] < relro.pages[0]
        if "W" in segment.flags and not inside and not apart:
            yield f"loses write access to data at {segment.address:#x} with RELRO"


def imports(library: Library) -> Iterator[str]:
    known = {
        (symbol.name, symbol.version)
        for symbol in bionic.symbols(library.architecture, library.api_level)
    }
    wanted = [row[7] for row in library.symbols if row[6] == "UND"]
    if not wanted:
        yield "asks the system for nothing"
    if "__android_log_write" not in {name.partition("@")[0] for name in wanted}:
        yield "cannot write to Android's log"
    for name in wanted:
        symbol, _, version = name.partition("@")
        if (symbol, version.lstrip("@")) not in known:
            yield f"asks for {name}, which is not among Bionic's of API level {library.api_level}"


def exports(library: Library, bindings: str) -> Iterator[str]:
    """Kotlin binds every function of its bindings when it loads the library, and fails if one is missing."""
    names = {row[7] for row in library.symbols if row[6] != "UND" and row[4] != "LOCAL"}
    yield from (f"exports {name}" for name in sorted(names) if not EXPORTS.fullmatch(name))
    if not any(name.startswith("Java_") for name in names):
        yield "exports nothing to JNI"
    bound = set(BOUND.findall(bindings))
    if not bound:
        yield "has bindings that bind nothing"
    yield from (f"does not export {name}, which Kotlin binds" for name in sorted(bound - names))


def paths(library: Library, forbidden: list[str]) -> Iterator[str]:
    content = library.path.read_bytes()
    yield from (f"names the path {path}" for path in forbidden if f"{path}/".encode() in content)


def faults(library: Library, bindings: str, forbidden: list[str]) -> list[str]:
    """All that is wrong with a library, as ends of a sentence that its name begins."""
    checks = (identity, loading, memory, imports)
    found = [fault for check in checks for fault in check(library)]
    return [*found, *exports(library, bindings), *paths(library, forbidden)]


def main() -> int:
    architecture, api_level, path, bindings, *forbidden = sys.argv[1:]
    library = Library(Path(path), architecture, int(api_level))
    found = faults(library, Path(bindings).read_text(), forbidden)
    for fault in found:
        print(f"{path} {fault}", file=sys.stderr)
    if not found:
        print(f"{path}: {library.path.stat().st_size} bytes, checked")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
