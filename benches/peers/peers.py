"""Training steps and predictions of the frameworks that Python reaches, timed.

    peers.py reference                   what every shape's network computes, by NumPy in float64
    peers.py FRAMEWORK [OPTIONS]         checks numpy, torch, jax or onnxruntime, then times it
    peers.py data FOLDER                 the samples of fits.tsv, for both sides
    peers.py sklearn [OPTIONS]           scikit-learn's training, end to end
    peers.py versions                    what the above stand on
    peers.py report [OPTIONS] ROWS...    one table of the library and all peers

Rows go to standard output as tab-separated values; README.md says what is measured.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

import report
from cases import cases
from frameworks import FRAMEWORKS
from timing import measure, read_reference


def reference(arguments):
    print("shape", "cost", "after_steps", "after_adam", "one", sep="\t")
    for case in cases(arguments.shapes):
        after = {}
        for kind in ["step", "adam"]:
            exact = FRAMEWORKS["numpy"](case, np.float64)
            first, one = exact.cost(), exact.predict().tolist()
            for _ in range(3):
                getattr(exact, kind)()
            after[kind] = exact.cost()
        one = ",".join(map(repr, one))
        print(case.name, repr(first), *map(repr, after.values()), one, sep="\t")


def print_row(name, version, shape, kind, median, samples, score=None):
    threads = len(os.sched_getaffinity(0))
    score = "" if score is None else f"{score:.4f}"
    print(name, version, shape, kind, threads, samples, f"{median:.1f}", score, sep="\t")
    sys.stdout.flush()


def time_framework(arguments):
    expected = read_reference(arguments.reference)
    framework, budget = FRAMEWORKS[arguments.command], arguments.budget
    name, version = framework.name, framework.version()
    print(*report.COLUMNS, sep="\t")
    for case in cases(arguments.shapes):
        try:
            peer = framework(case)
            print(f"# {name} {case.name}: {expected[case.name].check(peer)}")
            time_kinds(peer, ["step", "forward", "predict"], version, budget)
            if case.dtype == np.float64:
                time_kinds(peer, ["gradient"], version, budget)
            if hasattr(peer, "adam"):
                peer = framework(case)
                print(f"# {name} {case.name}: {expected[case.name].check_adam(peer)}")
                time_kinds(peer, ["adam"], version, budget)
        except ValueError as error:
            sys.exit(f"{name} {case.name}: {error}")


def time_kinds(peer, kinds, version, budget):
    shape = peer.case.name
    for kind in kinds:
        if not hasattr(peer, kind):
            continue
        if kind in getattr(peer, "ways", {}):
            print(f"# {peer.name} {shape} {kind}: {peer.choose(kind, budget)}")
        median, samples = measure(getattr(peer, kind), budget)
        print_row(peer.name, version, shape, kind, median, samples)
        if kind in ("step", "adam") and hasattr(peer, "loop"):
            # A thousand steps a call, or fewer where a thousand exceed the budget.
            steps = max(2, min(1000, int(budget * 1e9 / median)))
            median, samples = measure(lambda: peer.loop(kind, steps), budget)
            print(f"# {peer.name}_loop {shape} {kind}: {steps} steps a call")
            print_row(f"{peer.name}_loop", version, shape, kind, median / steps, samples)


def time_sklearn(arguments):
    import sklearn

    from frameworks import sklearn_peer

    print(*report.COLUMNS, sep="\t")
    try:
        for name, median, samples, score in sklearn_peer.run(arguments.budget):
            print_row("sklearn", sklearn.__version__, name, "fit", median, samples, score)
    except ValueError as error:
        sys.exit(f"sklearn {error}")


def data(arguments):
    from frameworks import sklearn_peer

    sklearn_peer.write_data(arguments.folder)


def versions(arguments):
    import jaxlib
    import threadpoolctl
    import torch

    for pool in threadpoolctl.threadpool_info():
        if pool["user_api"] == "blas":
            kernel = f"{pool['internal_api']} {pool['version']}, {pool['architecture']} kernels"
            print(f"# numpy {np.__version__}: {kernel}, threads: {pool['num_threads']}")
            break
    features = torch.backends.cpu.get_cpu_capability()
    mkl = "with" if torch.backends.mkl.is_available() else "without"
    print(f"# torch {torch.__version__}: {features}, {mkl} MKL")
    print(f"# jax {FRAMEWORKS['jax'].version()}: jaxlib {jaxlib.__version__}")


def make_report(arguments):
    wanted = arguments.shapes
    all_rows = [row for path in arguments.library for row in report.library_rows(path)]
    all_rows += [row for path in arguments.rows for row in report.rows(path)]
    if arguments.record:
        heading = arguments.heading.read_text() if arguments.heading else ""
        report.write_record(arguments.record, heading, all_rows)
    report.show([row for row in all_rows if not wanted or row["shape"] in wanted])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    names = dict(type=lambda text: text.split(",") if text else [], default=[], metavar="S1,S2")
    commands.add_parser("reference").add_argument("--shapes", **names)
    for name in [*FRAMEWORKS, "sklearn"]:
        command = commands.add_parser(name)
        command.add_argument("--budget", type=float, default=0.5, metavar="SECONDS")
        if name != "sklearn":
            command.add_argument("--shapes", **names)
            command.add_argument("--reference", required=True, metavar="FILE")
    commands.add_parser("data").add_argument("folder")
    commands.add_parser("versions")
    command = commands.add_parser("report")
    command.add_argument("--record", type=Path, metavar="FILE")
    command.add_argument("--heading", type=Path, metavar="FILE")
    command.add_argument("--shapes", **names)
    command.add_argument("--library", type=Path, action="append", default=[], metavar="FILE")
    command.add_argument("rows", nargs="+", type=Path)
    arguments = parser.parse_args()
    runs = {
        "reference": reference,
        "sklearn": time_sklearn,
        "data": data,
        "versions": versions,
        "report": make_report,
    }
    runs.get(arguments.command, time_framework)(arguments)


if __name__ == "__main__":
    main()
