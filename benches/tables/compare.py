"""shallownet beside scikit-learn on tables; run.sh starts this, README.md says what it measures."""

import argparse
import datetime
import platform
import re
import sys
import tempfile
from pathlib import Path

import methods
import sklearn
from methods import OURS, PEERS
from report import COLUMNS, Row, print_report, read_rows, score_text
from tables import all_tables

HERE = Path(__file__).parent


def main():
    options = parse()
    recorded = []
    if options.no_peers:
        source = options.peers or newest_record()
        recorded = [row for row in read_rows(source) if row.method != OURS]
        say(f"peers' scores and times: {source}")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        (scratch / "tables").mkdir()
        tables = all_tables(HERE / "data", scratch / "tables", options.more, options.only)
        rows = measure(tables, options, scratch)
    # Of the recorded rows only those of tables and splits that were measured now, too.
    measured = {(row.table, row.split) for row in rows}
    rows += [row for row in recorded if (row.table, row.split) in measured]
    print_report(rows)
    if options.record:
        write_record(options.record, rows)


def measure(tables, options, scratch):
    rows = []
    for table in tables:
        kind = "regression" if table.regression else "classes"
        for split in range(options.splits):
            train, test = table.split(split, scratch)
            for method in [OURS] + ([] if options.no_peers else PEERS):
                if method == OURS:
                    m = methods.ours(options.program, table, train, test, scratch)
                else:
                    m = methods.peer(method, table, train, test, split)
                row = Row(table.name, kind, split, method, m.score, m.wall, m.cpu, m.training, m.error)
                rows.append(row)
                say(f"{table.name} {split} {method}: {score_text(m.score)}, {m.wall:.2f} s {m.error}")
    return rows


def parse():
    parser = argparse.ArgumentParser(prog="benches/tables/run.sh")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--only", type=lambda text: set(text.split(",")), default=set())
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--more", type=Path)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    if options.splits < 1:
        parser.error("--splits must be at least 1")
    whole = not (options.only or options.no_peers or options.more or options.splits != 5)
    if whole and not options.record:
        # Part of a measurement would replace a whole one: it is recorded only if asked for.
        today = datetime.date.today().isoformat()
        options.record = HERE / "results" / f"{today}-{processor_slug()}.tsv"
    return options


def newest_record():
    records = sorted((HERE / "results").glob("*.tsv"))
    if not records:
        raise SystemExit("no record of peers in results/: run once without --no-peers, or --peers FILE")
    return records[-1]


def write_record(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        print(f"# {processor()}; Python {platform.python_version()};", end=" ", file=file)
        print(f"scikit-learn {sklearn.__version__}; one thread", file=file)
        print(*COLUMNS, sep="\t", file=file)
        for row in rows:
            print(*row.cells(), sep="\t", file=file)
    say(f"raw rows: {path}")


def processor():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def processor_slug():
    return re.sub(r"[^a-z0-9]+", "-", processor().lower()).strip("-")


def say(text):
    print(text.rstrip(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
