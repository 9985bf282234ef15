#!/usr/bin/env bash
# Fuzzes: builds all targets, replays the committed corpus, then runs each target for a while.
#
#     fuzz/run.sh [SECONDS | --long] [TARGET...]
#
# SECONDS is per target: 30 if not given, 1800 with --long; 0 replays only. Exits with 1 if anything
# was found, and says how to see it again. What is found on the way goes to fuzz/target/found, which
# git ignores, and is gone on from by the next run.
#
#     FUZZ_JOBS       targets at a time: 2, or 1 on one core
#     FUZZ_TIMEOUT    seconds that one input may take: 60
set -Eeuo pipefail
cd "$(dirname "$0")"

seconds=30
targets=()
for argument in "$@"; do
    case $argument in
        --long) seconds=1800 ;;
        [0-9]*) seconds=$argument ;;
        [a-z]*) targets+=("$argument") ;;
        *) sed -n '2,11s/^# \{0,1\}//p' run.sh; exit 2 ;;
    esac
done
known=$(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | tail -n +2)
[ ${#targets[@]} -gt 0 ] || mapfile -t targets <<<"$known"
for target in "${targets[@]}"; do
    grep -qx -- "$target" <<<"$known" || { echo "no target $target: there are" $known; exit 2; }
done
cores=$(nproc)
jobs=${FUZZ_JOBS:-$((cores < 2 ? 1 : 2))}
timeout=${FUZZ_TIMEOUT:-60}

# libFuzzer is C++; its flags need a nightly compiler, or a stable one that is told to take them.
command -v c++ >/dev/null || { echo "a C++ compiler is needed (Debian: g++)"; exit 2; }
if cargo +nightly --version >/dev/null 2>&1; then
    cargo=(cargo +nightly)
else
    cargo=(cargo)
    export RUSTC_BOOTSTRAP=1
fi
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz

begun=$SECONDS
"${cargo[@]}" fuzz build --fuzz-dir .
host=$(rustc -vV | sed -n 's/^host: //p')
binaries=target/$host/release
echo "built in $((SECONDS - begun)) s"

# The files that are loaded lie in memory, where there is such a place.
TMPDIR=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/shallownet-fuzz-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
export ASAN_OPTIONS=detect_odr_violation=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# What libFuzzer is told for a target besides.
options() {
    case $1 in
        csv) echo -dict=dictionaries/csv.dict ;;
        npy | npz) echo -dict=dictionaries/npy.dict ;;
        model | pytorch | checkpoint) echo -dict=dictionaries/safetensors.dict ;;
    esac
    case $1 in
        # Long inputs are no better than short ones: a case is drawn from the first bytes.
        differential) echo -max_len=256 -len_control=0 ;;
        api | *_round_trip) echo -max_len=2048 -len_control=0 -malloc_limit_mb=512 ;;
        *) echo -max_len=4096 -malloc_limit_mb=64 ;;
    esac
}

# Replays, then fuzzes; the log is in the target's folder.
fuzz() {
    local target=$1 found=target/found/$1 begun=$SECONDS
    mkdir -p "$found/corpus" "$found/artifacts"
    # A target that is new has no corpus yet: then the empty input alone is replayed.
    local committed=()
    [ ! -d "corpus/$target" ] || committed=("corpus/$target")
    local common=(-rss_limit_mb=2048 -timeout="$timeout" -artifact_prefix="$found/artifacts/"
        -print_final_stats=1 $(options "$target"))
    local verdict=ok
    "$binaries/$target" "${committed[@]}" "${common[@]}" -runs=0 >"$found/log" 2>&1 || verdict=FOUND
    if [ $verdict = ok ] && [ "$seconds" -gt 0 ]; then
        "$binaries/$target" "$found/corpus" "${committed[@]}" "${common[@]}" \
            -max_total_time="$seconds" >"$found/log" 2>&1 || verdict=FOUND
    fi
    row "$target" "$verdict" $((SECONDS - begun)) >"$found/row"
    cat "$found/row"
}

row() {
    local log=target/found/$1/log last executions
    last=$(grep -a ' cov: ' "$log" | tail -n 1 || true)
    executions=$(sed -n 's/^stat::number_of_executed_units: //p' "$log" | tail -n 1)
    field() { grep -ao "$1 [^ ]*" <<<"$last" | cut -d ' ' -f 2 || true; }
    printf '| %-20s | %11s | %6s | %7s | %12s | %7s | %s |\n' "$1" "${executions:-?}" \
        "$(field cov:)" "$(field ft:)" "$(field corp:)" "$3" "$2"
}

printf '| %-20s | %11s | %6s | %7s | %12s | %7s | %s |\n' \
    target executions cov ft corpus seconds result
rm -f target/found/*/row
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
    fuzz "$target" &
done
wait

failed=0
for target in "${targets[@]}"; do
    grep -qs '| ok |$' "target/found/$target/row" && continue
    failed=1
    echo
    echo "==> $target:"
    log=target/found/$target/log
    grep -a -A 3 'panicked at\|ERROR: \|^SUMMARY' "$log" | cut -c 1-2000 | head -n 20 || tail -n 20 "$log"
    input=$(grep -ao 'Test unit written to .*' "$log" | tail -n 1 | cut -d ' ' -f 5 || true)
    [ -z "$input" ] || echo "again: fuzz/$binaries/$target fuzz/$input"
done
exit $failed
