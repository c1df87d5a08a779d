# What android-app/native/build and stand-in-ndk share; they source it in the project's folder.

here=android-app/native
built=$PWD/target/android
api_level=34

# cached FOLDER COMMAND…: runs the command, which makes the folder it gets as its last argument, unless an
# earlier run has come to its end.
cached() {
    local folder=$1
    shift
    [ -d "$folder" ] && return
    rm -rf "$folder.part"
    "$@" "$folder.part"
    mv "$folder.part" "$folder"
}

# The name of a folder whose contents come from these files, here.
fingerprint() {
    (pwd && cat "$@") | sha256sum | cut -c 1-16
}

install_zig() {
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
        --require-hashes --only-binary :all: --target "$1" --requirement $here/requirements.txt
}

# Where Rust keeps its own linker.
rust_programs() {
    local host
    host=$(rustc --version --verbose | sed -n 's/^host: //p')
    echo "$(rustc --print sysroot)/lib/rustlib/$host/bin"
}

make_toolchain() {
    python3 -B $here/toolchain.py "$1" $api_level "$zig/ziglang/zig" "$(rust_programs)/rust-lld" "$2"
}

# need_toolchain ARCHITECTURE: makes what an NDK would bring, as `toolchain`, and the compiler it is made with.
need_toolchain() {
    mkdir -p "$built"
    export ZIG_GLOBAL_CACHE_DIR=$built/zig-cache ZIG_LOCAL_CACHE_DIR=$built/zig-cache
    zig=$built/zig-$(fingerprint $here/requirements.txt)
    cached "$zig" install_zig
    toolchain=$built/toolchain-$1-$(fingerprint $here/{requirements.txt,toolchain.py,bionic.*,crt_so.c})
    cached "$toolchain" make_toolchain "$1"
}
