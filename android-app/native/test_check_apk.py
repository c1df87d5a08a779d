"""test_check_apk.py APK LIBRARIES: whether check_apk.py notices what it is there for.

Writes a release package that passes anew, each time with one thing changed, and asks for the fault's name.
"""

import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from check_apk import CORE, JNA, NETWORK, Package, banner, content, description, placing, signature, trust

Entry = tuple[zipfile.ZipInfo, bytes]
Check = Callable[[Package], Iterator[str]]
Change = Callable[[list[Entry]], list[Entry]]


def changed(name: str, change: Callable[[bytes], bytes]) -> Change:
    """Changes the content of one entry."""
    return lambda entries: [
        (info, change(data) if info.filename == name else data) for info, data in entries
    ]


def without(prefix: str) -> Change:
    return lambda entries: [entry for entry in entries if not entry[0].filename.startswith(prefix)]


def compressed(entries: list[Entry]) -> list[Entry]:
    for info, _ in entries:
        info.compress_type = zipfile.ZIP_DEFLATED
    return entries


def with_small_pages(library: bytes) -> bytes:
    """As if linked for pages of 4 KiB: the alignment is the one number of this value in the headers."""
    return library.replace((0x4000).to_bytes(8, "little"), (0x1000).to_bytes(8, "little"))


def renamed(old: str, new: str) -> Callable[[bytes], bytes]:
    """Another word of the same length, however the pool of strings has it written."""
    return lambda data: data.replace(old.encode(), new.encode()).replace(
        old.encode("utf-16-le"), new.encode("utf-16-le")
    )


FAULTS: list[tuple[Check, str, Change]] = [
    (placing, f"compresses lib/arm64-v8a/{CORE}", compressed),
    # Python's zip files know no alignment.
    (placing, f"does not align lib/x86_64/{CORE}", lambda entries: entries),
    (placing, "holds the libraries", without(f"lib/x86_64/{JNA}")),
    (content, f"holds another lib/x86_64/{CORE}", changed(f"lib/x86_64/{CORE}", bytes.swapcase)),
    (content, f"holds a lib/x86_64/{JNA}", changed(f"lib/x86_64/{JNA}", with_small_pages)),
    (description, "does not say native-code", without("lib/x86_64/")),
    (description, "is called ['Wardney']", changed("resources.arsc", renamed("Wardkey", "Wardney"))),
    (trust, "trusts the certificates of ['anyone']", changed(NETWORK, renamed("system", "anyone"))),
    (trust, "may send in the clear", changed(NETWORK, renamed("cleartextTraffic", "cleartextTariff_"))),
    (banner, "has no id/debug_banner", changed("resources.arsc", renamed("debug_banner", "other_banner"))),
]


def rewrite(original: Path, copy: Path, change: Change) -> None:
    with zipfile.ZipFile(original) as apk:
        entries = [(info, apk.read(info)) for info in apk.infolist()]
    with zipfile.ZipFile(copy, "w") as apk:
        for info, data in change(entries):
            info.extra = b""
            apk.writestr(info, data)


def tampered(apk: bytes) -> bytes:
    """Another byte in the middle, where a library lies."""
    middle = len(apk) // 2
    return apk[:middle] + bytes([apk[middle] ^ 1]) + apk[middle + 1 :]


def missed(original: Path, built: Path) -> Iterator[str]:
    mistaken = Package(original, "debug", built)
    told = list(description(mistaken)) + list(trust(mistaken))
    for fault in ("is not debuggable", "is called ['Wardkey']", "trusts the certificates of ['system']"):
        if fault not in told:
            yield f"takes a release for a debug package: does not say that it {fault}"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / original.name
        copy.write_bytes(tampered(original.read_bytes()))
        if not any("is not signed well" in fault for fault in signature(Package(copy, "release", built))):
            yield "takes a package that was changed after it was signed"
        for check, expected, change in FAULTS:
            rewrite(original, copy, change)
            found = list(check(Package(copy, "release", built)))
            if not any(expected in fault for fault in found):
                yield f"does not say that a package {expected}, but {found}"


def main() -> int:
    found = list(missed(*map(Path, sys.argv[1:])))
    for miss in found:
        print(f"check_apk.py {miss}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
