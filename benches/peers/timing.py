"""Medians of many calls, and the checks before them: the same numbers as in check.rs."""

import csv
import itertools
import math
import statistics
import time
from dataclasses import dataclass

import numpy as np

# A cost may differ from the reference by this much of it, the decrease over three steps, which a
# wrong gradient would change more, by this much of itself, and an output by this much.
COST_TOLERANCE = 1e-3
DECREASE_TOLERANCE = 1e-2
OUTPUT_TOLERANCE = 1e-3


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


@dataclass
class Expected:
    """NumPy's numbers in float64 for one shape."""

    cost: float
    after_steps: float
    after_adam: float
    one: np.ndarray

    def check(self, peer):
        """The prediction, the cost, and where three steps lead; distances in words."""
        one = np.asarray(peer.predict(), np.float64).ravel()
        distance = np.abs(one - self.one).max() if one.shape == self.one.shape else math.inf
        if not distance <= OUTPUT_TOLERANCE:
            raise ValueError(f"predicts {one[:4]} ..., the reference has {self.one[:4]} ...")
        before = peer.cost()
        if not abs(before - self.cost) <= COST_TOLERANCE * self.cost:
            raise ValueError(f"costs {before}; the reference has {self.cost}")
        said = f"outputs within {distance:.1e} of the reference"
        if not hasattr(peer, "step"):
            return said
        for _ in range(3):
            peer.step()
        return f"{said}, {self.decrease(before, peer.cost(), self.after_steps)}"

    def check_adam(self, peer):
        """Where three steps of Adam lead, from a new start."""
        before = peer.cost()
        for _ in range(3):
            peer.adam()
        return f"Adam's {self.decrease(before, peer.cost(), self.after_adam)}"

    def decrease(self, before, after, third):
        first = self.cost
        error = max(abs(before - first) / first, abs(after - third) / third)
        decrease = abs((before - after) - (first - third)) / abs(first - third)
        if not (error <= COST_TOLERANCE and decrease <= DECREASE_TOLERANCE):
            raise ValueError(
                f"costs {before} and, after 3 steps, {after};"
                f" the reference has {first} and {third}"
            )
        return f"costs within {error:.1e}, decrease within {decrease:.1e}"


def read_reference(path):
    """What `peers.py reference` wrote, by shape."""
    with open(path) as file:
        return {
            row["shape"]: Expected(
                float(row["cost"]),
                float(row["after_steps"]),
                float(row["after_adam"]),
                np.array([float(a) for a in row["one"].split(",")]),
            )
            for row in csv.DictReader(file, delimiter="\t")
        }
