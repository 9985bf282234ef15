#!/usr/bin/env bash
# Time to a target cost: this library's solvers beside other people's. README.md says how.
#
#   benches/solvers/run.sh [report.py's options]
set -euo pipefail
cd "$(dirname "$0")"
root=$(realpath ../..)

if ! cmp -s requirements.txt .venv/requirements.txt; then
    python3 -m venv .venv
    .venv/bin/pip install --quiet --requirement requirements.txt
    cp requirements.txt .venv/requirements.txt
fi
(cd "$root" && cargo build --release --quiet --example solver_problems)
target=${CARGO_TARGET_DIR:-$root/target}

# The last core this process may use: the first often serves interrupts.
core=$(python3 -c 'import os; print(max(os.sched_getaffinity(0)))')
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 RAYON_NUM_THREADS=1
export XLA_FLAGS='--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1'
export JAX_ENABLE_X64=1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if command -v Rscript >/dev/null; then Rscript nnet.R "$folder"; fi
.venv/bin/python problems.py "$folder"
echo "$(lscpu | sed -n 's/^Model name: *//p'), one core; milliseconds for all starts together"
taskset --cpu-list "$core" .venv/bin/python report.py "$folder" \
    "$target/release/examples/solver_problems" "$@"
