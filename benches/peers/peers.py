"""Training steps and predictions of NumPy, PyTorch and JAX, timed.

    peers.py reference                    costs of every shape by NumPy in float64
    peers.py numpy|torch|jax [OPTIONS]    checks a framework against those costs, then times it
    peers.py versions                     what the above stand on
    peers.py report [OPTIONS] ROWS...     one table of the library and all peers

Rows go to standard output as tab-separated values; README.md says what is measured.
"""

import argparse
import csv
import itertools
import math
import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
COLUMNS = ["framework", "version", "shape", "kind", "threads", "samples", "median_ns"]
# A cost after three steps may differ from the reference by this much of it, and the decrease
# over the three steps, which a wrong gradient would change more, by this much of itself.
COST_TOLERANCE = 1e-3
DECREASE_TOLERANCE = 1e-2


@dataclass
class Case:
    """A network, a batch and where its training starts: the same numbers in every language."""

    name: str
    sizes: list[int]
    m: int
    hidden: str
    output: str
    dtype: type
    rate: float

    def data(self, dtype=None):
        """Weights (n_l, n_{l-1}), biases, inputs (m, n_x) and targets (m, n_y)."""
        dtype = dtype or self.dtype
        stream = Stream()
        weights, biases = [], []
        for n_in, n_out in itertools.pairwise(self.sizes):
            scale = 1 / math.sqrt(n_in)
            weights.append((stream.take(n_out * n_in) * 2 - 1).reshape(n_out, n_in) * scale)
            biases.append((stream.take(n_out) * 2 - 1) * scale)
        x = (stream.take(self.m * self.sizes[0]) * 2 - 1).reshape(self.m, -1)
        n_y = self.sizes[-1]
        if self.output == "softmax":
            y = np.eye(n_y)[(stream.take(self.m) * n_y).astype(int)]
        else:
            y = stream.take(self.m * n_y).reshape(self.m, n_y)
            y = np.floor(y * 2) if self.output == "sigmoid" else y * 2 - 1
        # Through f32 for every type but f64: the reference starts where the peers start.
        given = [[a.astype(self.dtype).astype(dtype) for a in part] for part in (weights, biases)]
        return *given, x.astype(self.dtype).astype(dtype), y.astype(dtype)


class Stream:
    """Uniform numbers in [0, 1): SplitMix64, seeded with 1, top 53 bits."""

    def __init__(self):
        self.drawn = 0

    def take(self, count):
        i = np.arange(self.drawn + 1, self.drawn + count + 1, dtype=np.uint64)
        self.drawn += count
        z = i * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def cases(names):
    """The shapes of shapes.tsv, or those of the names given."""
    with open(HERE / "shapes.tsv") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if names and row["shape"] not in names:
                continue
            yield Case(
                row["shape"],
                [int(n) for n in row["sizes"].split("-")],
                int(row["m"]),
                row["hidden"],
                row["output"],
                {"f32": np.float32, "f64": np.float64}[row["type"]],
                float(row["learning_rate"]),
            )


