"""onnxruntime on the CPU: predictions of a graph of Gemm nodes and activations."""

import os

import numpy as np

from timing import measure


class OnnxRuntime:
    """A session's call, by the faster of its two ways: plain, or with inputs bound before."""

    name = "onnxruntime"

    @staticmethod
    def version():
        import onnxruntime

        return onnxruntime.__version__

    def __init__(self, case):
        import onnxruntime

        self.case = case
        _, _, x, self.y = case.data()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = int(os.environ.get("PEERS_THREADS", "0"))
        self.session = onnxruntime.InferenceSession(
            graph(case), options, providers=["CPUExecutionProvider"]
        )
        self.inputs = {"forward": x, "predict": x[:1].copy()}
        self.bound = {}
        for kind, given in self.inputs.items():
            binding = self.session.io_binding()
            binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(given))
            out = np.empty((len(given), case.sizes[-1]), given.dtype)
            out = onnxruntime.OrtValue.ortvalue_from_numpy(out)
            binding.bind_ortvalue_output("a", out)
            self.bound[kind] = binding, out
        self.ways = {"forward": "plain", "predict": "plain"}

    def choose(self, kind, budget):
        """Times both ways and keeps the faster; returns which."""
        medians = {}
        for way in ["plain", "bound"]:
            self.ways[kind] = way
            medians[way] = measure(lambda: self.run(kind), budget / 5)[0]
        self.ways[kind] = min(medians, key=medians.get)
        return self.ways[kind]

    def run(self, kind):
        if self.ways[kind] == "plain":
            return self.session.run(None, {"x": self.inputs[kind]})[0]
        binding, out = self.bound[kind]
        self.session.run_with_iobinding(binding)
        return out

    def forward(self):
        return self.run("forward")

    def predict(self):
        return self.run("predict")

    def cost(self):
        a, y = self.forward().astype(np.float64), self.y.astype(np.float64)
        if self.case.output == "identity":
            total = np.square(a - y).sum() / 2
        elif self.case.output == "sigmoid":
            total = -np.log(np.where(y > 0.5, a, 1 - a)).sum()
        else:
            total = -np.log(a[y > 0.5]).sum()
        return float(total) / self.case.m


def graph(case):
    """The network as an ONNX file's bytes: samples in rows, `x` in, `a` out."""
    from onnx import TensorProto, helper, numpy_helper

    w, b, _, _ = case.data()
    kind = {np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}[case.dtype]
    nodes, constants, value = [], [], "x"
    for layer, (w, b) in enumerate(zip(w, b)):
        constants.append(numpy_helper.from_array(w, f"w{layer}"))
        constants.append(numpy_helper.from_array(b, f"b{layer}"))
        is_output = layer == len(case.sizes) - 2
        function = case.output if is_output else case.hidden
        z = "a" if is_output and function == "identity" else f"z{layer}"
        given = [value, f"w{layer}", f"b{layer}"]
        nodes.append(helper.make_node("Gemm", given, [z], transB=1))
        value = z
        if function != "identity":
            names = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}
            a = "a" if is_output else f"a{layer}"
            nodes.append(helper.make_node(names[function], [z], [a]))
            value = a
    ends = [
        helper.make_tensor_value_info(name, kind, ["m", size])
        for name, size in (("x", case.sizes[0]), ("a", case.sizes[-1]))
    ]
    whole = helper.make_graph(nodes, "network", ends[:1], ends[1:], constants)
    imports = [helper.make_opsetid("", 17)]
    return helper.make_model(whole, opset_imports=imports, ir_version=8).SerializeToString()
