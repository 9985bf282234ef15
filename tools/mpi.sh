#!/usr/bin/env bash
# Trains the example `mpi` and the program `shallownet` on 1, 2, 3, 4 and 8 processes: the parameters must
# have the same bits. Then lets processes die, be interrupted and find a broken file: the job must end,
# soon, and go on from its checkpoint to the same bits. Needs an MPI library, libclang and Python:
#
#     apt-get install libopenmpi-dev openmpi-bin libclang-dev
#     tools/mpi.sh [--interrupt]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --release --features "${FEATURES:-cli,mpi}" --example mpi --bin shallownet
built=${CARGO_TARGET_DIR:-target}/release
program=$built/examples/mpi
launcher=(--oversubscribe --bind-to none --mca btl_vader_single_copy_mechanism none)
[ "$(id -u)" != 0 ] || launcher+=(--allow-run-as-root)
export RAYON_NUM_THREADS=1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
log=$folder/log
fail() {
    cat "$log"
    echo "$*"
    exit 1
}

expected=$("$program" | tail -n 1)
echo "alone: $expected"
for ranks in 1 2 3 4 8; do
    said=$(timeout 120 mpirun "${launcher[@]}" -n "$ranks" "$program" | tail -n 1)
    echo "$ranks ranks: $said"
    [ "$said" = "$expected" ] || { echo "other bits on $ranks ranks"; exit 1; }
done

status=0
# Messages and results apart, here and below: the launcher mixes them within a line.
timeout 60 mpirun "${launcher[@]}" -n 3 "$program" 1 >"$log.out" 2>"$log" || status=$?
grep -q "rank 1 ends in epoch 3" "$log" || fail "no rank has died"
[ "$status" != 0 ] && [ "$status" != 124 ] || fail "a dead rank: exit code $status"
echo "a dead rank: the job ended with exit code $status"

python3 tools/mpi_samples.py "$folder"
train=("$built/shallownet" train)
classes=(--data "$folder/x.npy" --labels "$folder/y.npy")

# alone NAME ARGUMENTS: one process, which writes to the folder NAME.
alone() {
    "${train[@]}" "${@:2}" --out "$folder/$1" >"$log" 2>&1 || fail "$1 alone: exit code $?"
}

# same NAME RANKS ARGUMENTS: so many ranks come to the model of NAME.
same() {
    local status=0
    rm -rf "$folder/out"
    timeout 120 mpirun "${launcher[@]}" -n "$2" "${train[@]}" "${@:3}" --out "$folder/out" \
        >"$log.out" 2>"$log" || status=$?
    cat "$log.out" >>"$log"
    [ "$status" = 0 ] || fail "$1 on $2 ranks: exit code $status"
    cmp "$folder/$1/model.safetensors" "$folder/out/model.safetensors" ||
        fail "$1: another model on $2 ranks"
}

# refused TEXT RANKS ARGUMENTS: ended with exit code 2 and a line with TEXT, and nothing was written.
refused() {
    local status=0
    rm -rf "$folder/out"
    timeout 60 mpirun "${launcher[@]}" -n "$2" "${train[@]}" "${@:3}" --out "$folder/out" \
        >"$log.out" 2>"$log" || status=$?
    [ "$status" = 2 ] && [ "$(grep -c "^error: .*$1" "$log")" = 1 ] && [ ! -e "$folder/out" ] ||
        fail "expected one error with '$1' and exit code 2, not $status"
}

# ended SIGNAL PROCESS JOB: sends it; the job fails within 20 seconds.
ended() {
    local status=0 waited=0
    kill "-$1" "$2"
    while kill -0 "$3" 2>/dev/null; do
        sleep 0.1
        waited=$((waited + 1))
        [ "$waited" -lt 200 ] || { kill -KILL "$3"; cat "$folder/long.log"; fail "no end 20 s after SIG$1"; }
    done
    wait "$3" || status=$?
    [ "$status" != 0 ] || fail "success after SIG$1"
    echo "SIG$1: the job ended after $waited tenths of a second with exit code $status"
}

short=(--epochs 8 --batch 50 --hidden 20)
held=("${short[@]}" --validation 0.2 --holdout 0.1 --class-weight balanced --early-stopping 3 --calibrate)
alone classes "${classes[@]}" "${held[@]}" --shards 8
for ranks in 1 2 3 4 8; do
    same classes "$ranks" "${classes[@]}" "${held[@]}"
