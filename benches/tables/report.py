"""Rows of measurements, read, written and summed up."""

import csv
import statistics
from dataclasses import astuple, dataclass, fields

from methods import OURS, PEERS

KINDS = {"classes": "accuracy", "regression": "R^2"}


@dataclass
class Row:
    """One fit of one method on one split of one table."""

    table: str
    kind: str
    split: int
    method: str
    score: float | None
    wall_seconds: float
    cpu_seconds: float
    training_seconds: float | None
    error: str

    def cells(self):
        return ["" if v is None else f"{v:.6g}" if isinstance(v, float) else v for v in astuple(self)]


COLUMNS = [field.name for field in fields(Row)]


def read_rows(path):
    with open(path, newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for cells in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            score, training = cells["score"], cells["training_seconds"]
            yield Row(
                cells["table"],
                cells["kind"],
                int(cells["split"]),
                cells["method"],
                float(score) if score else None,
                float(cells["wall_seconds"]),
                float(cells["cpu_seconds"]),
                float(training) if training else None,
                cells["error"] or "",
            )


def print_report(rows):
    present = {row.method for row in rows}
    methods = [method for method in [OURS, *PEERS] if method in present]
    scores = {}
    for kind, measure in KINDS.items():
        tables = list(dict.fromkeys(row.table for row in rows if row.kind == kind))
        for table in tables:
            print_table(table, measure, methods, [row for row in rows if row.table == table])
            scores[table] = {m: mean_score(rows, table, m) for m in methods}
    for kind, measure in KINDS.items():
        tables = [t for t in scores if any(row.table == t and row.kind == kind for row in rows)]
        if tables:
            print_summary(kind, measure, methods, {t: scores[t] for t in tables}, rows)
    if len({row.kind for row in rows}) == 2:
        print_summary("all", None, methods, scores, rows)


def print_table(table, measure, methods, rows):
    print(f"\n{table} ({measure})")
    print(f"  {'method':22} {'mean':>8} {'std':>7} {'lowest':>8} {'wall s':>8} {'CPU s':>8}  fits")
    for method in methods:
        mine = [row for row in rows if row.method == method]
        got = [row.score for row in mine if row.score is not None]
        wall = statistics.mean(row.wall_seconds for row in mine) if mine else 0.0
        cpu = statistics.mean(row.cpu_seconds for row in mine) if mine else 0.0
        words = f"{'failed':>8} {'':>7} {'':>8}"
        if got:
            words = f"{statistics.mean(got):8.4f} {statistics.pstdev(got):7.4f} {min(got):8.4f}"
        said = list(dict.fromkeys(row.error for row in mine if row.error))
        fits = f"{len(got)} of {len(mine)}" + (f": {said[0]}" if said else "")
        fits += f" (and {len(said) - 1} other messages)" if len(said) > 1 else ""
        print(f"  {method:22} {words} {wall:8.3f} {cpu:8.3f}  {fits}")


def mean_score(rows, table, method):
    """The mean over the splits; none if a split failed, since the rest may be the easier ones."""
    mine = [row.score for row in rows if row.table == table and row.method == method]
    return None if not mine or None in mine else statistics.mean(mine)


def print_summary(kind, measure, methods, scores, rows):
    whole = [table for table, of in scores.items() if None not in of.values()]
    print(f"\n{kind}: {len(scores)} tables; means and times of the {len(whole)} on which nothing failed")
    head = ["rank", "failed", "wall s", "CPU s", "of MLP"]
    print(f"  {'method':22} {measure or '':>8}", *(f"{word:>8}" for word in head))
    ranks = {table: ranked(of) for table, of in scores.items()}
    wall, cpu = (
        {m: sum(getattr(r, name) for r in rows if r.method == m and r.table in whole) for m in methods}
        for name in ["wall_seconds", "cpu_seconds"]
    )
    for method in methods:
        mean = statistics.mean(scores[t][method] for t in whole) if measure and whole else None
        cells = [
            "" if mean is None else f"{mean:.4f}",
            f"{statistics.mean(of[method] for of in ranks.values()):.2f}",
            sum(of[method] is None for of in scores.values()),
            f"{wall[method]:.2f}",
            f"{cpu[method]:.2f}",
            f"{cpu[method] / cpu['MLP']:.3f}" if cpu.get("MLP") else "",
        ]
        print(f"  {method:22}", *(f"{cell:>8}" for cell in cells))


def ranked(scores):
    """1 for the best; equals share the mean of their ranks; who failed is last."""
    value = {m: float("-inf") if s is None else s for m, s in scores.items()}
    return {
        m: sum(w > v for w in value.values()) + (sum(w == v for w in value.values()) + 1) / 2
        for m, v in value.items()
    }


def score_text(score):
    return "failed" if score is None else f"{score:.4f}"
