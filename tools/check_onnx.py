"""Checks exported networks: onnx.checker accepts them, and onnxruntime computes what we predict.

    pip install onnx onnxruntime numpy
    SHALLOWNET_PYTHON=python3 cargo test --features cli --test onnx

which exports networks into a folder and calls `python3 tools/check_onnx.py FOLDER`. Beside each
`NAME.onnx` stands a `NAME.json` with "x" (a sample a row, null for a missing value) and "a", our
predictions; of a model also the names that its metadata must have.

Both programs are compared with the graph as ONNX defines it, evaluated here in f64, within a bound
that follows it from operator to operator (u is half an epsilon, gamma_n = n u / (1 - n u)):

* z = W a + b of n inputs: gamma_{n+1} (|W| |a| + |b|), and |W| times the error of a;
* tanh, sigmoid, sine, ReLUs do not stretch an error, nor does log from 1 on; erf by up to 1.13;
* softmax of logits within e is within a factor of e^(2e) <= 1 + 3 e, for e < 0.1, of itself;
* the functions themselves: FUNCTION u, absolutely, for results up to 1. onnxruntime states no
  bound; its tanh and sigmoid are rational approximations cut off where they reach +-1 and 0;
* exp stretches an error e to a factor of exp(e);
* what a Cast rounds is u |x|; what is chosen, compared or clipped is not rounded.

The u of an operator is that of the type it works in: f64 around the network, where a model's rows
become inputs and outputs values, and the network's own type within.
"""

import json
import math
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

FUNCTION = 8


class Value:
    """Numbers, how far a correct program may be from them, and the half epsilon of their type."""

    def __init__(self, value, error=0.0, unit=None):
        self.value = np.asarray(value, np.float64)
        self.error = np.broadcast_to(error, self.value.shape)
        self.unit = unit


WIDE, NARROW = 2.0**-53, 2.0**-24


def unit_of(dtype):
    return NARROW if dtype == np.float32 else WIDE