done
same classes 2 "${classes[@]}" "${held[@]}" --threads 2
values=(--data "$folder/x.npy" --labels "$folder/values.npy" --regression --validation 0.1)
alone values "${values[@]}" "${short[@]}" --shards 8
same values 3 "${values[@]}" "${short[@]}"
bytes=(--data "$folder/x.idx" --labels "$folder/y.idx" --holdout 0.1)
alone bytes "${bytes[@]}" "${short[@]}" --shards 8
same bytes 3 "${bytes[@]}" "${short[@]}"
table=(--data "$folder/table.csv" --label kind --validation 0.1)
alone table "${table[@]}" "${short[@]}" --shards 5
same table 3 "${table[@]}" "${short[@]}" --shards 5
if grep -q "no plain table" "$log"; then fail "a table with texts is read as a whole"; fi
# by_rows OPTIONS -- RANKS: of a table with quotes.
by_rows() {
    local quoted=(--data "$folder/quoted.csv" --label kind --validation 0.2 --holdout 0.1 "${short[@]}")
    while [ "$1" != -- ]; do
        quoted+=("$1")
        shift
    done
    alone quoted "${quoted[@]}" --shards 8
    for ranks in "${@:2}"; do
        same quoted "$ranks" "${quoted[@]}"
        if grep -q "no plain table" "$log"; then fail "a table with quotes is read as a whole"; fi
    done
}
by_rows -- 1 2 3 8
by_rows --missing refuse --ignore town,flag -- 3
by_rows --rare 5 --categories size -- 2
stray=(--data "$folder/stray.csv" --label kind)
alone stray "${stray[@]}" "${short[@]}" --shards 8
same stray 4 "${stray[@]}" "${short[@]}"
grep -q "no plain table" "$log" || fail "no word of a table that is read as a whole"
# Each rank reads its own rows of a table of numbers, and of parts.
plain=(--data "$folder/plain.csv" --label kind --ignore value --validation 0.2 --holdout 0.1)
alone plain "${plain[@]}" "${short[@]}" --shards 8
for ranks in 1 2 3 4; do
    same plain "$ranks" "${plain[@]}" "${short[@]}"
    if grep -q "no plain table" "$log"; then fail "a plain table is read as a whole"; fi