class Numpy:
    """By hand, into buffers allocated once."""

    name = "numpy"

    @staticmethod
    def version():
        return np.__version__

    def __init__(self, case, dtype=None):
        self.case = case
        self.w, self.b, x, self.y = case.data(dtype)
        self.m, dtype = case.m, x.dtype
        self.a = [x] + [np.empty((case.m, n), dtype) for n in case.sizes[1:]]
        self.dz = [np.empty((case.m, n), dtype) for n in case.sizes[1:]]
        self.dw = [np.empty_like(w) for w in self.w]
        self.db = [np.empty_like(b) for b in self.b]
        self.column = x[0].copy()
        self.one = [np.empty(n, dtype) for n in case.sizes[1:]]

    def activate(self, layer, z):
        last = layer == len(self.w) - 1
        kind = self.case.output if last else self.case.hidden
        if kind == "tanh":
            np.tanh(z, out=z)
        elif kind == "relu":
            np.maximum(z, 0, out=z)
        elif kind == "sigmoid":
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
        elif kind == "softmax":
            z -= z.max(axis=-1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(axis=-1, keepdims=True)

    def layers(self):
        """Linear parts and activations, all but the last activation."""
        for layer, (w, b) in enumerate(zip(self.w, self.b)):
            z = self.a[layer + 1]
            np.matmul(self.a[layer], w.T, out=z)
            z += b
            if layer < len(self.w) - 1:
                self.activate(layer, z)

    def forward(self):
        self.layers()
        self.activate(len(self.w) - 1, self.a[-1])

    def predict(self):
        a = self.column
        for layer, (w, b) in enumerate(zip(self.w, self.b)):
            z = self.one[layer]
            np.dot(w, a, out=z)
            z += b
            self.activate(layer, z)
            a = z

    def cost(self):
        self.layers()
        return self.cost_of_logits()

    def cost_of_logits(self):
        z, y = self.a[-1], self.y
        if self.case.output == "identity":
            total = np.square(z - y).sum() / 2
        elif self.case.output == "sigmoid":
            total = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).sum()
        else:
            z = z - z.max(axis=1, keepdims=True)
            total = np.log(np.exp(z).sum(axis=1)).sum() - (z * y).sum()
        return float(total) / self.m

    def backward(self):
        """dW and db into their buffers, from the activations; the outputs' dZ is a - y."""
        np.subtract(self.a[-1], self.y, out=self.dz[-1])
        self.dz[-1] *= 1 / self.m
        for layer in reversed(range(len(self.w))):
            dz, a = self.dz[layer], self.a[layer]
            np.matmul(dz.T, a, out=self.dw[layer])
            dz.sum(axis=0, out=self.db[layer])
            if layer:
                below = self.dz[layer - 1]
                np.matmul(dz, self.w[layer], out=below)
                if self.case.hidden == "tanh":
                    # a is no longer needed: 1 - a^2 in its place.
                    np.multiply(a, a, out=a)
                    np.subtract(1, a, out=a)
                    below *= a
                else:
                    below *= a > 0

    def step(self):
        self.forward()
        self.backward()
        rate = self.case.rate
        for parameter, gradient in zip(self.w + self.b, self.dw + self.db):
            gradient *= rate
            parameter -= gradient

    def gradient(self):
        self.layers()
        cost = self.cost_of_logits()
        self.activate(len(self.w) - 1, self.a[-1])
        self.backward()
        return cost


class Torch:
    """Eager; autograd; the update by whichever of three ways is fastest for the shape."""

    name = "torch"

    @staticmethod
    def version():
        import torch

        return torch.__version__

    def __init__(self, case):
        import torch

        threads = int(os.environ.get("PEERS_THREADS", "0"))
        if threads:
            torch.set_num_threads(threads)
        self.torch, self.f, self.case = torch, torch.nn.functional, case
        w, b, x, y = case.data()
        self.w = [torch.from_numpy(p).requires_grad_() for p in w]
        self.b = [torch.from_numpy(p).requires_grad_() for p in b]
        self.parameters = self.w + self.b
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        if case.output == "softmax":
            self.y = self.y.argmax(dim=1)
        self.column = self.x[:1].clone()
        self.hidden = {"tanh": torch.tanh, "relu": torch.relu}[case.hidden]
        self.output = {
            "sigmoid": torch.sigmoid,
            "softmax": lambda z: torch.softmax(z, dim=1),
            "identity": lambda z: z,
        }[case.output]
        self.optimizers = {
            "sgd_fused": torch.optim.SGD(self.parameters, lr=case.rate, fused=True),
            "sgd_foreach": torch.optim.SGD(self.parameters, lr=case.rate, foreach=True),
        }
        self.way = "by_hand"

    def choose(self, budget):
        """Times the ways to update and keeps the fastest."""
        medians = {}
        for way in ["by_hand", *self.optimizers]:
            self.way = way
            medians[way] = measure(self.step, budget / 5)[0]
        self.way = min(medians, key=medians.get)

    def logits(self, x):
        for w, b in zip(self.w[:-1], self.b[:-1]):
            x = self.hidden(self.f.linear(x, w, b))
        return self.f.linear(x, self.w[-1], self.b[-1])

    def loss(self):
        z = self.logits(self.x)
        if self.case.output == "softmax":
            return self.f.cross_entropy(z, self.y)
        if self.case.output == "sigmoid":
            if z.shape[1] == 1:
                return self.f.binary_cross_entropy_with_logits(z, self.y)
            total = self.f.binary_cross_entropy_with_logits(z, self.y, reduction="sum")
            return total / self.case.m
        return self.f.mse_loss(z, self.y, reduction="sum") * (0.5 / self.case.m)

    def step(self):
        if self.way == "by_hand":
            gradients = self.torch.autograd.grad(self.loss(), self.parameters)
            with self.torch.no_grad():
                self.torch._foreach_add_(self.parameters, gradients, alpha=-self.case.rate)
        else:
            optimizer = self.optimizers[self.way]
            optimizer.zero_grad(set_to_none=True)
            self.loss().backward()
            optimizer.step()

    def forward(self):
        with self.torch.inference_mode():
            return self.output(self.logits(self.x))

    def predict(self):
        with self.torch.inference_mode():
            return self.output(self.logits(self.column))

    def cost(self):
        with self.torch.no_grad():
            return self.loss().item()

    def gradient(self):
        loss = self.loss()
        self.torch.autograd.grad(loss, self.parameters)
        return loss.item()


