"""All input Hessians of 2-64-64-1 tanh at 1,000 points: JAX beside examples/derivatives.rs, in turn.

    cargo build --release --example derivatives
    python benches/peers/derivatives.py target/release/examples/derivatives

One thread each, f32; JAX under vmap and jit, compiled before the clock starts; the best of its ways. The
medians of five turns.
"""

import os
import re
import statistics
import subprocess
import sys

os.environ["XLA_FLAGS"] = (
    "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import jax
import jax.numpy as jnp
import numpy as np
from timing import measure

SIZES = [2, 64, 64, 1]
POINTS = 1000
TURNS = 5


def network(parameters, x):
    for w, b in parameters[:-1]:
        x = jnp.tanh(w @ x + b)
    w, b = parameters[-1]
    return (w @ x + b)[0]


WAYS = {
    "jax.hessian": jax.hessian(network, 1),
    "forward over forward": jax.jacfwd(jax.jacfwd(network, 1), 1),
    "reverse over reverse": jax.jacrev(jax.jacrev(network, 1), 1),
}


def main():
    rng = np.random.default_rng(0)
    parameters = [
        (jnp.asarray(rng.standard_normal((b, a)) / np.sqrt(a), jnp.float32), jnp.zeros(b))
        for a, b in zip(SIZES, SIZES[1:])
    ]
    x = jnp.asarray(rng.uniform(-1, 1, (POINTS, 2)), jnp.float32)
    calls, answers = {}, {}
    for name, way in {"forward": network, **WAYS}.items():
        call = jax.jit(jax.vmap(way, (None, 0)))
        answers[name] = np.asarray(call(parameters, x))
        calls[name] = lambda call=call: call(parameters, x).block_until_ready()
    for name in WAYS:
        np.testing.assert_allclose(answers[name], answers["jax.hessian"], atol=1e-4)

    times = {name: [] for name in [*calls, "shallownet"]}
    for _ in range(TURNS):
        for name, call in calls.items():
            times[name].append(measure(call, 0.5)[0] / 1000)
        text = subprocess.run(sys.argv[1:2], check=True, capture_output=True, text=True).stdout
        times["shallownet"].append(float(re.search(r"all Hessians +([0-9.]+) us", text)[1]))
    medians = {name: statistics.median(of) for name, of in times.items()}
    best = min(WAYS, key=medians.get)
    for name, median in medians.items():
        print(f"{name:22} {median:8.1f} us")
    print(f"shallownet is {medians[best] / medians['shallownet']:.1f} times as fast as {best}")


main()
