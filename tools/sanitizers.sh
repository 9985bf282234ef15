#!/usr/bin/env bash
# Runs tests under AddressSanitizer, ThreadSanitizer and valgrind's memcheck.
#
#     tools/sanitizers.sh [--long] [address] [thread] [valgrind]
#
# Short: the kernels, the engines and the readers of files, a few cases each. --long: every test (for
# threads: every test that uses some), with as many cases as usual.
#
# The sanitizers' flags are unstable: RUSTC_BOOTSTRAP lets the installed compiler take them. The
# standard library is the installed one for AddressSanitizer, whose allocator it calls all the same.
# ThreadSanitizer must see every access, so there the library is compiled anew, from Debian's
# `rust-src` of the compiler's version or the toolchain's own. Without a source it is run with the
# installed one (-Cunsafe-allow-abi-mismatch): what std synchronises is then unknown to it, and its
# findings need judging.
set -Eeuo pipefail
cd "$(dirname "$0")/.."

long=
wanted=()
for argument in "$@"; do
    case $argument in
    --long) long=yes ;;
    address | thread | valgrind) wanted+=("$argument") ;;
    *) echo "usage: $0 [--long] [address] [thread] [valgrind]" >&2; exit 2 ;;
    esac
done
[ "${#wanted[@]}" != 0 ] || wanted=(address thread valgrind)
target=x86_64-unknown-linux-gnu
folder=$PWD/target/sanitizers
export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
[ -n "$long" ] || export PROPTEST_CASES=${PROPTEST_CASES:-10}

# A toolchain with the source of its standard library, as links to the installed one; prints its
# folder, or fails.
with_source() {
    local sysroot version toolchain=$folder/toolchain
    sysroot=$(rustc --print sysroot)
    if [ -d "$sysroot/lib/rustlib/src/rust/library" ]; then
        echo "$sysroot"
        return
    fi
    version=$(rustc --version | cut -d ' ' -f 2)
    if [ ! -e "$toolchain/$version" ]; then
        rm -rf "$toolchain"
        mkdir -p "$toolchain" "$folder/apt/lists/partial" "$folder/apt/archives/partial"
        local suite archive sources=$folder/apt/sources.list
        # The archive that this system itself installs from.
        archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
            grep -m 1 '/debian/$') || return 1
        for suite in trixie trixie-backports forky sid; do
            echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
                "$archive $suite main"
        done >"$sources"
        local apt=(-q -q -o "Dir::Etc::SourceList=$sources" -o Dir::Etc::SourceParts=/dev/null
            -o "Dir::State::Lists=$folder/apt/lists" -o "Dir::Cache=$folder/apt"
            -o APT::Sandbox::User=root)
        apt-get "${apt[@]}" update >&2 || return 1
        local package
        package=$(apt-cache "${apt[@]}" madison rust-src | tr -d ' ' | cut -d '|' -f 2 |
            grep -m 1 "^$version+") || return 1
        (cd "$folder/apt" && apt-get "${apt[@]}" download "rust-src=$package" >&2) || return 1
        dpkg -x "$folder"/apt/rust-src_*.deb "$folder/apt/source"
        cp -a --link "$sysroot/." "$toolchain" 2>/dev/null || cp -a "$sysroot/." "$toolchain"
        mkdir -p "$toolchain/lib/rustlib/src/rust"
        mv "$folder/apt/source/usr/src/rustc-$version/library" "$toolchain/lib/rustlib/src/rust"
        rm -rf "$folder/apt"
        touch "$toolchain/$version"
    fi
    echo "$toolchain"
}

# Sizes that no machine has are asked for on purpose: the answer must be an error of the library's.
no_memory="allocator_may_return_null=1"

# What of the library is behind the features of the command line, but not the processes it starts.
readers="all-levels,csv,idx,npy,onnx,safetensors"

address() {
    local tests=(--lib --test oracle --test levels --test extremes --test no_panic --test files)
    [ -z "$long" ] || tests=(--lib --tests --features cli)
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$folder/address \
        ASAN_OPTIONS="detect_stack_use_after_return=1 $no_memory" \
        cargo test --locked --target $target --features "$readers" "${tests[@]}"
}

thread() {
    local tests=(--test threads --test embedding)
    [ -z "$long" ] || tests=(--lib --test threads --test embedding --test oracle --test select
        --test training --test output_gradient --test sample_weights)
    local flags="-Zsanitizer=thread" build=() toolchain
    if toolchain=$(with_source); then
        build=(-Zbuild-std)
        export RUSTC=$toolchain/bin/rustc RUSTDOC=$toolchain/bin/rustdoc
    else
        echo "no source of this compiler's standard library: it is not looked into"
        flags+=" -Cunsafe-allow-abi-mismatch=sanitizer"
        toolchain=$(rustc --print sysroot)
    fi
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags CARGO_TARGET_DIR=$folder/thread \
        TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1 $no_memory" \
        "$toolchain/bin/cargo" test --locked "${build[@]}" --target $target "${tests[@]}"
    unset RUSTC RUSTDOC
}

# valgrind knows no AVX-512 and says so to programs, which then take AVX2: `processors` prints it.
valgrind() {
    type -P valgrind >/dev/null || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq valgrind
    }
    local leaks="--leak-check=full --show-leak-kinds=definite,indirect"
    leaks+=" --errors-for-leak-kinds=definite,indirect"
    local out
    out=$(mktemp -d)
    # Cargo starts what it has built by this.
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="$(type -P valgrind) -q $leaks --error-exitcode=9"
    cargo test --locked --features cli --test processors -- --nocapture --test-threads 1
    local program=(cargo run --locked --features cli --)
    "${program[@]}" train --threads 2 --epochs 2 --batch 64 --hidden 40,9 --validation 0.2 \
        --checkpoint "$out/c.safetensors" --out "$out"
    "${program[@]}" inspect "$out/model.safetensors"
    [ -z "$long" ] || "${program[@]}" select --hidden 3,20 --folds 3 --epochs 2
    rm -r "$out"
    unset CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER
}

for each in "${wanted[@]}"; do
    begin=$SECONDS
    echo "==> $each${long:+, long}"
    "$each"
    echo "==> ok: $each, $((SECONDS - begin)) s"
done
