#!/usr/bin/env bash
# Times shallownet beside other frameworks; README.md says how.
#
#   benches/peers/run.sh [--threads 1|all] [--shapes S1,S2] [--budget SECONDS] [--rounds N]
#       [--record FILE]
set -euo pipefail

threads=1 shapes='' budget=0.5 rounds=1 record=''
usage() {
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit "$1"
}
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage 0 ;;
    --threads | --shapes | --budget | --rounds | --record)
        [ $# -ge 2 ] || usage 2 >&2
        declare "${1#--}=$2"
        shift 2
        ;;
    *) usage 2 >&2 ;;
    esac
done
case $threads in 1 | all) ;; *) usage 2 >&2 ;; esac
case $rounds in '' | 0* | *[!0-9]*) usage 2 >&2 ;; esac
[ -z "$record" ] || record=$(realpath -m "$record")

cd "$(dirname "$0")"
root=$(realpath ../..)
# The peers compute with the kernels that they would choose on this processor themselves.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

# Python, into .venv, again whenever the requirements change.
if ! cmp -s requirements.txt .venv/requirements.txt; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --requirement requirements.txt
    cp requirements.txt .venv/requirements.txt
fi
# The peers in Rust are compiled for this very processor; the library is not: it finds out itself.
jobs=${CARGO_BUILD_JOBS:-$(nproc)}
RUSTFLAGS='-C target-cpu=native' cargo build --release --quiet --jobs "$jobs"
(cd "$root" && cargo build --release --features cli --quiet --jobs "$jobs")

pin=() own=1
if [ "$threads" = 1 ]; then
    # The last core this process may use: the first often serves interrupts.
    core=$(python3 -c 'import os; print(max(os.sched_getaffinity(0)))')
    pin=(taskset --cpu-list "$core")
    export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 RAYON_NUM_THREADS=1
    export MATMUL_NUM_THREADS=1 PEERS_THREADS=1
    export XLA_FLAGS='--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1'
else
    unset OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS RAYON_NUM_THREADS XLA_FLAGS
    unset PEERS_THREADS
    own=$(nproc)
    MATMUL_NUM_THREADS=$own
    export MATMUL_NUM_THREADS
fi

rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT
say() { printf '%s\n' "$*" >&2; }

options=(--shapes "$shapes" --budget "$budget" --reference "$rows/reference")
.venv/bin/python peers.py reference --shapes "$shapes" >"$rows/reference"

failed=()
measure_library() { # ROUND
    say "shallownet, round $1"
    if ! (cd "$root" && "${pin[@]}" cargo run --release --features cli --quiet -- bench --threads "$own") \
        >"$rows/library-$1.tsv" 2>"$rows/library.error"; then
        say "shallownet's own bench command failed: its times are from other rounds or the peers' loop"
        sed 's/^/    /' "$rows/library.error" | head -n 5 >&2
        rm "$rows/library-$1.tsv"
    fi
}
measure() { # ROUND NAME COMMAND...: a peer that fails is left out, loudly.
    local round=$1 name=$2
    shift 2
    case " ${failed[*]} " in *" $name "*) return ;; esac
    say "$name, round $round"
    if ! "${pin[@]}" "$@" "$name" "${options[@]}" >"$rows/$name-$round.tsv" 2>"$rows/$name.error"; then
        say "$name failed and is left out:"
        tail -n 5 "$rows/$name.error" >&2
        rm "$rows/$name"-*.tsv
        failed+=("$name")
    fi
}
in_rust=(shallownet_here ndarray candle burn) in_python=(numpy torch jax)
for round in $(seq "$rounds"); do
    measure_library "$round"
    for name in "${in_rust[@]}"; do measure "$round" "$name" target/release/peers; done
    for name in "${in_python[@]}"; do measure "$round" "$name" .venv/bin/python peers.py; done
done

{
    echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)," \
        "$(nproc --all) cores, threads: $threads, rounds: $rounds, budget $budget s a case"
    echo "# $(rustc --version); $(.venv/bin/python --version); left out: ${failed[*]:-none}"
    .venv/bin/python peers.py versions
} >"$rows/heading"
cat "$rows/heading"
options=(--shapes "$shapes" --heading "$rows/heading")
[ "$threads" = all ] || options+=(--one-thread)
[ -z "$record" ] || options+=(--record "$record")
for library in "$rows"/library-*.tsv; do
    [ ! -e "$library" ] || options+=(--library "$library")
done
for name in "${in_rust[@]}" "${in_python[@]}"; do
    for measured in "$rows/$name"-*.tsv; do
        [ ! -e "$measured" ] || options+=("$measured")
    done
done
.venv/bin/python peers.py report "${options[@]}"
[ -z "$record" ] || say "raw rows: $record"