class Jax:
    """One jit-compiled call a step, parameters donated; and many steps inside one call."""

    name = "jax"

    @staticmethod
    def version():
        import jax

        return jax.__version__

    def __init__(self, case):
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        # Every call is waited for: without the hand-over to another thread it returns sooner.
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.case = case
        w, b, x, y = case.data()
        self.parameters = [(jnp.asarray(w.T.copy()), jnp.asarray(b)) for w, b in zip(w, b)]
        self.x, self.y, self.column = jnp.asarray(x), jnp.asarray(y), jnp.asarray(x[:1])
        hidden = {"tanh": jnp.tanh, "relu": jax.nn.relu}[case.hidden]
        output = {
            "sigmoid": jax.nn.sigmoid,
            "softmax": jax.nn.softmax,
            "identity": lambda z: z,
        }[case.output]

        def logits(parameters, x):
            for w, b in parameters[:-1]:
                x = hidden(x @ w + b)
            w, b = parameters[-1]
            return x @ w + b

        def loss(parameters, x, y):
            z = logits(parameters, x)
            if case.output == "softmax":
                total = -(jax.nn.log_softmax(z) * y).sum()
            elif case.output == "sigmoid":
                total = (jax.nn.softplus(z) - z * y).sum()
            else:
                total = jnp.square(z - y).sum() / 2
            return total / case.m

        def step(parameters, x, y):
            gradients = jax.grad(loss)(parameters, x, y)
            return jax.tree.map(lambda p, g: p - case.rate * g, parameters, gradients)

        def loop(parameters, x, y, steps):
            return jax.lax.fori_loop(0, steps, lambda _, p: step(p, x, y), parameters)

        self.jit_step = jax.jit(step, donate_argnums=0)
        self.jit_loop = jax.jit(loop, donate_argnums=0)
        self.jit_loss = jax.jit(loss)
        self.jit_gradient = jax.jit(jax.value_and_grad(loss))
        self.jit_predict = jax.jit(lambda parameters, x: output(logits(parameters, x)))
        self.wait = jax.block_until_ready

    def step(self):
        self.parameters = self.jit_step(self.parameters, self.x, self.y)
        self.wait(self.parameters)

    def loop(self, steps):
        self.parameters = self.jit_loop(self.parameters, self.x, self.y, steps)
        self.wait(self.parameters)

    def forward(self):
        self.wait(self.jit_predict(self.parameters, self.x))

    def predict(self):
        self.wait(self.jit_predict(self.parameters, self.column))

    def cost(self):
        return float(self.jit_loss(self.parameters, self.x, self.y))

    def gradient(self):
        cost, gradients = self.wait(self.jit_gradient(self.parameters, self.x, self.y))
        return float(cost)


