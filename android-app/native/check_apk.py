"""check_apk.py APK release|debug LIBRARIES: whether a phone will install a package and load what is in it.

LIBRARIES has a folder for each ABI with the core's library, which the package must hold to the byte. Reads
the package as Android's own tools show it; prints each fault and ends non-zero if there is any.
"""

import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elf import PAGE, Library

# With what uname would call the processor.
ABIS = {"arm64-v8a": "aarch64", "x86_64": "x86_64"}
CORE, JNA = "libwardkey_core.so", "libjnidispatch.so"
NAMES = {"release": "org.wardkey.app", "debug": "org.wardkey.app.debug"}
LABELS = {"release": "Wardkey", "debug": "Wardkey DEBUG"}
# Whose certificates are believed: those that came with the phone, and for testers their own.
TRUSTED = {"release": ["system"], "debug": ["system", "user"]}
NETWORK = "res/xml/network_security_config.xml"
API_LEVEL, TARGET_API_LEVEL = 34, 36


@dataclass(frozen=True)
class Package:
    """An APK, what it is meant to be, and where the libraries are that it was made from."""

    path: Path
    kind: str
    built: Path


def output(*command: object) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def start_of_content(apk: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Where an entry's bytes begin: behind its local header, which may be longer than the directory says."""
    apk.fp.seek(entry.header_offset)
    name, extra = struct.unpack_from("<26xHH", apk.fp.read(30))
    return entry.header_offset + 30 + name + extra


def placing(package: Package) -> Iterator[str]:
    """The system maps the libraries straight from the package: no compression, whole pages."""
    with zipfile.ZipFile(package.path) as apk:
        libraries = [entry for entry in apk.infolist() if entry.filename.startswith("lib/")]
        expected = {f"lib/{abi}/{name}" for abi in ABIS for name in (CORE, JNA)}
        if sorted(entry.filename for entry in libraries) != sorted(expected):
            yield f"holds the libraries {sorted(entry.filename for entry in libraries)}"
        for entry in libraries:
            if entry.compress_type != zipfile.ZIP_STORED:
                yield f"compresses {entry.filename}"
            elif start_of_content(apk, entry) % PAGE != 0:
                yield f"does not align {entry.filename}"


def content(package: Package) -> Iterator[str]:
    """The core's libraries are the ones that were checked, and JNA's fit large pages too."""
    with zipfile.ZipFile(package.path) as apk:
        present = set(apk.namelist())
        for abi, architecture in ABIS.items():
            core, jna = f"lib/{abi}/{CORE}", f"lib/{abi}/{JNA}"
            if core in present and apk.read(core) != (package.built / abi / CORE).read_bytes():
                yield f"holds another {core} than was built"
            if jna in present and not fits_large_pages(apk.read(jna), architecture):
                yield f"holds a {jna} that large pages cannot load"


def fits_large_pages(library: bytes, architecture: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / JNA
        path.write_bytes(library)
        loads = Library(path, architecture, API_LEVEL).segments("LOAD")
        return bool(loads) and all(load.alignment % PAGE == 0 for load in loads)


def description(package: Package) -> Iterator[str]:
    badging = output("aapt2", "dump", "badging", package.path)
    expected = [
        f"package: name='{NAMES[package.kind]}' ",
        f"sdkVersion:'{API_LEVEL}'\n",
        f"targetSdkVersion:'{TARGET_API_LEVEL}'\n",
        f"native-code: {' '.join(repr(abi) for abi in ABIS)}\n",
    ]
    yield from (f"does not say {line.strip()}" for line in expected if line not in badging)
    # In whatever language: a debug package is told from a release by its name alone, before it is opened.
    labels = set(re.findall(r"^application-label[^:\n]*:'(.*)'$", badging, re.MULTILINE))
    if labels != {LABELS[package.kind]}:
        yield f"is called {sorted(labels)}"
    debuggable = "application-debuggable" in badging
    if debuggable != (package.kind == "debug"):
        yield f"is {'' if debuggable else 'not '}debuggable"
    # The system's default is to copy them out, which costs their size once more.
    manifest = output("aapt2", "dump", "xmltree", "--file", "AndroidManifest.xml", package.path)
    if not re.search(r":extractNativeLibs\(0x[0-9a-f]+\)=false$", manifest, re.MULTILINE):
        yield "has its libraries copied out on the phone"


def trust(package: Package) -> Iterator[str]:
    """Nothing in the clear, and nobody believed whom the user or somebody else let in."""
    rules = output("aapt2", "dump", "xmltree", "--file", NETWORK, package.path)
    anchors = sorted(re.findall(r' A: src="([^"]*)"', rules))
    if anchors != TRUSTED[package.kind]:
        yield f"trusts the certificates of {anchors}"
    if re.findall(r" A: cleartextTrafficPermitted=(\S+)", rules) != ["false"]:
        yield "may send in the clear"


def banner(package: Package) -> Iterator[str]:
    """What a debug build shows on every screen; a release has it too, and no reason to show it."""
    resources = output("aapt2", "dump", "resources", package.path)
    names = ("id/debug_banner", "string/debug_banner", "color/debug_banner")
    yield from (f"has no {name}" for name in names if not re.search(rf" {name}$", resources, re.MULTILINE))


def signature(package: Package) -> Iterator[str]:
    command = ["apksigner", "verify", "--min-sdk-version", str(API_LEVEL), str(package.path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        yield f"is not signed well: {(result.stdout + result.stderr).strip()}"


def print_sizes(path: Path) -> None:
    with zipfile.ZipFile(path) as apk:
        for entry in sorted(apk.infolist(), key=lambda entry: -entry.compress_size)[:5]:
            print(f"{entry.compress_size:>9} {entry.filename}")
    print(f"{path.stat().st_size:>9} {path}")


def main() -> int:
    path, kind, built = sys.argv[1:]
    package = Package(Path(path), kind, Path(built))
    checks = (placing, content, description, trust, banner, signature)
    found = [fault for check in checks for fault in check(package)]
    for fault in found:
        print(f"{path} {fault}", file=sys.stderr)
    if not found:
        print_sizes(package.path)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
