"""Judges an implementation of dense networks with golden vectors of shallownet::testing::golden.

    python tools/judge_golden.py tests/data/golden/v1-f32

Needs numpy and safetensors. Replace `answers` by calls of your own implementation: it gets a case in
the arrays' own type and returns what it can of the predictions "a", the "cost" (the mean over the
samples), its gradients "dw.0", "db.0", ..., and the parameters after a step, "new_w.0", "new_b.0", ...
What is here is NumPy by hand, with each activation and loss that the files have.
"""

import json
import math
import sys

import numpy as np
from safetensors.numpy import load_file


def by_sign(z, negative, other):
    return np.where(z < 0, negative, other)


def sigmoid(z):
    e = np.exp(-abs(z))  # never overflows
    return by_sign(z, e, 1) / (1 + e)


def density(z):
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def normal(z):  # Phi, from the tail, which has all its digits
    return np.vectorize(lambda z: math.erfc(-z / math.sqrt(2)) / 2)(z).astype(z.dtype)


def inner(z):  # of GELU by tanh, which is z sigmoid(2 w)
    return 2 * math.sqrt(2 / math.pi) * (z + 0.044715 * z ** 3)


def inner_slope(z):
    return 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z * z)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


# g(z), and dZ = dA g'(z) from dA, z and a; n is the number of those that have one.
ACTIVATIONS = {
    "identity": (lambda z, n: z, lambda d, z, a, n: d),
    "sigmoid": (lambda z, n: sigmoid(z), lambda d, z, a, n: d * sigmoid(z) * sigmoid(-z)),
    "tanh": (lambda z, n: np.tanh(z), lambda d, z, a, n: d * (1 - a * a)),
    "relu": (lambda z, n: np.maximum(z, 0), lambda d, z, a, n: by_sign(z, 0, d)),
    "leaky_relu": (lambda z, n: by_sign(z, n * z, z), lambda d, z, a, n: by_sign(z, n * d, d)),
    "elu": (lambda z, n: by_sign(z, n * np.expm1(np.minimum(z, 0)), z),
            lambda d, z, a, n: d * by_sign(z, n * np.exp(np.minimum(z, 0)), 1)),
    "softplus": (lambda z, n: np.maximum(z, 0) + np.log1p(np.exp(-abs(z))),
                 lambda d, z, a, n: d * sigmoid(z)),
    "silu": (lambda z, n: z * sigmoid(z),
             lambda d, z, a, n: d * (sigmoid(z) + z * sigmoid(z) * sigmoid(-z))),
    "gelu": (lambda z, n: z * normal(z), lambda d, z, a, n: d * (normal(z) + z * density(z))),
    "gelu_tanh": (
        lambda z, n: z * sigmoid(inner(z)),
        lambda d, z, a, n: d * (sigmoid(inner(z)) + z * inner_slope(z)
                                * sigmoid(inner(z)) * sigmoid(-inner(z)))),
    "sin": (lambda z, n: np.sin(z), lambda d, z, a, n: d * np.cos(z)),
    "exp": (lambda z, n: np.exp(z), lambda d, z, a, n: d * a),
    "softmax": (lambda z, n: softmax(z),
                lambda d, z, a, n: a * (d - (a * d).sum(1, keepdims=True))),
}


def gaussian(a, y):  # means and logarithms of variances
    mu, s = np.split(a, 2, 1)
    h = np.exp(-s / 2)
    q = (mu - y) * h
    return (s + q * q) / 2, np.hstack([q * h, (1 - q * q) / 2])


# L and dL/da of d = a - y.
BY_DIFFERENCE = {
    "squared_error": lambda d, n: (d * d / 2, d),
    "huber": lambda d, n: (np.where(abs(d) <= n, d * d / 2, n * (abs(d) - n / 2)),
                           np.clip(d, -n, n)),
    "absolute": lambda d, n: (abs(d), np.sign(d)),
    "quantile": lambda d, n: (np.maximum((1 - n) * d, -n * d),
                              np.where(d == 0, 0, by_sign(d, -n, 1 - n))),
}
# L from z, a and y, whose dL/dz is a - y.
OF_LOGITS = {
    "binary_cross_entropy": lambda z, a, y: np.maximum(z, 0) - z * y + np.log1p(np.exp(-abs(z))),
    "categorical_cross_entropy": lambda z, a, y: y * (np.log(
        np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)) + z.max(1, keepdims=True) - z),
    "poisson": lambda z, a, y: a - y * z,
}


def named(word, kind):
    """The name and the number of a word, which is "relu" or {"elu": {"alpha": 0.5}}."""
    if isinstance(word, str):
        return word, None
    [(name, numbers)] = word.items()
    return name, kind(*numbers.values())


def answers(case, tensor):
    """What this implementation says of a case; None where it lacks an activation or the loss."""
    a, z, kind = [tensor("x")], [], tensor("x").dtype.type
    layers, (loss, n) = [named(g, kind) for g in case["activations"]], named(case["loss"], kind)
    known = loss in BY_DIFFERENCE or loss in OF_LOGITS or loss == "gaussian_nll"
    if not known or any(name not in ACTIVATIONS for name, _ in layers):
        return None
    for layer, (name, number) in enumerate(layers):
        z.append(a[-1] @ tensor(f"w.{layer}").T + tensor(f"b.{layer}"))
        a.append(ACTIVATIONS[name][0](z[-1], number))
    back = lambda layer, da: ACTIVATIONS[layers[layer][0]][1](
        da, z[layer], a[layer + 1], layers[layer][1])
    if loss in OF_LOGITS:
        each, dz = OF_LOGITS[loss](z[-1], a[-1], tensor("y")), a[-1] - tensor("y")
    else:
        each, da = (gaussian(a[-1], tensor("y")) if loss == "gaussian_nll"
                    else BY_DIFFERENCE[loss](a[-1] - tensor("y"), n))
        dz = back(len(layers) - 1, da)
    samples, rate = len(a[0]), kind(case["learning_rate"])
    said = {"a": a[-1], "cost": np.array([each.sum() / samples])}
    for layer in reversed(range(len(layers))):
        said[f"dw.{layer}"] = dz.T @ a[layer] / samples
        said[f"db.{layer}"] = dz.sum(0) / samples
        for of in "wb":
            said[f"new_{of}.{layer}"] = tensor(f"{of}.{layer}") - rate * said[f"d{of}.{layer}"]
        if layer:
            dz = back(layer - 1, dz @ tensor(f"w.{layer}"))
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
