"""test_check_apk.py APK LIBRARIES: whether check_apk.py notices what it is there for.

Writes a release package that passes anew, each time with one thing changed, and asks for the fault's name.
"""

import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from check_apk import CORE, JNA, faults

Entry = tuple[zipfile.ZipInfo, bytes]
Change = Callable[[list[Entry]], list[Entry]]


def changed(name: str, change: Callable[[bytes], bytes]) -> Change:
    """Changes the content of one entry."""
    return lambda entries: [
        (info, change(content) if info.filename == name else content) for info, content in entries
    ]


def without(name: str) -> Change:
    return lambda entries: [entry for entry in entries if entry[0].filename != name]


def compressed(entries: list[Entry]) -> list[Entry]:
    for info, _ in entries:
        info.compress_type = zipfile.ZIP_DEFLATED
    return entries


def with_small_pages(library: bytes) -> bytes:
    """As if linked for pages of 4 KiB: the alignment is the one number of this value in the headers."""
    return library.replace((0x4000).to_bytes(8, "little"), (0x1000).to_bytes(8, "little"))


FAULTS: dict[str, Change] = {
    f"compresses lib/arm64-v8a/{CORE}": compressed,
    # Python's zip files know no alignment.
    f"does not align lib/x86_64/{CORE}": lambda entries: entries,
    "holds the libraries": without(f"lib/x86_64/{JNA}"),
    f"holds another lib/arm64-v8a/{CORE}": changed(f"lib/arm64-v8a/{CORE}", bytes.swapcase),
    f"holds a lib/x86_64/{JNA} that": changed(f"lib/x86_64/{JNA}", with_small_pages),
    "does not say native-code": lambda entries: [
        entry for entry in entries if not entry[0].filename.startswith("lib/x86_64/")
    ],
    "is not signed well": changed("classes.dex", bytes.swapcase),
}


def rewrite(original: Path, copy: Path, change: Change) -> None:
    with zipfile.ZipFile(original) as apk:
        entries = [(info, apk.read(info)) for info in apk.infolist()]
    with zipfile.ZipFile(copy, "w") as apk:
        for info, content in change(entries):
            info.extra = b""
            apk.writestr(info, content)


def main() -> int:
    original, built = map(Path, sys.argv[1:])
    missed = []
    if not any("is a debug package" in fault for fault in faults(original, "debug", built)):
        missed.append("takes a release for a debug package")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / original.name
        for expected, change in FAULTS.items():
            rewrite(original, copy, change)
            found = faults(copy, "release", built)
            if not any(expected in fault for fault in found):
                missed.append(f"does not say that a package {expected}, but {found}")
    for miss in missed:
        print(f"check_apk.py {miss}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
