#!/usr/bin/env bash
# Trains the example `mpi` on 1, 2, 3, 4 and 8 processes: the parameters must have the same bits. Then
# lets a process die: the job must end, soon, and not with success. Needs an MPI library and libclang:
#
#     apt-get install libopenmpi-dev openmpi-bin libclang-dev
#     tools/mpi.sh
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --release --features "${FEATURES:-mpi}" --example mpi
program=${CARGO_TARGET_DIR:-target}/release/examples/mpi
options=(--oversubscribe --bind-to none --mca btl_vader_single_copy_mechanism none)
[ "$(id -u)" != 0 ] || options+=(--allow-run-as-root)
export RAYON_NUM_THREADS=1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
expected=$("$program" | tail -n 1)
echo "alone: $expected"
for ranks in 1 2 3 4 8; do
    said=$(timeout 120 mpirun "${options[@]}" -n "$ranks" "$program" | tail -n 1)
    echo "$ranks ranks: $said"
    [ "$said" = "$expected" ] || { echo "other bits on $ranks ranks"; exit 1; }
done

status=0
timeout 60 mpirun "${options[@]}" -n 3 "$program" 1 >"$log" 2>&1 || status=$?
grep -q "rank 1 ends in epoch 3" "$log" || { cat "$log"; exit 1; }
[ "$status" != 0 ] && [ "$status" != 124 ] || { echo "a dead rank: exit code $status"; exit 1; }
echo "a dead rank: the job ended with exit code $status"
