#!/usr/bin/env bash
# Compiles the page's module with Debian's compiler, where rustup has no target for WebAssembly:
#
#     web/debian.sh FOLDER
#
# FOLDER holds Debian testing with rustc and its standard library for wasm32 (0.9 GB, made by
# mmdebstrap if it is not there, from the archive that this system installs from) and is entered with
# chroot. As root. The module is left in web/target/debian.
set -Eeuo pipefail
cd "$(dirname "$0")/.."
repository=$PWD root=${1:?usage: web/debian.sh FOLDER}
registry=${CARGO_HOME:-$HOME/.cargo}/registry

if [ ! -e "$root/complete" ]; then
    command -v mmdebstrap >/dev/null || {
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mmdebstrap
    }
    rm -rf "$root"
    mkdir -p "$root"
    archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
        grep -m 1 '/debian/$')
    settings=$(mktemp)
    apt-config dump | grep '^Acquire::Check' >"$settings" || true
    # The compiler asks for the linker of wasm32 by a name that Debian does not give it.
    mmdebstrap --mode=root --variant=apt --aptopt="$settings" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --include=rustc,cargo,gcc,libc6-dev,libstd-rust-dev-wasm32,lld,ca-certificates \
        --customize-hook='chroot "$1" ln -sf lld /usr/bin/rust-lld' \
        forky "$root" "$archive"
    rm "$settings"
    touch "$root/complete"
fi
# The crates come through the client outside, where it is set up.
cargo fetch --quiet --locked --manifest-path web/Cargo.toml
mkdir -p "$root/repository" "$root/root/.cargo/registry" "$registry"
unshare --mount bash -ec '
    root=$1 repository=$2 registry=$3
    mount --bind "$repository" "$root/repository"
    mount --bind "$registry" "$root/root/.cargo/registry"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" env -C /repository/web HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        CARGO_TARGET_DIR=/repository/web/target/debian CARGO_NET_OFFLINE=true CARGO_INCREMENTAL=0 \
        RUSTFLAGS="-C target-feature=+simd128" \
        cargo rustc --locked --release --lib --crate-type cdylib --target wasm32-unknown-unknown \
        -- -C strip=none
' inside "$root" "$repository" "$registry"
