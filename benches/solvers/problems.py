"""The problems: written to a folder for all sides, and read from it.

    python problems.py FOLDER [--starts N]

Each file has the network, the samples, the cost to be reached, and the starts: Nguyen and Widrow's weights
for the first layer's activations of tanh, Glorot's else. Costs are the library's: (1/m) sum of half the
squared errors of a sample, or of its cross-entropy.
"""

import argparse
import csv
import pathlib
from dataclasses import dataclass, field

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


@dataclass
class Problem:
    name: str
    # Of real measurements, or made up here in the shape of some.
    origin: str
    layers: list  # (units, activation)
    loss: str
    target: float
    x: np.ndarray  # (m, n_x)
    y: np.ndarray  # (m, n_y)
    iterations: int = 1000
    starts: list = field(default_factory=list)  # flat, W row-major, then b, layer by layer

    @property
    def sizes(self):
        return [self.x.shape[1], *(units for units, _ in self.layers)]

    def unflatten(self, flat):
        parameters, at = [], 0
        for a, b in zip(self.sizes, self.sizes[1:]):
            w = flat[at : at + a * b].reshape(b, a)
            parameters.append((w, flat[at + a * b : at + a * b + b]))
            at += a * b + b
        return parameters

    def outputs(self, flat):
        """The logits, and the activations of every layer before."""
        a, kept = self.x, []
        for l, (w, b) in enumerate(self.unflatten(flat)):
            kept.append(a)
            z = a @ w.T + b
            g = self.layers[l][1]
            if l + 1 < len(self.layers):
                a = np.tanh(z)
            elif g == "tanh":
                a = np.tanh(z)
            elif g == "sigmoid":
                a = 1 / (1 + np.exp(-z))
            else:
                a = z
        return z, a, kept

    def cost(self, flat):
        z, a, _ = self.outputs(flat)
        return self.cost_of(z, a)

    def cost_of(self, z, a):
        if self.loss == "squared_error":
            return np.sum((a - self.y) ** 2) / 2 / len(self.x)
        if self.loss == "binary_cross_entropy":
            return np.sum(np.logaddexp(0, z) - z * self.y) / len(self.x)
        shifted = z - z.max(axis=1, keepdims=True)
        log = np.log(np.exp(shifted).sum(axis=1)) - (shifted * self.y).sum(axis=1)
        return log.sum() / len(self.x)


def nguyen_widrow(problem, rng):
    """Glorot's weights; in hidden layers that see all of [-1, 1], Nguyen and Widrow's."""
    flat = []
    sizes = problem.sizes
    for l, (a, b) in enumerate(zip(sizes, sizes[1:])):
        if l + 2 < len(sizes):
            w = rng.uniform(-1, 1, (b, a))
            scale = 0.7 * b ** (1 / a)
            w *= scale / np.linalg.norm(w, axis=1, keepdims=True)
            bias = rng.uniform(-scale, scale, b)
        else:
            limit = np.sqrt(6 / (a + b))
            w, bias = rng.uniform(-limit, limit, (b, a)), np.zeros(b)
        flat += [w.ravel(), bias]
    return np.concatenate(flat)


def scaled(x):
    """Each column to [-1, 1]."""
    low, high = x.min(axis=0), x.max(axis=0)
    return 2 * (x - low) / np.where(high > low, high - low, 1) - 1


def one_hot(labels):
    classes = np.unique(labels)
    return (labels[:, None] == classes).astype(float)


def sin():
    x = np.arange(41)[:, None] / 20 - 1
    layers = [(5, "tanh"), (1, "identity")]
    return Problem("sin", "41 points", layers, "squared_error", 0.001, x, np.sin(np.pi * x), 5000)


def parity():
    x = np.array([[1.0 if i >> k & 1 else -1.0 for k in range(3)] for i in range(8)])
    layers = [(10, "tanh"), (10, "tanh"), (1, "tanh")]
    y = np.prod(x, axis=1, keepdims=True)
    return Problem("parity", "all 8 cases", layers, "squared_error", 0.0005, x, y, 5000)


