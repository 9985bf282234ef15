"""The populations of population.tsv: where their training starts, and where it leads, by NumPy."""

import csv
import functools
import itertools
import math
from pathlib import Path

import numpy as np

from cases import Stream

RATE = 0.1

# How (members, samples, units) lie in memory: the order of these axes, where the units are then,
# and where the other two than the members are. A weight matrix has its inputs for samples.
LAYOUTS = {
    "rows": ((0, 1, 2), -1, (1, 2)),
    "columns": ((0, 2, 1), -2, (1, 2)),
    "members_last": ((1, 2, 0), -2, (0, 1)),
}


class Case:
    """A network, the samples of a member, how many members there are, and where they start."""

    def __init__(self, row, members):
        self.shape, self.members = row["shape"], members
        *self.hidden, self.output = row["layers"].split(",")
        self.m, self.shared = int(row["samples"]), row["data"] == "shared"

    @functools.cached_property
    def drawn(self):
        """Weights [(members, n_in, n_out)], biases [(members, 1, n_out)], inputs and targets.

        Inputs and targets are (members, m, n), or (1, m, n) where all members share their samples.
        """
        sizes, stream = [int(n) for n in self.shape.split("-")], Stream()

        def draw(*shape):
            return stream.take(math.prod(shape)).reshape(shape)

        weights, biases = [], []
        for n_in, n_out in itertools.pairwise(sizes):
            scale = 1 / math.sqrt(n_in)
            weights.append((draw(self.members, n_in, n_out) * 2 - 1) * scale)
            biases.append((draw(self.members, 1, n_out) * 2 - 1) * scale)
        owners, n_y = 1 if self.shared else self.members, sizes[-1]
        x = draw(owners, self.m, sizes[0]) * 2 - 1
        if self.output == "softmax":
            y = np.eye(n_y)[(draw(owners, self.m) * n_y).astype(int)]
        else:
            y = draw(owners, self.m, n_y)
            y = np.floor(y * 2) if self.output == "sigmoid" else y * 2 - 1
        parts = weights, biases, [x], [y]
        return [[array.astype(np.float32) for array in part] for part in parts]

    def data(self, layout):
        """Copies of the same, the axes in the order of a layout."""
        order = LAYOUTS[layout][0]
        laid = [[a.transpose(order).copy() for a in part] for part in self.drawn]
        return laid[0], laid[1], laid[2][0], laid[3][0]


def in_rows(layout, parameters):
    """Weights and biases in a layout, as NumPy's arrays in rows, float64."""
    order = np.argsort(LAYOUTS[layout][0])
    arrays = (np.asarray(p, np.float64) for part in parameters for p in part)
    return [a.transpose(order) for a in arrays]


def reference(case, member, steps):
    """One member's costs before each step, and where it ends: sample by sample in float64."""
    own = 0 if case.shared else member
    w, b = ([p[member].astype(np.float64) for p in part] for part in case.drawn[:2])
    x, y = (part[0][own].astype(np.float64) for part in case.drawn[2:])
    functions = {
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0),
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "softmax": lambda z: np.exp(z) / np.exp(z).sum(),
        "identity": lambda z: z,
    }
    slopes = {"tanh": lambda a: 1 - a**2, "relu": lambda a: a > 0}
    losses = {
        "sigmoid": lambda a, t: -(t * np.log(a) + (1 - t) * np.log(1 - a)).sum(),
        "softmax": lambda a, t: -(t * np.log(a)).sum(),
        "identity": lambda a, t: np.square(a - t).sum() / 2,
    }
    costs = []
    for _ in range(steps):
        cost, dw, db = 0, [np.zeros_like(p) for p in w], [np.zeros_like(p) for p in b]
        for sample, target in zip(x, y):
            a = [sample]
            for layer, name in enumerate([*case.hidden, case.output]):
                a.append(functions[name](a[layer] @ w[layer] + b[layer][0]))
            cost += losses[case.output](a[-1], target) / case.m
            # The same for all three losses, each with its output activation.
            dz = (a[-1] - target) / case.m
            for layer in reversed(range(len(w))):
                dw[layer] += np.outer(a[layer], dz)
                db[layer][0] += dz
                if layer:
                    dz = w[layer] @ dz * slopes[case.hidden[layer - 1]](a[layer])
        costs.append(cost)
        for parameter, gradient in zip(w + b, dw + db):
            parameter -= RATE * gradient
    return costs, w + b


def rows():
    """The rows of population.tsv."""
    with open(Path(__file__).parent / "population.tsv") as file:
        return list(csv.DictReader(file, delimiter="\t"))