done
same plain 3 --data "$folder/tables" "${plain[@]:2}" "${short[@]}"
if grep -q "no plain table" "$log"; then fail "parts of a plain table are read as a whole"; fi
alone tables --data "$folder"/tables/*.csv "${plain[@]:2}" "${short[@]}" --shards 8
cmp "$folder/plain/model.safetensors" "$folder/tables/model.safetensors" || fail "tables: another model"
numbers=(--data "$folder/plain.csv" --label value --regression --missing refuse --ignore b,kind)
alone numbers "${numbers[@]}" "${short[@]}" --shards 8
same numbers 2 "${numbers[@]}" "${short[@]}"
late=(--data "$folder/late.csv" --label kind --ignore value --categories b --most-categories 3000)
alone late "${late[@]}" "${short[@]}" --shards 8
same late 2 "${late[@]}" "${short[@]}"
if grep -q "no plain table" "$log"; then fail "a table with --categories is read as a whole"; fi
parts=(--data "$folder/x-parts" --labels "$folder/y-parts")
alone parts "${parts[@]}" "${held[@]}" --shards 8
cmp "$folder/classes/model.safetensors" "$folder/parts/model.safetensors" || fail "parts: another model"
same parts 3 "${parts[@]}" "${held[@]}"
solver=("${values[@]}" --hidden 10 --solver lbfgs --iterations 30 --l2 0.001)
alone solver "${solver[@]}" --shards 8
for ranks in 1 2 3 4; do
    same solver "$ranks" "${solver[@]}"
done
echo "train: the same models on 1, 2, 3, 4 and 8 ranks"
# Few networks are trained one by one, many in lanes.
for members in 3 9; do
    ensemble=("${classes[@]}" --validation 0.2 --hidden 6 --epochs 6 --early-stopping 2 --calibrate)
    alone ensemble "${ensemble[@]}" --ensemble "$members"
    for ranks in 1 2 4; do
        same ensemble "$ranks" "${ensemble[@]}" --ensemble "$members"
        cmp "$folder/ensemble/ensemble.safetensors" "$folder/out/ensemble.safetensors" ||
            fail "another ensemble on $ranks ranks"
    done
done
echo "train: the same ensembles on 1, 2 and 4 ranks"

select=("$built/shallownet" select --data "$folder/plain.csv" --label kind --ignore value --json
    --hidden 2,4 --activation tanh --epochs 2 --batch 50 --folds 3)
"${select[@]}" >"$folder/alone.json" 2>"$log" || fail "select alone"
for ranks in 1 2 3 4; do
    timeout 120 mpirun "${launcher[@]}" -n "$ranks" "${select[@]}" >"$folder/ranks.json" 2>"$log" ||
        fail "select on $ranks ranks"
    cmp "$folder/alone.json" "$folder/ranks.json" || fail "select: another table on $ranks ranks"
done
echo "select: the same table on 1, 2, 3 and 4 ranks"

refused "rank 2: $folder/broken.npy: " 3 --data "$folder/broken.npy" --labels "$folder/y.npy"
refused "x.npy" 3 --data "$folder/not/x.npy" --labels "$folder/y.npy"
refused "narrow-parts/2.npy: 4 features a sample, and .*0.npy has 5" 2 \
    --data "$folder/narrow-parts" --labels "$folder/y-parts"
refused "swapped/1.csv" 2 --data "$folder/swapped" --label kind
refused "late.csv: line .*, column 2" 2 "${late[@]:0:6}"
refused "rank 1: $folder/broken.npy: " 2 --data "$folder/x.npy" "$folder/broken.npy" \
    --labels "$folder/y.npy" "$folder/y.npy"
refused "--ensemble by mini-batches" 2 "${classes[@]}" --ensemble 2 --iterations 9
refused "lm with 8 shards" 2 "${values[@]}" --solver lm
refused "--starts" 2 "${values[@]}" --solver lbfgs --starts 3
refused "--shards 2 for 3 ranks" 3 "${classes[@]}" --shards 2
train=("$built/shallownet" select)
refused "--shard is for one process" 2 "${classes[@]}" --shard 1/2
refused "ranks 0 and 1: \|not/x.npy" 2 --data "$folder/not/x.npy" --labels "$folder/y.npy"
train=("$built/shallownet" train)
echo "train: what is refused is said once, and nothing is written"

# Longer than anyone waits; then resumed for some epochs more.
long=("${classes[@]}" --batch 200 --hidden 20 --validation 0.1 --schedule constant)
# Ctrl-C where it is asked for: the launcher, told to give the ranks time, has been seen not to end itself.
signals=(KILL)
[ "${1:-}" != --interrupt ] || signals+=(INT)
for signal in "${signals[@]}"; do
    rm -rf "$folder/checkpoint" "$folder/long" "$folder/broken"
    : >"$folder/long.log"
    checkpoint=$folder/checkpoint
    # The launcher makes SIGTERM of SIGINT, after so many seconds, and after as many more SIGKILL: time for
    # an epoch on a busy machine. Where a rank has died the others wait for it, and need none.
    time=1
    saved=(--checkpoint "$checkpoint")
    if [ "$signal" = INT ]; then
        # Without lines for every epoch, which the launcher no longer reads.
        time=4 saved=() checkpoint=$folder/broken/checkpoint.safetensors
    fi
    mpirun "${launcher[@]}" --mca odls_base_sigkill_timeout "$time" -n 3 "${train[@]}" "${long[@]}" \
        --epochs 1000000 "${saved[@]}" --out "$folder/broken" >"$folder/long.log" 2>"$folder/long.err" &
    job=$!
    until grep -q "^epoch    2" "$folder/long.log"; do sleep 0.05; done
    # The second rank, or the launcher.
    process=$job
    [ "$signal" = INT ] || process=$(pgrep -P "$job" | sed -n 2p)
    ended "$signal" "$process" "$job"
    cat "$folder/long.err" "$folder/long.log" >"$log"
    [ "$signal" = KILL ] || grep -q "^error: interrupted after epoch" "$log" || fail "no word of SIGINT"
    epochs=$(awk '$1 == "epoch" { last = $2 } /interrupted after epoch/ { last = $5 + 0 }
        END { print last + 5 }' "$log")
    alone long "${long[@]}" --epochs "$epochs" --shards 8
    same long 2 "${classes[@]}" --validation 0.1 --resume "$checkpoint" --epochs "$epochs"
    grep -q "going on after epoch" "$log" || fail "not resumed"
    echo "train: after SIG$signal resumed on 2 ranks to the model of $epochs epochs without a break"
done
