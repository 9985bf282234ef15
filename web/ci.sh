#!/usr/bin/env bash
# Builds the page and tests it in headless Chromium: `web/ci.sh [--bench]`. Needs what build.sh needs,
# and Chromium (Debian: `apt-get install chromium`; CHROMIUM names another program). SHALLOWNET_CLI
# names the program `shallownet`, for the test that models go to it and come from it.
# --bench: also measures beside TensorFlow.js, and fails below 30 times.
set -Eeuo pipefail
cd "$(dirname "$0")"
begin=$SECONDS
cargo fmt --check
cargo fmt --check --manifest-path bindgen/Cargo.toml
./build.sh "$@"
node --test --test-concurrency=1 test/*.test.mjs
case "${1:-}" in --bench) node bench/run.mjs --at-least 30 ;; esac
echo "ok: the page, $((SECONDS - begin)) s"
