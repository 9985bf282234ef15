#!/usr/bin/env python3
"""Mutation tests with one build: all mutants are compiled into it, and a variable says which runs.

    tools/mutants/run.py [--shard K/N] [--most SECONDS] PATH...

PATH is a source file or a folder of them. The mutants are those that `cargo mutants --list` names
(`cargo install --locked cargo-mutants`). Those that do not compile are left out, the tests are built
once, and each mutant meets those tests that reach it, the fastest first, until one fails. Results go
to target/mutants/results.jsonl, and the next run goes on from there: a missed mutant meets the tests
that it has not met. --most leaves out tests of more than so many seconds; --shard takes each N-th
mutant, from the K-th (from 0).

Two things differ from `cargo mutants`: the examples of the documentation are compiled as a test file
(those of src/*.rs and of the mutated files), and a test may take twelve times its own processor time, and not a time
of the clock.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "mutants"
TREE = WORK / "tree"
# Of the files in tests/ those that ask for the engines' values, bits, errors and levels.
TESTS = """errors oracle levels threads output_gradient sample_weights optimizers embedding processors
    divergence serial""".split()
ENVIRONMENT = dict(
    os.environ,
    CARGO_INCREMENTAL="0",
    CARGO_TARGET_DIR=str(WORK / "target"),
    CARGO_PROFILE_TEST_OPT_LEVEL="1",
    CARGO_PROFILE_TEST_DEBUG="0",
    CARGO_PROFILE_DEV_DEBUG="0",
    PROPTEST_DISABLE_FAILURE_PERSISTENCE="1",
    PROPTEST_MAX_SHRINK_ITERS="0",
    PROPTEST_RNG_SEED="1",
    RUST_BACKTRACE="0",
)


def sh(*command, cwd=ROOT, env=ENVIRONMENT):
    return subprocess.run(command, cwd=cwd, env=env, check=True, capture_output=True, text=True).stdout


def listed(paths):
    globs = [p.rstrip("/") + "/**" if (ROOT / p).is_dir() else p for p in paths]
    command = ["cargo", "mutants", "--no-config", "--list", "--json"]
    return json.loads(sh(*command, *(a for glob in globs for a in ("-f", glob))))


def examples(files):
    """The documentation's examples, as they are, as tests."""
    tests = []
    for file in files:
        block = None
        for line in (ROOT / file).read_text().splitlines():
            comment = re.match(r"\s*//[/!] ?(.*)$", line)
            text = comment and comment.group(1)
            if not comment or (text.startswith("```") and block is not None):
                if comment and block:
                    body = "\n".join(block)
                    if "Ok::<" in body:
                        body = "(|| {\n" + body + "\n})().unwrap();"
                    tests.append(f"#[test]\nfn example_{len(tests)}() {{\n{body}\n}}\n")
                block = None
            elif text.startswith("```"):
                block = [] if text == "```" else None
            elif block is not None:
                block.append(re.sub("^# ?", "", text))
    return "#![allow(unused)]\n" + "\n".join(tests)


def rewrite(mutants, skip):
    """A fresh copy of the tree, rewritten. The mutants that are in it."""
    TREE.mkdir(parents=True, exist_ok=True)
    for name in sh("git", "ls-files").splitlines():
        source, copy = ROOT / name, TREE / name
        if source.is_file() and name.split("/")[0] in ("src", "tests", "examples", "benches", "tools") or "/" not in name:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    files = [*(ROOT / "src").glob("*.rs"), *(ROOT / "src" / "network").glob("*.rs")]
    documented = {str(p.relative_to(ROOT)) for p in files} - {"src/lib.rs"}
    documented = sorted(documented | {m["file"] for m in mutants})
    (TREE / "tests" / "doc_examples.rs").write_text(examples(documented))
    shutil.copy2(ROOT / "tools/mutants/src/mutant.rs", TREE / "src/mutant.rs")
    root = TREE / "src/lib.rs"
    root.write_text(root.read_text().replace("mod loss;\n", "mod loss;\n#[doc(hidden)]\npub mod mutant;\n", 1))
    (WORK / "list.json").write_text(json.dumps(mutants))
    (WORK / "skip.txt").write_text("".join(f"{i}\n" for i in sorted(skip)))
    tool = ("cargo", "run", "-q", "--manifest-path", str(ROOT / "tools/mutants/Cargo.toml"), "--")
    env = dict(os.environ)
    out = sh(*tool, str(WORK / "list.json"), str(TREE), str(WORK / "skip.txt"), env=env)
    return {int(line) for line in out.splitlines()}