FRAMEWORKS = {f.name: f for f in (Numpy, Torch, Jax)}


def measure(call, budget):
    """Median nanoseconds of a call within about `budget` seconds, and the samples behind it.

    Samples of several calls each where one call is too short for the clock.
    """
    clock = time.perf_counter_ns
    budget *= 1e9
    calls, warm, start = 0, budget / 5, clock()
    while calls < 3 or (clock() - start < warm and calls < 1000):
        call()
        calls += 1
    once = (clock() - start) / calls
    inner = max(1, math.ceil(20_000 / once))
    samples, start = [], clock()
    while len(samples) < 3 or (clock() - start < budget and len(samples) < 100_000):
        before = clock()
        for _ in itertools.repeat(None, inner):
            call()
        samples.append((clock() - before) / inner)
    return statistics.median(samples), len(samples)


def check(peer, costs):
    """Three steps from the common start must lead where the reference went."""
    first, third = costs[peer.case.name]
    before = peer.cost()
    for _ in range(3):
        peer.step()
    after = peer.cost()
    errors = [abs(before - first) / first, abs(after - third) / third]
    decrease = abs((before - after) - (first - third)) / abs(first - third)
    if not (max(errors) <= COST_TOLERANCE and decrease <= DECREASE_TOLERANCE):
        sys.exit(
            f"{peer.name} {peer.case.name}: costs {before} and, after 3 steps, {after};"
            f" the reference has {first} and {third}"
        )
    print(
        f"# {peer.name} {peer.case.name}: cost after 3 steps within {errors[1]:.1e} of the"
        f" reference, decrease within {decrease:.1e}",
        flush=True,
    )


def time_framework(arguments):
    with open(arguments.reference) as file:
        costs = {
            row["shape"]: (float(row["cost_0"]), float(row["cost_3"]))
            for row in csv.DictReader(file, delimiter="\t")
        }
    kind = FRAMEWORKS[arguments.command]
    version, threads = kind.version(), len(os.sched_getaffinity(0))
    print(*COLUMNS, sep="\t", flush=True)
    for case in cases(arguments.shapes):
        peer = kind(case)

        def row(kind, median, samples, framework=kind.name):
            fields = framework, version, case.name, kind, threads, samples, f"{median:.1f}"
            print(*fields, sep="\t", flush=True)

        check(peer, costs)
        if isinstance(peer, Torch):
            peer.choose(arguments.budget)
            print(f"# torch {case.name}: update {peer.way}", flush=True)
        for name in ["step", "forward", "predict"] + ["gradient"] * (case.dtype == np.float64):
            median, samples = measure(getattr(peer, name), arguments.budget)
            row(name, median, samples)
            if name == "step" and isinstance(peer, Jax):
                # A thousand steps a call, or fewer where a thousand exceed the budget.
                steps = max(2, min(1000, int(arguments.budget * 1e9 / median)))
                median, samples = measure(lambda: peer.loop(steps), arguments.budget)
                print(f"# jax_loop {case.name}: {steps} steps a call", flush=True)
                row(name, median / steps, samples, "jax_loop")


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
    print(f"# jax {Jax.version()}: jaxlib {jaxlib.__version__}")


def reference(arguments):
    print("shape", "cost_0", "cost_3", sep="\t")
    for case in cases(arguments.shapes):
        exact = Numpy(case, np.float64)
        first = exact.cost()
        for _ in range(3):
            exact.step()
        print(case.name, repr(first), repr(exact.cost()), sep="\t")


def rows(path):
    with open(path) as file:
        lines = (line for line in file if line.strip() and not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t"))


def library_rows(paths, one_thread, names):
    """The library's own measurements by (shape, kind): its default backend's, where it says."""
    found = {}
    for row in itertools.chain.from_iterable(map(rows, paths)):
        if names and row["shape"] not in names:
            continue
        threads = int(row["threads"])
        if one_thread and threads != 1:
            continue
        # Most threads (1 where only 1 is wanted), then the default backend, then the fastest.
        backend = {"auto": 0, "fused": 1}.get(row["backend"], 2)
        order = -threads, backend, float(row["median_ns"])
        key = row["shape"], row["kind"]
        if key not in found or order < found[key][0]:
            found[key] = order, row
    return {key: row for key, (_, row) in found.items()}


def nanoseconds(value):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} ns"


