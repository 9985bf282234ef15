"""One table of the library and all peers, from the rows that they printed or from a record.

The standard library alone: tools/results.py reads records with it.
"""

import csv
from dataclasses import dataclass

COLUMNS = ["framework", "version", "shape", "kind", "threads", "samples", "median_ns", "score"]
LIBRARY = "shallownet"
# The library in the loop that times the peers.
HERE = "shallownet_here"


def rows(path):
    """The rows of a tab-separated file, comments left out."""
    with open(path) as file:
        lines = (line for line in file if line.strip() and not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t", restval=""))


def library_rows(path):
    """The same of `shallownet bench`, whose backend stands for the version."""
    own = {"framework": LIBRARY, "samples": "", "score": ""}
    return [{**row, **own, "version": row["backend"]} for row in rows(path)]


def write_record(path, heading, all_rows):
    with open(path, "w") as file:
        file.write(heading)
        print(*COLUMNS, sep="\t", file=file)
        for row in all_rows:
            print(*(row.get(name, "") for name in COLUMNS), sep="\t", file=file)


@dataclass
class Case:
    """A shape and kind: the library's time and those of all peers, in nanoseconds."""

    shape: str
    kind: str
    ours: float
    # By the peers' loop, because the library's own command has no such row.
    stands_in: bool
    # By the peers' loop, where it was measured there.
    here: float | None
    peers: dict[str, float]

    @property
    def fastest(self):
        return min(self.peers, key=self.peers.get)

    @property
    def ratio(self):
        return self.peers[self.fastest] / self.ours


def compare(all_rows):
    """Every case that the library and a peer were timed in; of several rounds, lowest medians."""
    library, measured = {}, {}
    for row in all_rows:
        key, median = (row["shape"], row["kind"]), float(row["median_ns"])
        if row["framework"] == LIBRARY:
            # Most threads, then the default backend, then the fastest.
            backend = {"auto": 0, "fused": 1}.get(row["version"], 2)
            order = -int(row["threads"]), backend, median
            library[key] = min(order, library.get(key, order))
        else:
            times = measured.setdefault(key, {})
            times[row["framework"]] = min(median, times.get(row["framework"], median))
    found = []
    for key, times in measured.items():
        here = times.pop(HERE, None)
        ours = library[key][2] if key in library else here
        if ours is not None and times:
            found.append(Case(*key, ours, key not in library, here, times))
    return found


def nanoseconds(value):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} ns"


def show(all_rows):
    """Prints the table and what belongs to it."""
    versions = {r["framework"]: r["version"] for r in all_rows if r["framework"] != LIBRARY}
    print("# " + ", ".join(f"{name} {version}" for name, version in versions.items()), end="\n\n")
    cases = compare(all_rows)
    peers = [name for name in versions if any(name in case.peers for case in cases)]
    table = [["shape", "kind", "shallownet", *peers, "fastest peer", "ratio", ""]]
    for case in cases:
        cells = [nanoseconds(case.peers[p]) if p in case.peers else "-" for p in peers]
        ours = nanoseconds(case.ours) + "*" * case.stands_in
        wins = "PEER WINS" if case.ratio < 1 else ""
        end = case.fastest, f"{case.ratio:.2f}", wins
        table.append([case.shape, case.kind, ours, *cells, *end])
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    lost = sum(case.ratio < 1 for case in cases)
    print(f"\nratio: the fastest peer's time / shallownet's. A peer wins {lost} of {len(cases)}.")
    if any(case.stands_in for case in cases):
        print("*: by the loop that times the peers; the library's own command did not say.")
    for shape in dict.fromkeys(row["shape"] for row in all_rows if row.get("score")):
        scores = {r["framework"]: r["score"] for r in all_rows if r["shape"] == shape}
        said = ", ".join(f"{name} {score}" for name, score in scores.items())
        print(f"{shape}, held-out score: {said}")
    for case in cases:
        if case.here and not case.stands_in and not 0.8 < case.ours / case.here < 1.25:
            said = f"{nanoseconds(case.ours)}, here {nanoseconds(case.here)}"
            print(f"The library's own command and the peers' loop disagree: {case.shape}"
                  f" {case.kind}: {said}")