def engine():
    """Torque and emissions of an engine by fuel and speed, made up: two smooth surfaces and noise."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (1199, 2))
    fuel, speed = x.T
    torque = np.tanh(2.5 * fuel - 0.6 * speed) * (1 - 0.35 * (speed - 0.2) ** 2)
    emission = np.exp(-3 * (fuel - 0.35) ** 2) * (0.6 - 0.7 * speed) + 0.3 * fuel * speed
    y = scaled(np.stack([torque, emission], 1) + 0.03 * rng.standard_normal((1199, 2)))
    layers = [(30, "tanh"), (2, "identity")]
    return Problem("engine", "synthetic", layers, "squared_error", 0.005, x, y)


def cholesterol():
    """Three fractions from 21 wavelengths, made up: few factors behind many columns, and noise."""
    rng = np.random.default_rng(2)
    factors = rng.standard_normal((264, 5))
    x = factors @ rng.standard_normal((5, 21)) + 0.1 * rng.standard_normal((264, 21))
    y = np.tanh(factors @ rng.standard_normal((5, 3)) / 2) + 0.1 * rng.standard_normal((264, 3))
    layers = [(15, "tanh"), (3, "identity")]
    return Problem("cholesterol", "synthetic", layers, "squared_error", 0.0405, scaled(x), scaled(y))


def mlbench(name, folder):
    """A table of R's mlbench, which run.sh has written, or None."""
    path = folder / f"{name}.csv"
    if not path.exists():
        return None
    rows = [row for row in csv.reader(path.open())][1:]
    rows = [row for row in rows if "NA" not in row]
    labels = np.array([row[-1] for row in rows])
    return scaled(np.array([[float(v) for v in row[:-1]] for row in rows])), one_hot(labels)


def of_mlbench(folder):
    problems = []
    for name, table, hidden, mse in [
        ("cancer", "BreastCancer", (5, 5), 0.012),
        ("diabetes", "PimaIndiansDiabetes", (15, 15), 0.05),
    ]:
        data = mlbench(table, folder)
        if data is None:
            print(f"# {name} is left out: R's mlbench is not there")
            continue
        layers = [(units, "tanh") for units in hidden] + [(2, "sigmoid")]
        problems.append(Problem(name, "mlbench", layers, "squared_error", mse, *data))
    return problems


def planar():
    rows = list(csv.reader((HERE / "../../tests/data/planar.csv").open()))[1:]
    table = np.array(rows, float)
    layers = [(6, "tanh"), (1, "sigmoid")]
    x = table[:, :2] / np.abs(table[:, :2]).max()
    return Problem("planar", "the lecture's", layers, "binary_cross_entropy", 0.25, x, table[:, 2:])


def of_sklearn():
    from sklearn import datasets

    problems = []
    for name, load, hidden, target in [
        ("iris", datasets.load_iris, 8, 0.03),
        ("wine", datasets.load_wine, 8, 0.01),
        ("breast_cancer", datasets.load_breast_cancer, 10, 0.02),
        ("digits", datasets.load_digits, 32, 0.01),
        ("progression", datasets.load_diabetes, 10, 0.15),
    ]:
        x, y = load(return_X_y=True)
        x = scaled(x)
        if name == "progression":
            y = ((y - y.mean()) / y.std())[:, None]
            end, loss = (1, "identity"), "squared_error"
        elif name == "breast_cancer":
            y, end, loss = y[:, None].astype(float), (1, "sigmoid"), "binary_cross_entropy"
        else:
            y = one_hot(y)
            end, loss = (y.shape[1], "softmax"), "categorical_cross_entropy"
        layers = [(hidden, "tanh"), end]
        problems.append(Problem(name, "scikit-learn", layers, loss, target, x, y))
    return problems


def all_problems(folder, starts):
    problems = [sin(), parity(), engine(), cholesterol(), *of_mlbench(folder), planar()]
    problems += of_sklearn()
    for problem in problems:
        rng = np.random.default_rng(7)
        problem.starts = [nguyen_widrow(problem, rng) for _ in range(starts)]
    return problems


def write(problem, folder):
    def line(key, values):
        return "\t".join([key, *(repr(float(v)) for v in values)])

    lines = [f"inputs\t{problem.x.shape[1]}"]
    lines += [f"layer\t{units}\t{g}" for units, g in problem.layers]
    lines += [f"loss\t{problem.loss}", f"target\t{problem.target!r}"]
    lines += [f"iterations\t{problem.iterations}"]
    lines += [line("x", row) for row in problem.x] + [line("y", row) for row in problem.y]
    lines += [line("start", start) for start in problem.starts]
    (folder / f"{problem.name}.problem").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--starts", type=int, default=30)
    options = parser.parse_args()
    for problem in all_problems(options.folder, options.starts):
        write(problem, options.folder)
