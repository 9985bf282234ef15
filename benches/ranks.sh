#!/usr/bin/env bash
# The table of docs/ranks.md: how well 2 processes of one thread each train together, beside one. Needs an
# MPI library and libclang (see tools/mpi.sh), and a quiet machine:
#
#     benches/ranks.sh [ROUNDS]
#
# Rounds take turns between one process, two on one batch, two on a batch each, and two that train by
# themselves at the same time, which is what the machine gives two processes. Of each the median of all
# rounds, and in brackets the best, which others that use the machine disturb least.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
cargo build --quiet --locked --release --features "${FEATURES:-mpi}" --example mpi_speed
program=${CARGO_TARGET_DIR:-target}/release/examples/mpi_speed
options=(--bind-to core --mca btl_vader_single_copy_mechanism none)
[ "$(id -u)" != 0 ] || options+=(--allow-run-as-root)
export RAYON_NUM_THREADS=1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for round in $(seq "$rounds"); do
    mpirun "${options[@]}" -n 1 "$program" strong | sed 's/^/one /' >>"$folder/all"
    mpirun "${options[@]}" -n 2 "$program" strong | sed 's/^/strong /' >>"$folder/all"
    mpirun "${options[@]}" -n 2 "$program" weak | sed 's/^/weak /' >>"$folder/all"
    mpirun "${options[@]}" -n 2 "$program" alone | sed 's/^/alone /' >>"$folder/all"
    echo "round $round of $rounds" >&2
done
python3 - "$folder/all" <<'PY'
import statistics
import sys

times = {}
for line in open(sys.argv[1]):
    mode, shape, microseconds, _ = line.split()
    times.setdefault(shape, {}).setdefault(mode, []).append(float(microseconds))
print("| shape | one process, a step | two: strong | weak | two by themselves |")
print("| --- | --- | --- | --- | --- |")
for shape, of in times.items():
    median, best = ({mode: f(all) for mode, all in of.items()} for f in (statistics.median, min))
    cell = lambda of, mode, by: f"{by * of['one'] / of[mode]:.0f}"
    cells = [f"{cell(median, *of)} ({cell(best, *of)}) %" for of in (("strong", 50), ("weak", 100), ("alone", 100))]
    print(f"| {shape} | {median['one']:,.0f} ({best['one']:,.0f}) us | " + " | ".join(cells) + " |")
PY