def record(arguments):
    """Every row in one file, the library's of all its backends among them."""
    with open(arguments.record, "w") as file:
        if arguments.heading:
            file.write(arguments.heading.read_text())
        print(*COLUMNS, sep="\t", file=file)
        for path in arguments.library:
            for row in rows(path):
                row = {"framework": "shallownet", "version": row["backend"], **row, "samples": ""}
                print(*(row[name] for name in COLUMNS), sep="\t", file=file)
        for path in arguments.rows:
            for row in rows(path):
                print(*(row[name] for name in COLUMNS), sep="\t", file=file)


def report(arguments):
    if arguments.record:
        record(arguments)
    measured, frameworks, versions = {}, [], {}
    for path in arguments.rows:
        for row in rows(path):
            versions[row["framework"]] = row["version"]
            if row["framework"] not in frameworks:
                frameworks.append(row["framework"])
            key = row["shape"], row["kind"]
            # Of several rounds, the lowest median, whoever's.
            times = measured.setdefault(key, {})
            median = float(row["median_ns"])
            times[row["framework"]] = min(median, times.get(row["framework"], median))
    own = "shallownet_here"
    peers = [framework for framework in frameworks if framework != own]
    library = library_rows(arguments.library, arguments.one_thread, arguments.shapes)
    heads = ["shape", "kind", "shallownet", *peers, "fastest peer", "ratio", ""]
    table, stand_ins, apart, lost = [], 0, [], 0
    for key, times in measured.items():
        here = times.pop(own, None)
        ours = float(library[key]["median_ns"]) if key in library else here
        if ours is None or not times:
            continue
        mark = "" if key in library else "*"
        stand_ins += bool(mark)
        if here and key in library and not 0.8 < ours / here < 1.25:
            apart.append(f"{' '.join(key)}: {nanoseconds(ours)}, here {nanoseconds(here)}")
        fastest = min(times, key=times.get)
        ratio = times[fastest] / ours
        lost += ratio < 1
        cells = [nanoseconds(times[peer]) if peer in times else "-" for peer in peers]
        wins = "PEER WINS" if ratio < 1 else ""
        table.append([*key, nanoseconds(ours) + mark, *cells, fastest, f"{ratio:.2f}", wins])
    print("# " + ", ".join(f"{name} {version}" for name, version in versions.items()), end="\n\n")
    widths = [max(map(len, column)) for column in zip(heads, *table)]
    for line in [heads, *table]:
        cells = [cell.ljust(width) for cell, width in zip(line, widths)]
        print("  ".join(cells).rstrip())
    print(f"\nratio: the fastest peer's time / shallownet's. A peer wins {lost} of {len(table)}.")
    if stand_ins:
        print("*: by the loop that times the peers; the library's own command did not say.")
    for line in apart:
        print(f"The library's own command and the peers' loop disagree: {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    names = dict(type=lambda text: text.split(",") if text else [], default=[], metavar="S1,S2")
    commands.add_parser("reference").add_argument("--shapes", **names)
    for name in FRAMEWORKS:
        command = commands.add_parser(name)
        command.add_argument("--shapes", **names)
        command.add_argument("--budget", type=float, default=0.5, metavar="SECONDS")
        command.add_argument("--reference", required=True, metavar="FILE")
    commands.add_parser("versions")
    command = commands.add_parser("report")
    command.add_argument("--record", type=Path, metavar="FILE")
    command.add_argument("--heading", type=Path, metavar="FILE")
    command.add_argument("--shapes", **names)
    command.add_argument("--one-thread", action="store_true")
    command.add_argument("--library", type=Path, action="append", default=[], metavar="FILE")
    command.add_argument("rows", nargs="+", type=Path)
    arguments = parser.parse_args()
    others = {"reference": reference, "report": report, "versions": versions}
    run = others.get(arguments.command, time_framework)
    run(arguments)


if __name__ == "__main__":
    main()
