"""Judges an implementation of dense networks with golden vectors of shallownet::testing::golden.

    python tools/judge_golden.py tests/data/golden/v1-f32

Needs numpy and safetensors. Replace `answers` by calls of your own implementation: it gets a case in
the arrays' own type and returns what it can of the predictions "a", the "cost" (the mean over the
samples), its gradients "dw.0", "db.0", ..., and the parameters after a step, "new_w.0", "new_b.0", ...
What is here is NumPy by hand, for the activations and losses that it knows.
"""

import json
import sys

import numpy as np
from safetensors.numpy import load_file

# g, and g' from z and a.
ACTIVATIONS = {
    "identity": (lambda z: z, lambda z, a: np.ones_like(z)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a * a),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: np.where(z >= 0, z.dtype.type(1), 0)),
    "sin": (np.sin, lambda z, a: np.cos(z)),
    "exp": (np.exp, lambda z, a: a),
}
# L of all samples from z, a and y, and dZ of each.
LOSSES = {
    "squared_error": lambda z, a, y: (((a - y) ** 2).sum() / 2, a - y),
    "binary_cross_entropy": lambda z, a, y: (
        (np.maximum(z, 0) - z * y + np.log1p(np.exp(-abs(z)))).sum(), a - y),
    "poisson": lambda z, a, y: ((a - y * z).sum(), a - y),
}


def answers(case, tensor):
    """What this implementation says of a case; None where it lacks an activation or the loss."""
    names, loss = case["activations"], case["loss"]
    if any(name not in ACTIVATIONS for name in map(str, names)) or str(loss) not in LOSSES:
        return None
    a, z = [tensor("x")], []
    for layer, name in enumerate(names):
        z.append(a[-1] @ tensor(f"w.{layer}").T + tensor(f"b.{layer}"))
        a.append(ACTIVATIONS[name][0](z[-1]))
    total, dz = LOSSES[loss](z[-1], a[-1], tensor("y"))
    samples, rate = len(a[0]), a[0].dtype.type(case["learning_rate"])
    said = {"a": a[-1], "cost": np.array([total / samples])}
    if loss == "squared_error":
        dz = dz * ACTIVATIONS[names[-1]][1](z[-1], a[-1])
    for layer in reversed(range(len(names))):
        said[f"dw.{layer}"] = dz.T @ a[layer] / samples
        said[f"db.{layer}"] = dz.sum(0) / samples
        for kind in "wb":
            said[f"new_{kind}.{layer}"] = tensor(f"{kind}.{layer}") - rate * said[f"d{kind}.{layer}"]
        if layer:
            slope = ACTIVATIONS[names[layer - 1]][1](z[layer - 1], a[layer])
            dz = (dz @ tensor(f"w.{layer}")) * slope
    return said


def main(stem):
    with open(stem + ".json") as file:
        about = json.load(file)
    if about["version"] != 1:
        sys.exit(f"version {about['version']}: this judge knows version 1")
    tensors = load_file(stem + ".safetensors")
    judged = values = wrong = 0
    for index, case in enumerate(about["cases"]):
        with np.errstate(all="ignore"):
            said = answers(case, lambda name: tensors[f"{index}.{name}"])
        if said is None:
            continue
        judged += 1
        for name, given in said.items():
            expected, bound = tensors[f"{index}.{name}"], tensors[f"{index}.{name}.bound"]
            off = abs(np.asarray(given, np.float64).reshape(expected.shape) - expected)
            values += off.size
            for at in np.argwhere(~(off <= bound)):  # NaN is never within
                at, wrong = tuple(at), wrong + 1
                print(f"case {index} {case['activations']} {case['loss']}: {name}{list(map(int, at))} "
                      f"is off by {off[at]:.3e}, bound {bound[at]:.3e}")
    print(f"{judged} of {len(about['cases'])} cases judged in {about['element']}: "
          f"{wrong} of {values} values are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
