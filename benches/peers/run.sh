#!/usr/bin/env bash
# Times shallownet beside other frameworks; README.md says how.
#
#   benches/peers/run.sh [--threads 1|all] [--shapes S1,S2] [--budget SECONDS] [--rounds N]
#       [--record FILE]
set -euo pipefail

threads=1 shapes='' budget=0.5 rounds=1 record=''
say() { printf '%s\n' "$*" >&2; }
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
command='benches/peers/run.sh'
[ "$threads" = 1 ] || command+=" --threads $threads"
[ -z "$shapes" ] || command+=" --shapes $shapes"
command+=" --budget $budget --rounds $rounds"

cd "$(dirname "$0")"
root=$(realpath ../..)
# The peers compute with the kernels that they would choose on this processor themselves.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

# Python, into .venv, again whenever the requirements change.
if ! cmp -s requirements.txt .venv/requirements.txt; then
    python3 -m venv .venv
    if ! .venv/bin/pip install --quiet --requirement requirements.txt; then
        # Not every wheel exists for every processor: who has none is left out below.
        while read -r wheel; do
            .venv/bin/pip install --quiet "$wheel" || say "$wheel can't be installed"
        done <requirements.txt
    fi
    cp requirements.txt .venv/requirements.txt
fi
# FANN is no wheel but a package of Debian and Ubuntu, unpacked here unless the system has it.
if ! ldconfig -p | grep -q libfloatfann.so.2 && [ ! -d target/fann ]; then
    mkdir -p target
    (cd target && apt-get download --quiet libfann2 && dpkg -x libfann2_*.deb fann) >&2 ||
        say "FANN can't be had: neither the system nor apt-get has libfann2"
fi
libraries=$PWD/.venv/lib:$PWD/target/fann/usr/lib/$(uname -m)-linux-gnu
# The peers in Rust are compiled for this very processor; the library is not: it finds out itself.
jobs=${CARGO_BUILD_JOBS:-$(nproc)}
RUSTFLAGS='-C target-cpu=native' cargo build --release --quiet --jobs "$jobs" --target-dir target
(cd "$root" && cargo build --release --features cli --quiet --jobs "$jobs" --target-dir target)

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
.venv/bin/python peers.py reference --shapes "$shapes" >"$rows/reference"
# Training end to end is not of shapes.tsv: measured with all shapes, or when F1 or F2 is named.
fits=()
case ",$shapes" in , | *,F*) .venv/bin/python peers.py data "$rows" && fits=(fit sklearn) ;; esac
bench=(bench --threads "$own")
for shape in ${shapes//,/ }; do
    [ "${shape#S}" = "$shape" ] || bench+=(--shape "$shape")
done

failed=()
leave_out() { # NAME: a peer that fails is left out, loudly.
    say "$1 failed and is left out:"
    tail -n 5 "$rows/$1.error" >&2
    rm -f "$rows/$1"-*.tsv
    failed+=("$1")
}
measure() { # ROUND NAME COMMAND...
    local round=$1 name=$2
    shift 2
    case " ${failed[*]} " in *" $name "*) return ;; esac
    say "$name, round $round"
    "${pin[@]}" "$@" >"$rows/$name-$round.tsv" 2>"$rows/$name.error" || leave_out "$name"
}
peers=(shallownet_here ndarray candle burn mkl onednn fann numpy torch jax onnxruntime)
options=(--budget "$budget" --shapes "$shapes" --reference "$rows/reference")
for round in $(seq "$rounds"); do
    measure "$round" shallownet "$root/target/release/shallownet" "${bench[@]}"
    for name in "${peers[@]}"; do
        case $name in
        numpy | torch | jax | onnxruntime)
            measure "$round" "$name" .venv/bin/python peers.py "$name" "${options[@]}"
            ;;
        *)
            measure "$round" "$name" env LD_LIBRARY_PATH="$libraries" target/release/peers "$name" \
                "${options[@]}"
            ;;
        esac
    done
    for name in "${fits[@]}"; do
        case $name in
        fit) measure "$round" fit target/release/peers fit --data "$rows" --budget "$budget" ;;
        sklearn)
            measure "$round" sklearn .venv/bin/python peers.py sklearn --budget "$budget"
            ;;
        esac
    done
done

changed=$(git diff --quiet HEAD -- 2>/dev/null || echo ' and changes')
{
    echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)," \
        "$(nproc --all) cores, threads: $threads, rounds: $rounds, budget $budget s a case"
    echo "# commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)$changed," \
        "$(date --utc +%F): $command"
    echo "# $(rustc --version); $(.venv/bin/python --version); left out: ${failed[*]:-none}"
    .venv/bin/python peers.py versions
} >"$rows/heading"
cat "$rows/heading"
options=(--shapes "$shapes" --heading "$rows/heading")
[ -z "$record" ] || options+=(--record "$record")
for measured in "$rows"/shallownet-*.tsv; do
    [ ! -e "$measured" ] || options+=(--library "$measured")
done
for name in "${peers[@]}" "${fits[@]}"; do
    for measured in "$rows/$name"-*.tsv; do
        [ ! -e "$measured" ] || options+=("$measured")
    done
done
.venv/bin/python peers.py report "${options[@]}"
[ -z "$record" ] || say "raw rows: $record"