def evaluate(graph, x):
    """The graph's output for x, with its bound."""
    arrays = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    values = {name: Value(t, unit=unit_of(t.dtype)) for name, t in arrays.items()}
    values[graph.input[0].name] = Value(x, unit=unit_of(x.dtype))
    wide = WIDE
    for node in graph.node:
        a, *rest = [values[name] for name in node.input]
        v, e, unit = a.value, a.error, a.unit
        to_unit = unit
        match node.op_type:
            case "Cast":
                narrow = node.attribute[0].i == onnx.TensorProto.FLOAT
                to_unit = NARROW if narrow else WIDE
                out = Value(v, e + (NARROW * np.abs(v) if narrow else 0.0))
            case "Gather":
                out = Value(v[:, rest[0].value.astype(int)])
            case "IsNaN":
                out = Value(np.isnan(v))
            case "Equal":
                out = Value(v == rest[0].value)
            case "Less":
                out = Value(v < rest[0].value)
            case "Greater":
                out = Value(v > rest[0].value)
            case "Or":
                out = Value((v + rest[0].value) > 0)
            case "Where":
                assert v.shape[-1] == rest[0].value.shape[-1] == rest[1].value.shape[-1]
                pick = [np.broadcast_arrays(v, r.value, r.error)[1:] for r in rest]
                chosen = [np.where(v > 0, one, two) for one, two in zip(*pick, strict=True)]
                out = Value(*chosen)
                to_unit = rest[0].unit
            case "Clip":
                out = Value(np.clip(v, rest[0].value, rest[1].value), e)
            case "Exp":
                p = np.exp(v)
                out = Value(p, p * (np.expm1(e) + FUNCTION * unit))
            case "Sub":
                d = v - rest[0].value
                out = Value(d, e + rest[0].error + 2 * unit * np.abs(d))
            case "Div":
                q = v / rest[0].value
                rounded = np.where(rest[0].value == 1, 0.0, 2 * unit * np.abs(q))
                out = Value(q, e / np.abs(rest[0].value) + rounded)
            case "Add":
                s = v + rest[0].value
                out = Value(s, e + rest[0].error + 2 * unit * np.abs(s))
            case "Gemm":
                w, b = rest[0].value, rest[1].value
                n = w.shape[1] + 1
                # The numpy sum errs as well: by the f64 gamma, which the second term covers.
                gamma = sum(n * r / (1 - n * r) for r in (unit, wide))
                size = (np.abs(v) + e) @ np.abs(w.T) + np.abs(b)
                out = Value(v @ w.T + b, e @ np.abs(w.T) + gamma * size)
            case "Tanh":
                out = Value(np.tanh(v), e + FUNCTION * unit)
            case "Sigmoid":
                out = Value(1 / (1 + np.exp(-v)), e + FUNCTION * unit)
            case "Relu":
                out = Value(np.maximum(v, 0), e)
            case "Identity":
                out = a
            case "Mul":
                other = rest[0]
                p = v * other.value
                stretched = e * np.abs(other.value) + other.error * (np.abs(v) + e)
                out = Value(p, stretched + 2 * unit * np.abs(p))
            case "Min":
                other = rest[0]
                out = Value(np.minimum(v, other.value), np.maximum(e, other.error))
            case "Abs":
                out = Value(np.abs(v), e)
            case "Neg":
                out = Value(-v, e)
            case "Log":
                assert np.all(v - e >= 1), "the bound of log is for arguments from 1 on"
                out = Value(np.log(v), e + FUNCTION * unit)
            case "Erf":
                # Its slope is at most 2 / sqrt(pi).
                out = Value(np.vectorize(math.erf)(v), 1.13 * e + FUNCTION * unit)
            case "Sin":
                out = Value(np.sin(v), e + FUNCTION * unit)
            case "Max":
                other = rest[0]
                out = Value(np.maximum(v, other.value), np.maximum(e, other.error))
            case "Softmax":
                d = v - v.max(axis=1, keepdims=True)
                t = np.exp(d)
                n, worst = v.shape[1], e.max(axis=1, keepdims=True)
                # Their differences are rounded, too, each by at most u times the largest.
                worst = worst + 2 * unit * np.abs(d).max(axis=1, keepdims=True)
                assert worst.max() < 0.1, "too large for the bound of softmax"
                a = t / t.sum(axis=1, keepdims=True)
                error = a * (3 * worst + 2 * n * unit) + FUNCTION * unit
                out = Value(a, error)
            case other:
                raise SystemExit(f"the operator {other} is not expected")
        out.unit = to_unit
        values[node.output[0]] = out
    return values[graph.output[0].name]


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    batch, features = model.graph.input[0].type.tensor_type.shape.dim
    assert batch.dim_param == "batch", f"{path}: the batch has a fixed size"
    is_wide = model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.DOUBLE
    dtype = np.float64 if is_wide else np.float32

    case = json.loads(path.with_suffix(".json").read_text())
    x = np.array(case["x"], dtype)
    assert x.shape[1] == features.dim_value
    if "texts" in case:
        assert is_wide, f"{path}: a model takes and gives f64"
        check_names(model, case)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = evaluate(model.graph, x)
    worst = {}
    # Another batch size must give the same rows, within the same bound.
    halves = [session.run(["a"], {"x": part})[0] for part in (x[:1], x[1:])]
    given = {
        "onnxruntime": session.run(["a"], {"x": x})[0],
        "onnxruntime, in two parts": np.concatenate(halves),
        "shallownet": np.array(case["a"], dtype),
    }
    for who, a in given.items():
        assert a.dtype == dtype and a.shape == expected.value.shape, f"{path}: {who}: {a.shape}"
        off = np.abs(a.astype(np.float64) - expected.value)
        assert np.all(off <= expected.error), f"{path}: {who} is off by {off.max()}"
        with np.errstate(invalid="ignore", divide="ignore"):
            worst[who] = np.nanmax(off / expected.error)
    return worst


def check_names(model, case):
    """The metadata's names, as a caller who has texts needs them."""
    (entry,) = [entry for entry in model.metadata_props if entry.key == "shallownet"]
    about = json.loads(entry.value)
    columns = [next(iter(column.values())) for column in about.get("columns", [])]
    texts = [column.get("categories", []) + column.get("rare", []) for column in columns]
    given = [about["features"], about["classes"], texts]
    assert given == [case["features"], case["classes"], case["texts"]], given


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
    assert paths, "no .onnx file there"
    for path in paths:
        share = ", ".join(f"{who} {worst:.3f}" for who, worst in check(path).items())
        print(f"{path.name}: within the bound; largest share of it: {share}")


if __name__ == "__main__":
    main()
