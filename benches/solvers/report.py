"""Runs everyone in turn on the problems of a folder, checks the answers, and prints the table.

    python report.py FOLDER PROGRAM [--repetitions N] [--starts N] [--patience SECONDS]

PROGRAM is the library's example `solver_problems`.
"""

import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys

import numpy as np
import peers
import problems

HERE = pathlib.Path(__file__).resolve().parent


def own(program, folder, all_problems, repetitions):
    """By problem and method: milliseconds and how many converged, by NumPy's word."""
    command = [program, folder, str(repetitions)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    results = {problem.name: {} for problem in all_problems}
    by_name = {problem.name: problem for problem in all_problems}
    for line in text.splitlines():
        name, method, ms, converged, starts, iterations = line.split("\t")
        problem = by_name[name]
        ends = np.loadtxt(folder / f"{name}.{method}.ends", ndmin=2)
        # Its sums are added in another order than NumPy's.
        reached = sum(problem.cost(end) <= problem.target * (1 + 1e-9) for end in ends)
        assert reached == int(converged), f"{name} {method}: {converged} said, {reached} found"
        results[name][method] = (float(ms), reached, int(starts))
    return results


def nnet(folder):
    if shutil.which("Rscript") is None:
        print("# R's nnet is left out: there is no Rscript")
        return {}
    command = ["Rscript", HERE / "nnet.R", folder, "time"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in text.splitlines()]
    return {name: (float(ms), int(converged), int(of)) for name, ms, converged, of in rows}


def median(times):
    """Of (ms, converged, of how many starts)."""
    return statistics.median(ms for ms, _, _ in times), *times[0][1:]


def cell(result, starts):
    if result is None:
        return "-"
    ms, converged, of = result
    text = f"{ms:.3g}" if ms < 1000 else f"{ms:.0f}"
    if of < starts:
        return f"{text} ({converged} of {of})"
    return f"{text} ({converged})" if converged < starts else text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("program")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--starts", type=int, default=30)
    parser.add_argument("--patience", type=float, default=5)
    options = parser.parse_args()
    peers.patience = options.patience
    all_problems = problems.all_problems(options.folder, options.starts)

    of_r, of_library = [], []
    of_peers = {problem.name: {name: [] for name in peers.PEERS} for problem in all_problems}
    for _ in range(options.repetitions):
        of_library.append(own(options.program, options.folder, all_problems, 3))
        of_r.append(nnet(options.folder))
        for problem in all_problems:
            for name, peer in peers.PEERS.items():
                result = peer(problem)
                if result is not None:
                    ms, converged, of = result
                    print(f"# {problem.name}: {name} {ms:.0f} ms, {converged} of {of}", file=sys.stderr)
                    of_peers[problem.name][name].append(result)

    names = [*peers.PEERS, "R nnet"]
    print("| problem | network | samples | target | lm | lbfgs | rprop | scg |", end="")
    print("".join(f" {name} |" for name in names), "ratio |")
    print("|" + " --- |" * (9 + len(names)))
    for problem in all_problems:
        starts = len(problem.starts)
        library = {
            method: median([turn[problem.name][method] for turn in of_library])
            for method in of_library[0][problem.name]
        }
        others = {
            name: median(times) for name, times in of_peers[problem.name].items() if times
        }
        if problem.name in of_r[0]:
            others["R nnet"] = median([turn[problem.name] for turn in of_r])
        ratio = compare(library, others)
        network = "-".join(map(str, problem.sizes))
        row = [problem.name, network, str(len(problem.x)), f"{problem.target:g}"]
        row += [cell(library.get(method), starts) for method in ("lm", "lbfgs", "rprop", "scg")]
        row += [cell(others.get(name), starts) for name in names]
        print("| " + " | ".join([*row, ratio]) + " |", flush=True)


def compare(library, others):
    """The fastest peer beside the library's fastest method that reaches the target as often, both by
    the time for each start that converged."""
    each = {name: ms / converged for name, (ms, converged, _) in others.items() if converged}
    if not each:
        return "no peer converges"
    fastest = min(each, key=each.get)
    _, converged, of = others[fastest]
    own = [ms / count for ms, count, starts in library.values() if count * of >= converged * starts]
    if not own:
        return f"fewer than {fastest}"
    return f"{each[fastest] / min(own):.3g} x {fastest}"


if __name__ == "__main__":
    main()
