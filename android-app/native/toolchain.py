"""toolchain.py ARCHITECTURE API_LEVEL ZIG LINKER FOLDER: makes what the NDK would bring, without the NDK.

FOLDER gets bin/cc and bin/ar for C code, and in lib/ the stubs of Android's libraries, the start of a
shared library and LLVM's libunwind. The stubs have names and versions but no code: they are what the
linker reads, and the phone has the rest.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import bionic

HERE = Path(__file__).parent
UNWIND_SOURCES = (
    "libunwind.cpp",
    "UnwindLevel1.c",
    "UnwindLevel1-gcc-ext.c",
    "UnwindRegistersRestore.S",
    "UnwindRegistersSave.S",
)
# As the NDK builds it: its names stay inside the library that links it. Unwinding runs through every
# frame, so these files have no stack protector.
UNWIND_FLAGS = (
    "-O2 -fPIC -DNDEBUG -fvisibility=hidden -funwind-tables -fno-stack-protector -ffunction-sections "
    "-fdata-sections -D_LIBUNWIND_IS_NATIVE_ONLY -D_LIBUNWIND_HIDE_SYMBOLS -D_LIBUNWIND_USE_DLADDR=0"
).split()
UNWIND_LANGUAGE_FLAGS = {
    ".c": ["-std=c99", "-fexceptions"],
    ".cpp": ["-std=c++17", "-nostdinc++", "-fno-exceptions", "-fno-rtti"],
    ".S": [],
}


@dataclass(frozen=True)
class Toolchain:
    """Where things are and what they are for."""

    architecture: str
    api_level: int
    zig: Path
    linker: Path
    folder: Path

    @property
    def compiler(self) -> Path:
        return self.folder / "bin/cc"

    def library(self, name: str) -> Path:
        return self.folder / "lib" / name

    def scratch(self, name: str) -> Path:
        return self.folder / "scratch" / name


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True)


def write_commands(to: Toolchain) -> None:
    """Writes bin/cc and bin/ar, which Cargo's build scripts call as if they were an NDK's."""
    headers = to.zig.parent / "lib/libc/include"
    target = f"{to.architecture}-linux-android.{to.api_level}"
    # Zig has no headers of Bionic's. Musl's do for plain C; only errno's function has another name. A
    # target that build scripts name would displace the one with the API level.
    to.compiler.write_text(
        f"""#!/bin/sh
for word do
    shift
    case $word in --target=*) ;; *) set -- "$@" "$word" ;; esac
done
exec '{to.zig}' cc -target {target} \\
    -isystem '{headers}/{to.architecture}-linux-musl' -isystem '{headers}/generic-musl' \\
    -D__errno_location=__errno -fno-sanitize=undefined -g0 -fstack-protector-strong "$@"
"""
    )
    archiver = to.folder / "bin/ar"
    archiver.write_text(f"#!/bin/sh\nexec '{to.zig}' ar \"$@\"\n")
    for command in (to.compiler, archiver):
        command.chmod(0o755)


def assembly(symbol: bionic.Symbol) -> str:
    section, kind = ("data", "object") if symbol.is_variable else ("text", "function")
    name = symbol.name
    return f".{section}\n.globl {name}\n.type {name}, %{kind}\n.size {name}, 8\n{name}: .quad 0\n"


def version_script(symbols: list[bionic.Symbol]) -> str:
    versions = dict.fromkeys(symbol.version for symbol in symbols) or {"LIBC": None}
    return "".join(
        f"{version} {{ global: {names(symbols, version)} }};\n" for version in versions
    )


def names(symbols: list[bionic.Symbol], version: str) -> str:
    return " ".join(f"{symbol.name};" for symbol in symbols if symbol.version == version)


def make_stub(to: Toolchain, library: str) -> None:
    """Links a library without code that exports Bionic's names in Bionic's versions."""
    present = bionic.symbols(to.architecture, to.api_level)
    symbols = [symbol for symbol in present if symbol.library == library]
    source, code, versions = (to.scratch(library + end) for end in (".S", ".o", ".map"))
    source.write_text("".join(map(assembly, symbols)))
    versions.write_text(version_script(symbols))
    run(to.compiler, "-c", source, "-o", code)
    run(
        *(to.linker, "-flavor", "gnu", "-shared", "-soname", library, "--hash-style=gnu"),
        *(f"--version-script={versions}", "-o", to.library(library), code),
    )


def make_start(to: Toolchain) -> None:
    flags = ("-Os", "-fPIC", "-fno-stack-protector", "-ffunction-sections")
    run(to.compiler, *flags, "-c", HERE / "crt_so.c", "-o", to.library("crt_so.o"))


def make_unwind(to: Toolchain) -> None:
    """Builds the unwinder that Rust's standard library asks for on Android."""
    root = to.zig.parent / "lib/libunwind"
    objects = []
    for name in UNWIND_SOURCES:
        code = to.scratch(name + ".o")
        flags = [f"-I{root}/include", *UNWIND_FLAGS, *UNWIND_LANGUAGE_FLAGS[Path(name).suffix]]
        run(to.compiler, *flags, "-c", root / "src" / name, "-o", code)
        objects.append(code)
    run(to.folder / "bin/ar", "crs", to.library("libunwind.a"), *objects)


def main() -> None:
    architecture, api_level, zig, linker, folder = sys.argv[1:]
    to = Toolchain(architecture, int(api_level), Path(zig), Path(linker), Path(folder))
    for part in ("bin", "lib", "scratch"):
        (to.folder / part).mkdir(parents=True)
    write_commands(to)
    for library in bionic.LIBRARIES:
        make_stub(to, library)
    make_start(to)
    make_unwind(to)


main()
