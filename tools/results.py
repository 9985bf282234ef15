"""Turns records of `shallownet bench` and `benches/peers/run.sh` into the tables of RESULTS.md.

    python3 tools/results.py FUSED.tsv [LABEL=OTHER.tsv ...]      steps, forward and prediction
    python3 tools/results.py --threads ONE.tsv TWO.tsv            one thread beside several
    python3 tools/results.py --peers RECORD.tsv                   the table beside other frameworks
    python3 tools/results.py --records                            which processor was measured when
"""

import re
import sys
from pathlib import Path

BENCHES = Path(__file__).parent.parent / "benches"
sys.path.insert(0, str(BENCHES / "peers"))
import report  # noqa: E402  (of benches/peers)

NETS = {
    "S1": "2-4-1, m 400", "S2": "3-4-1, m 1", "S3": "8-16-1, m 32", "S4": "64-32-10, m 64",
    "S5": "784-128-10, m 64", "S6": "784-128-10, m 1024", "S7": "784-300-10, m 256",
    "S8": "1024-1024-1024, m 1024", "S9": "12288-7-1, m 209", "S10": "4-32-16-4, m 10000",
    "S11": "24-8-2, m 200, f64", "S12": "6-64-8-4, m 1", "S13": "17-256-256-1, m 256",
}


# The words that records' names have for processors.
PROCESSORS = {
    "zen3": "AMD EPYC, Zen 3", "zen4": "AMD EPYC, Zen 4", "zen5": "AMD EPYC, Zen 5",
    "xeon": "Intel Xeon, Sapphire Rapids",
}


def read(path):
    """{(shape, kind): row} of one record."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    header = lines[0].split("\t")
    rows = (dict(zip(header, line.split("\t"))) for line in lines[1:])
    return {(row["shape"], row["kind"]): row for row in rows}


def time(row):
    """Three digits, in the unit that fits."""
    value = float(row["median_ns"])
    for unit in ["ns", "us", "ms"]:
        if value < 1000 or unit == "ms":
            return f"{value:.3g} {unit}"
        value /= 1000


def share(row):
    return f"{100 * float(row['fraction_of_peak']):.0f} %"


def table(first, others):
    columns = ["", "n_x-n_h-n_y, m", "step", "of peak", "against naive", "forward", "of peak",
               "predict, m = 1"]
    for label, _ in others:
        columns += [f"{label} step", "of peak"]
    print("| " + " | ".join(columns) + " |")
    print("|" + " --- |" * len(columns))
    for shape, net in NETS.items():
        step, forward = first[shape, "step"], first[shape, "forward"]
        cells = [shape, net, time(step), share(step), f"{float(step['vs_reference']):.1f} x",
                 time(forward), share(forward), time(first[shape, "predict"])]
        for _, other in others:
            cells += [time(other[shape, "step"]), share(other[shape, "step"])]
        print("| " + " | ".join(cells) + " |")


def threads(one, many):
    print("| | one thread | several | times |")
    print("| --- | --- | --- | --- |")
    for shape in NETS:
        a, b = one[shape, "step"], many[shape, "step"]
        gain = float(a["median_ns"]) / float(b["median_ns"])
        print(f"| {shape} | {time(a)} | {time(b)} | {gain:.2f} |")


def peers(path):
    print("".join(line for line in open(path, encoding="utf-8") if line.startswith("#")), end="")
    report.show(report.rows(path))


def records():
    """Every comparison in benches/record, the newest first; a processor's last runs in bold."""
    found = {}
    for path in sorted((BENCHES / "record").glob("*-peers*.tsv"), reverse=True):
        day, name, rest = re.fullmatch(r"(\d+-\d+-\d+)-(\w+)-peers(.*)", path.stem).groups()
        found.setdefault((name, rest), []).append((day, path))
    print("| processor | threads | measured | commit | ahead | command | record |")
    print("|" + " --- |" * 7)
    for (name, rest), runs in sorted(found.items(), key=lambda item: item[1][0][0], reverse=True):
        for i, (day, path) in enumerate(runs):
            head = path.read_text(encoding="utf-8")
            commit, command = re.search(r"^# commit (.*?), [^:]*: (.*)$", head, re.M).groups()
            cases = report.compare(report.rows(path))
            ahead = f"{sum(case.ratio >= 1 for case in cases)} of {len(cases)}"
            mark = "" if i else "**"
            threads = "one" if not rest else "all"
            print(f"| {PROCESSORS[name]} | {threads} | {mark}{day}{mark} | {commit} | {ahead} |"
                  f" `{command}` | {path.name} |")


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    if arguments == ["--records"]:
        records()
        return
    if arguments[0] == "--peers":
        peers(arguments[1])
        return
    if arguments[0] == "--threads":
        threads(read(arguments[1]), read(arguments[2]))
        return
    others = (argument.split("=", 1) for argument in arguments[1:])
    table(read(arguments[0]), [(label, read(path)) for label, path in others])


main(sys.argv[1:])
