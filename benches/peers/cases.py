"""The networks and batches of shapes.tsv, with the numbers that case.rs draws too."""

import csv
import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Adam's constants, its usual ones.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


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
    adam_rate: float

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
    with open(Path(__file__).parent / "shapes.tsv") as file:
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
                float(row["adam_rate"]),
            )
