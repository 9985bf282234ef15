#!/usr/bin/env bash
# Builds the page: dist/index.html, one file that holds everything and opens by a double click.
#
#     web/build.sh [--bench]
#
# --bench: also dist/bench/, the same training in shallownet and in TensorFlow.js.
#
# Needs cargo, Node 20 and `npm ci` in this folder. The compiler's target for WebAssembly is rustup's
# (`rustup target add wasm32-unknown-unknown`); where there is none, SHALLOWNET_WASM_ROOT names a
# folder with Debian's compiler, which is made there if it is not (web/debian.sh; as root).
set -Eeuo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$PWD/target}
module=$target/wasm32-unknown-unknown/release/shallownet_web.wasm
export RUSTFLAGS="-C target-feature=+simd128" CARGO_INCREMENTAL=0

[ -x node_modules/.bin/esbuild ] || npm ci
if [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    cargo rustc --quiet --locked --release --lib --crate-type cdylib --target wasm32-unknown-unknown \
        -- -C strip=none
elif [ -n "${SHALLOWNET_WASM_ROOT:-}" ]; then
    ./debian.sh "$SHALLOWNET_WASM_ROOT"
    module=$PWD/target/debian/wasm32-unknown-unknown/release/shallownet_web.wasm
else
    echo "no compiler for WebAssembly: rustup target add wasm32-unknown-unknown" >&2
    exit 1
fi
# The names of functions are what snip.mjs goes by.
mkdir -p dist/pkg
node snip.mjs "$module" dist/pkg/shallownet_web.wasm
if [ -n "${CARGO_TARGET_DIR:-}" ]; then export CARGO_TARGET_DIR=$CARGO_TARGET_DIR-bindgen; fi
RUSTFLAGS="" cargo run --quiet --locked --release --manifest-path bindgen/Cargo.toml -- dist/pkg/shallownet_web.wasm dist/pkg
node pack.mjs "$@"
