"""Reads a model that shallownet saved, and predicts with it: all that it takes in Python.

    pip install safetensors numpy
    python3 tools/read_model.py shallownet-run/model.safetensors [DATA.npy]

Without data it prints what the model is; with samples of shape (m, n_x), its predictions. Of an
ensemble (ensemble.safetensors), these are the means over its networks.
"""

import json
import sys

import numpy as np
from safetensors import safe_open


def softmax(z):
    t = np.exp(z - z.max(axis=-1, keepdims=True))
    return t / t.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": softmax,
    "tanh": np.tanh,
}


def load(path):
    """The layers, as (W, b, activation), and the description. Of an ensemble, W and b have one more
    dimension, the first: the networks."""
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["shallownet"])
        assert about["version"] in (1, 2, 4), "a format of another version"
        encoded = about.get("columns") or about.get("clip") or about.get("log_targets")
        assert not encoded, "columns, a clip or logarithms"
        layers = []
        for l, activation in enumerate(about["activations"]):
            slope = activation.get("slope")
            g = ACTIVATIONS.get(activation["name"]) or (lambda z, s=slope: np.maximum(s * z, z))
            w, b = (file.get_tensor(f"layers.{l}.{kind}") for kind in ("weight", "bias"))
            layers.append((w, b, g))
    return layers, about


def predict(layers, about, x):
    """x has a sample a row, of values as the training data had them."""
    if about.get("inputs"):
        x = x / about["inputs"]["divided_by"]
    if about.get("standardization"):
        x = (x - about["standardization"]["means"]) / about["standardization"]["stds"]
    a = x.astype(layers[0][0].dtype)
    for w, b, g in layers:
        a = g(a @ np.swapaxes(w, -1, -2) + b[..., np.newaxis, :])
    if about.get("target_standardization"):
        a = a * about["target_standardization"]["stds"] + about["target_standardization"]["means"]
    return a.mean(axis=0) if "members" in about else a


def main():
    layers, about = load(sys.argv[1])
    if len(sys.argv) > 2:
        a = predict(layers, about, np.load(sys.argv[2]))
        print(json.dumps(a.tolist()))
        return
    if "members" in about:
        print(f"an ensemble of {about['members']} networks, each")
    for (w, _, _), activation in zip(layers, about["activations"]):
        print(f"{w.shape[-1]} -> {w.shape[-2]} {activation['name']}, {w.dtype}")
    print(f"inputs {about.get('inputs')}")
    print(f"loss {about['loss']}; classes {about['classes']}; features {about.get('features')}")


if __name__ == "__main__":
    main()
