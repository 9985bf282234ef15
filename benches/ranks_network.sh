#!/usr/bin/env bash
# How well two processes train together over a network of so many Gb/s: two network namespaces of this
# machine, a virtual cable between them, and TCP. As root, on a quiet machine, with what benches/ranks.sh
# needs and iproute2:
#
#     benches/ranks_network.sh [ROUNDS]
#
# RATES="10 1" says which rates (Gb/s; the cable's own is measured besides), DELAY=20us a delay each way,
# where the kernel has netem. Rounds take turns between one process, and two on one batch and on a batch
# each at every rate; medians of all rounds.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
rates=(cable ${RATES:-10 1})
cargo build --quiet --locked --release --features "${FEATURES:-mpi}" --example mpi_speed
program=$PWD/${CARGO_TARGET_DIR:-target}/release/examples/mpi_speed
[ "${CARGO_TARGET_DIR:-}" = "" ] || [ "${CARGO_TARGET_DIR#/}" = "$CARGO_TARGET_DIR" ] ||
    program=$CARGO_TARGET_DIR/release/examples/mpi_speed
export RAYON_NUM_THREADS=1

folder=$(mktemp -d)
here=ranks-$$-0 there=ranks-$$-1
leave() {
    ip netns delete "$here" 2>/dev/null || true
    ip netns delete "$there" 2>/dev/null || true
    rm -rf "$folder"
}
trap leave EXIT
ip netns add "$here"
ip netns add "$there"
ip link add one netns "$here" type veth peer name two netns "$there"
ip -n "$here" address add 10.9.0.1/24 dev one
ip -n "$there" address add 10.9.0.2/24 dev two
for end in "$here one" "$there two"; do
    read -r namespace device <<<"$end"
    ip -n "$namespace" link set lo up
    ip -n "$namespace" link set "$device" up
done

# shape RATE: of both ends.
shape() {
    for end in "$here one" "$there two"; do
        read -r namespace device <<<"$end"
        tc -n "$namespace" qdisc delete dev "$device" root 2>/dev/null || true
        [ "$1" != cable ] || continue
        if [ -n "${DELAY:-}" ]; then
            tc -n "$namespace" qdisc add dev "$device" root netem delay "$DELAY" rate "$1gbit"
        else
            tc -n "$namespace" qdisc add dev "$device" root tbf rate "$1gbit" burst 256kb latency 20ms
        fi
    done
}

# What the launcher starts the second process by, as it would by ssh; another host by its name.
cat >"$folder/agent" <<END
#!/bin/sh
shift
exec ip netns exec $there unshare --uts sh -c "hostname there; \$*"
END
chmod +x "$folder/agent"
options=(--allow-run-as-root --bind-to none --mca btl tcp,self --mca btl_tcp_if_include 10.9.0.0/24
    --mca oob_tcp_if_include 10.9.0.0/24 --mca plm_rsh_agent "$folder/agent")
two() {
    ip netns exec "$here" mpirun "${options[@]}" --host 10.9.0.1:1,10.9.0.2:1 -n 2 "$program" "$1"
}
for round in $(seq "$rounds"); do
    mpirun --allow-run-as-root --bind-to core -n 1 "$program" strong | sed 's/^/one - /' >>"$folder/all"
    for rate in "${rates[@]}"; do
        shape "$rate"
        for mode in strong weak; do
            two "$mode" | sed "s/^/$mode $rate /" >>"$folder/all"
        done
    done
    echo "round $round of $rounds" >&2
done
python3 - "$folder/all" <<'PY'
import statistics
import sys

times, rates = {}, []
for line in open(sys.argv[1]):
    mode, rate, shape, microseconds, _ = line.split()
    times.setdefault(shape, {}).setdefault((mode, rate), []).append(float(microseconds))
    if rate not in rates and rate != "-":
        rates.append(rate)
names = [rate if rate == "cable" else f"{rate} Gb/s" for rate in rates]
print("| shape | one process, a step | " + " | ".join(f"{name}: strong, weak" for name in names) + " |")
print("| --- " * (len(rates) + 2) + "|")
for shape, of in times.items():
    median = {key: statistics.median(all) for key, all in of.items()}
    one = median["one", "-"]
    cells = [f"{50 * one / median['strong', rate]:.0f}, {100 * one / median['weak', rate]:.0f}" for rate in rates]
    print(f"| {shape} | {one:,.0f} us | " + " | ".join(cells) + " |")
PY
