#!/usr/bin/env bash
# Runs the library's tests for other processors: aarch64 (NEON) under qemu, wasm32 with simd128 under
# Node. Compiles library and program for what can't be run here: Windows, and 32 bits. As root on
# Debian; from elsewhere than the package archive nothing is fetched.
#
#     tools/other_processors.sh [--quick | --test NAME...] [aarch64] [wasm32] [windows] [i686]
#
# Of aarch64 every test is run; --quick: what wasm32 has; --test: the files of that name in tests/.
# Without names: all four.
#
# The compiler, its standard libraries for these targets, the linkers and the emulator are packages of
# Debian testing. They lie in a folder of their own (SHALLOWNET_TESTING, target/debian-testing if it
# is not set, 1.6 GB) that is entered with chroot, so this system's packages stay as they are.
# PROPTEST_CASES, 20 if it is not set, is how many cases a property is tried on.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
root=${SHALLOWNET_TESTING:-$repository/target/debian-testing}
export PROPTEST_CASES=${PROPTEST_CASES:-20}

# What it is run for: the kernels against the reference, the same bits, numbers at their ends.
quick="--lib --test levels --test oracle --test processors --test extremes"

install() {
    [ ! -e "$root/complete" ] || return 0
    command -v mmdebstrap >/dev/null || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mmdebstrap
    }
    rm -rf "$root"
    mkdir -p "$(dirname "$root")"
    # The archive that this system itself installs from.
    local archive
    archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
        grep -m 1 '/debian/$')
    # This machine's word on the age of package lists holds there, too.
    local settings
    settings=$(mktemp)
    apt-config dump | grep '^Acquire::Check' >"$settings" || true
    # Of arm64 and i386 only the standard library is taken: its dependencies would be another system.
    # The compiler asks for the linker of wasm32 by a name that Debian does not give it.
    mmdebstrap --mode=root --variant=apt --architectures=amd64,arm64,i386 --aptopt="$settings" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --include=rustc,cargo,gcc,libc6-dev,gcc-aarch64-linux-gnu,libc6-dev-arm64-cross,qemu-user \
        --include=libstd-rust-dev-wasm32,wasi-libc,lld,nodejs,ca-certificates \
        --include=rust-src,binutils-mingw-w64-x86-64 \
        --customize-hook='chroot "$1" sh -ec "
            cd /tmp
            for architecture in arm64 i386; do
                apt-get download -o APT::Sandbox::User=root libstd-rust-dev:\$architecture
                dpkg -x libstd-rust-dev_*.deb /
                rm libstd-rust-dev_*.deb
            done
            ln -s lld /usr/bin/rust-lld"' \
        forky "$root" "$archive"
    rm "$settings"
    touch "$root/complete"
}

# Runs a command in the folder; its mounts end with it.
inside() {
    mkdir -p "$root/repository" "$root/registry" "${CARGO_HOME:-$HOME/.cargo}/registry"
    unshare --mount bash -ec '
        root=$1 repository=$2 registry=$3
        shift 3
        mount --bind "$repository" "$root/repository"
        mkdir -p "$root/root/.cargo/registry"
        mount --bind "$registry" "$root/root/.cargo/registry"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" env -C /repository HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
    ' inside "$root" "$repository" "${CARGO_HOME:-$HOME/.cargo}/registry" "$@"
}

tests() {
    local name=$1 log
    shift
    log=$(mktemp)
    echo "==> $name"
    local begin=$SECONDS result=0
    inside CARGO_TARGET_DIR=/repository/target/other-processors CARGO_INCREMENTAL=0 \
        CARGO_TERM_COLOR=never "$@" 2>&1 | tee "$log" | grep -E '^test |^error|panicked' || result=$?
    echo "==> $name:"
    grep -E '^     Running|^test result|^   Doc-tests' "$log" || true
    # A cargo that fails before any test, and a run of none, are failures as well.
    if [ "$result" != 0 ] || grep -qE '^error' "$log" || ! grep -q '^test result: ok' "$log"; then
        grep -vE '^test |Compiling' "$log" | tail -n 60
        return 1
    fi
    echo "==> ok: $name, $((SECONDS - begin)) s"
}

aarch64() {
    # shellcheck disable=SC2086
    tests "aarch64, under qemu" \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
        SHALLOWNET_LEVEL=neon cargo test --locked --target aarch64-unknown-linux-gnu $aarch64_tests
}

wasm32() {
    # shellcheck disable=SC2086
    tests "wasm32 with simd128, under Node" RUSTFLAGS="-C target-feature=+simd128" \
        CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings /repository/tools/wasi.mjs" \
        SHALLOWNET_LEVEL=wasm cargo test --locked --target wasm32-wasip1 $wasm32_tests
}

# The library with its defaults, and with all files and the program: nothing is linked or run.
compiles() {
    local target=$1 features
    shift
    cargo fetch --quiet --locked
    for features in "" cli; do
        echo "==> $target compiles, features \"$features\""
        inside CARGO_TARGET_DIR=/repository/target/other-processors CARGO_INCREMENTAL=0 \
            CARGO_TERM_COLOR=never RUSTFLAGS="-D warnings" \
            CARGO_NET_OFFLINE=true "$@" cargo check --quiet --locked --target "$target" --features "$features"
        echo "==> ok: $target, features \"$features\""
    done
}

# Debian has no standard library for Windows of a compiler of today: it is checked from its source,
# which a stable compiler does where it is told that it may.
windows() {
    # The library's own crates come through the client outside, where it is set up.
    RUSTC_BOOTSTRAP=1 cargo fetch --quiet --locked \
        --manifest-path "$root"/usr/src/rustc-*/library/Cargo.toml
    compiles x86_64-pc-windows-gnu RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
}

i686() {
    compiles i686-unknown-linux-gnu
}

aarch64_tests="--lib --tests"
wasm32_tests=$quick
wanted=()
named=
while [ "$#" != 0 ]; do
    case $1 in
    --quick) aarch64_tests=$quick ;;
    --test)
        named+=" --test ${2:?--test takes a name}"
        shift
        ;;
    aarch64 | wasm32 | windows | i686) wanted+=("$1") ;;
    *)
        echo "usage: $0 [--quick | --test NAME...] [aarch64] [wasm32] [windows] [i686]" >&2
        exit 2
        ;;
    esac
    shift
done
aarch64_tests=${named:-$aarch64_tests}
wasm32_tests=${named:-$wasm32_tests}
[ "${#wanted[@]}" != 0 ] || wanted=(aarch64 wasm32 windows i686)
install
inside rustc --version
for target in "${wanted[@]}"; do
    "$target"
done