def refused():
    """The mutants that the compiler names in its errors; None if there are no errors."""
    command = ("cargo", "check", "--lib", "--message-format=json")
    done = subprocess.run(command, cwd=TREE, env=ENVIRONMENT, capture_output=True, text=True)
    bad, errors = set(), []
    for line in done.stdout.splitlines():
        message = json.loads(line).get("message")
        if not isinstance(message, dict) or message["level"] != "error":
            continue
        errors.append(message["rendered"])
        for span in sorted(message["spans"], key=lambda span: not span["is_primary"]):
            lines = (TREE / span["file_name"]).read_text().splitlines()
            # The choice that the error is in begins at its line or a few above.
            above = lines[max(0, span["line_start"] - 8) : span["line_start"]]
            hits = re.findall(r"mutant::on\((\d+)u32\)", "\n".join(above))
            if hits:
                bad.add(int(hits[-1]))
                break
        else:
            # An arm whose deletion leaves a match without an answer for some values.
            if "non-exhaustive" in message["message"] and message["spans"]:
                span = message["spans"][0]
                lines = (TREE / span["file_name"]).read_text().splitlines()
                below = "\n".join(lines[span["line_start"] - 1 : span["line_start"] + 60])
                bad.update(int(i) for i in re.findall(r"!crate::mutant::on\((\d+)u32\)", below)[:2])
    if done.returncode == 0:
        return None
    if not bad:
        raise SystemExit("\n".join(errors) or done.stderr)
    return bad


def run(test, mutant, seconds, record=None):
    """(exit status or what it was stopped for, processor seconds)."""
    env = dict(ENVIRONMENT, MUTANT=str(mutant))
    if record:
        env["MUTANT_RECORD"] = str(record)
    arguments = [] if test["name"] == "main" else ["--exact", test["name"], "--test-threads=1", "-q"]

    def limits():
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [test["exe"], *arguments], cwd=TREE, env=env, preexec_fn=limits,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    try:
        # A deadlock takes no processor time.
        status = process.wait(timeout=1200)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        status = "deadlock"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return "timeout" if status in (-signal.SIGXCPU, -signal.SIGKILL) else status, used


def baseline(messages, leave_out):
    """Every test: what it takes, and which mutants it reaches."""
    tests, record = [], WORK / "reached.txt"
    for line in messages.splitlines():
        message = json.loads(line)
        if message["reason"] != "compiler-artifact" or not message.get("executable"):
            continue
        target, exe = message["target"]["name"], message["executable"]
        names = ["main"]
        if target != "allocation":
            names = [line[:-6] for line in sh(exe, "--list").splitlines() if line.endswith(": test")]
        for name in names:
            if name.startswith(leave_out):
                continue
            test = {"target": target, "name": name, "exe": exe}
            status, test["seconds"] = run(test, 0, 600)
            if status != 0:
                print(f"left out, since it fails without a mutant: {target}::{name}")
                continue
            record.unlink(missing_ok=True)
            run(test, "record", 600, record)
            reached = record.read_text() if record.exists() else ""
            test["reached"] = {int(line) for line in reached.split()}
            tests.append(test)
    return sorted(tests, key=lambda test: test["seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", metavar="PATH")
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--most", type=float, default=float("inf"))
    options = parser.parse_args()
    shard, shards = map(int, options.shard.split("/"))
    WORK.mkdir(parents=True, exist_ok=True)

    mutants = listed(options.paths)
    skip, placed = set(), rewrite(mutants, set())
    unplaced = set(range(1, len(mutants) + 1)) - placed
    while bad := refused():
        skip |= bad
        placed = rewrite(mutants, skip)
    print(f"{len(mutants)} mutants: {len(skip)} do not compile, {len(unplaced)} have no place", flush=True)
    flags = [flag for test in [*TESTS, "doc_examples"] for flag in ("--test", test)]
    messages = sh("cargo", "test", "--no-run", "--message-format=json", "--lib", *flags, cwd=TREE)
    # These say much of the kernels, slowly, and nothing of the rest.
    kernels = any(m["file"].startswith("src/kernels/") for m in mutants)
    tests = baseline(messages, () if kernels else ("kernels::",))
    tests = [test for test in tests if test["seconds"] <= options.most]

    path = WORK / "results.jsonl"
    results = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        result = json.loads(line)
        results[result["name"]] = result
    with path.open("a") as file:
        for i in sorted(placed)[shard::shards]:
            name = mutants[i - 1]["name"]
            result = results.get(name, {"name": name, "outcome": "missed", "met": []})
            if result["outcome"] != "missed":
                continue
            for test in tests:
                label = f"{test['target']}::{test['name']}"
                if i not in test["reached"] or label in result["met"]:
                    continue
                status, _ = run(test, i, 12 * test["seconds"] + 2)
                result["met"].append(label)
                if status != 0:
                    result["outcome"] = status if isinstance(status, str) else "caught"
                    break
            results[name] = result
            file.write(json.dumps(result) + "\n")
            file.flush()
            print(f"{result['outcome']:8} {name}", flush=True)

    counts = collections.Counter()
    for mutant in mutants:
        if mutant["name"] in results:
            counts[mutant["file"], results[mutant["name"]]["outcome"]] += 1
    for file in sorted({file for file, _ in counts}):
        row = {what: n for (f, what), n in counts.items() if f == file}
        print(f"{file}: {row}")


if __name__ == "__main__":
    main()
