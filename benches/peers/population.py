"""Thousands of tiny networks trained at once in JAX and PyTorch: checked, then timed.

    population.py [--threads N] [--cases S1,S2] [--programs P1,P2] [--budget SECONDS]
    population.py --check [OPTIONS]      checks all of them with few members, and times nothing

The cases are those of population.tsv. Rows go to standard output as tab-separated values; README.md
says what is measured.
"""

import argparse
import importlib.metadata
import multiprocessing
import os
import sys

import numpy as np

import population_cases
from frameworks.jax_population import JaxChunks, JaxVmap
from frameworks.torch_population import TorchBmm, TorchFunc
from population_cases import Case, reference
from timing import measure

PROGRAMS = {
    "jax_vmap": JaxVmap,
    "jax_chunks": JaxChunks,
    "torch_func": TorchFunc,
    "torch_bmm": TorchBmm,
}
COLUMNS = ["shape", "members", "samples", "threads", "program", "ns_a_network_step"]
# How far costs and parameters may be from the reference's after three steps: this much of them,
# and, for those near zero, this much in itself.
TOLERANCE, NEAR_ZERO = 1e-4, 1e-6
# How many members are compared with the reference, spread over all; how many `--check` has in all:
# two chunks of jax_chunks.
COMPARED, CHECKED = 5, 128


def check(program, case, expected):
    """Three steps beside the reference's; how far costs and parameters are from it, in words."""
    costs = np.array([np.asarray(c) for c in program.run(3)], np.float64)
    parameters = program.rows()
    if costs.shape != (3, case.members):
        raise ValueError(f"costs of shape {costs.shape}")
    farthest = [0, 0]
    for member, (exact_costs, exact_parameters) in expected.items():
        pairs = [(0, costs[:, member], np.array(exact_costs))]
        pairs += [(1, p[member], e) for p, e in zip(parameters, exact_parameters, strict=True)]
        for kind, value, exact in pairs:
            if value.shape != exact.shape:
                raise ValueError(f"{value.shape} where the reference has {exact.shape}")
            distance = np.abs(value - exact)
            if not (distance <= TOLERANCE * np.abs(exact) + NEAR_ZERO).all():
                what = ["costs", "a parameter array"][kind]
                raise ValueError(f"member {member}: {what} {value}, the reference has {exact}")
            farthest[kind] = max(farthest[kind], distance.max())
    return "costs within {:.0e} of the reference, parameters within {:.0e}".format(*farthest)


def run_case(case, name, arguments):
    """Checks each way to lay the numbers out; then times them all, and the fastest at length."""
    compared = np.unique(np.linspace(0, case.members - 1, COMPARED).astype(int))
    expected = {member: reference(case, member, 3) for member in compared.tolist()}
    title = f"{name} {case.shape}, members {case.members}"
    fastest = None
    for way in PROGRAMS[name].ways:
        program = PROGRAMS[name](case, arguments.threads, way)
        said = check(program, case, expected)
        if arguments.check:
            print(f"# {title}, {way}: {said}", flush=True)
            continue
        steps = program.steps_a_call()
        median = measure(lambda: program.run(steps), arguments.budget / 5)[0] / steps
        if fastest is None or median < fastest[0]:
            fastest = median, way, program, steps, said
    if arguments.check:
        return
    _, way, program, steps, said = fastest
    median, samples = measure(lambda: program.run(steps), arguments.budget)
    if not np.isfinite(np.asarray(program.run(1)[0])).all():
        raise ValueError("the costs are no longer finite")
    print(f"# {title}: {way}; steps a call: {steps}, calls: {samples}; {said}")
    ns = f"{median / steps / case.members:.1f}"
    print(case.shape, case.members, case.m, arguments.threads, name, ns, sep="\t", flush=True)


def run_program(name, arguments):
    """All cases of one program, in a process of its own."""
    for row in population_cases.rows():
        if arguments.cases and row["shape"] not in arguments.cases:
            continue
        sizes = [CHECKED] if arguments.check else map(int, row["members"].split(","))
        for members in sizes:
            if PROGRAMS[name] is JaxChunks and members <= JaxChunks.chunk:
                continue
            try:
                run_case(Case(row, members), name, arguments)
            except ValueError as error:
                sys.exit(f"{name} {row['shape']}, members {members}: {error}")


def pin(threads):
    """Every program's process has this many cores and is told so before it imports anything."""
    # The last cores this process may use: the first often serves interrupts.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    for name in ["OMP", "MKL", "OPENBLAS"]:
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    # JAX has no setting for other numbers: its pool has a thread for every core it may use.
    os.environ.pop("XLA_FLAGS", None)
    if threads == 1:
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = flags


def heading(threads):
    with open("/proc/cpuinfo") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    wheels = ["jax", "torch", "numpy"]
    versions = ", ".join(f"{w} {importlib.metadata.version(w)}" for w in wheels)
    model = models[0] if models else "unknown processor"
    load = "{:.1f}".format(os.getloadavg()[0])
    return f"# {model}, {os.cpu_count()} cores, threads: {threads}, load before: {load}; {versions}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    names = dict(type=lambda text: text.split(",") if text else [], default=[])
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--cases", **names, metavar="S1,S2")
    parser.add_argument("--programs", **names, metavar="P1,P2")
    parser.add_argument("--budget", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    unknown = set(arguments.cases) - {row["shape"] for row in population_cases.rows()}
    unknown |= set(arguments.programs) - set(PROGRAMS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if not 1 <= arguments.threads <= len(os.sched_getaffinity(0)):
        parser.error(f"there are {len(os.sched_getaffinity(0))} cores")
    print(heading(arguments.threads))
    if not arguments.check:
        print(*COLUMNS, sep="\t")
    sys.stdout.flush()
    pin(arguments.threads)
    failed = []
    spawn = multiprocessing.get_context("spawn")
    for name in arguments.programs or PROGRAMS:
        process = spawn.Process(target=run_program, args=(name, arguments))
        process.start()
        process.join()
        if process.exitcode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
