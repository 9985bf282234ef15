"""Writes tests/fixtures/: networks saved by PyTorch, with inputs and the outputs it computes.

    pip install torch safetensors numpy
    python3 tools/pytorch_fixture.py

The files are committed, so the tests need no PyTorch. Each holds one nn.Sequential as its
state_dict; `pytorch.json` holds for each the activations, the inputs (a sample a row) and the
outputs, computed by PyTorch in f64 from the weights as they are in the file, so that they are
the same for every element type.
"""

import copy
import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "fixtures"

NETWORKS = {
    "f32": (["tanh", "softmax"], [3, 5, 2], torch.float32),
    "f64": (["relu", "leaky_relu", "sigmoid"], [4, 6, 3, 1], torch.float64),
    "f16": (["sigmoid", "identity"], [2, 3, 2], torch.float16),
    "bf16": (["tanh", "identity"], [2, 3, 2], torch.bfloat16),
}

ACTIVATIONS = {
    "identity": None,
    "leaky_relu": lambda: nn.LeakyReLU(0.01),
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "softmax": lambda: nn.Softmax(dim=1),
    "tanh": nn.Tanh,
}


def sequential(activations, widths):
    modules = []
    for name, (inputs, units) in zip(activations, zip(widths, widths[1:]), strict=True):
        modules.append(nn.Linear(inputs, units))
        if ACTIVATIONS[name]:
            modules.append(ACTIVATIONS[name]())
    return nn.Sequential(*modules)


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(1)
    cases = {}
    for name, (activations, widths, dtype) in NETWORKS.items():
        net = sequential(activations, widths).double().to(dtype)
        x = torch.randn(7, widths[0], dtype=torch.float32).double()
        with torch.no_grad():
            a = copy.deepcopy(net).double()(x)
        save_file(net.state_dict(), FOLDER / f"pytorch_{name}.safetensors")
        cases[name] = {"activations": activations, "x": x.tolist(), "a": a.tolist()}

    # Two networks in one module, and a Linear without a bias.
    actor = nn.Sequential(nn.Linear(2, 3, bias=False), nn.Tanh(), nn.Linear(3, 1))
    critic = nn.Sequential(nn.Linear(2, 1))
    both = nn.ModuleDict({"actor": actor, "critic": critic})
    x = torch.randn(5, 2)
    with torch.no_grad():
        a = copy.deepcopy(actor).double()(x.double())
    save_file(both.state_dict(), FOLDER / "pytorch_prefixes.safetensors")
    cases["prefixes"] = {
        "activations": ["tanh", "identity"],
        "x": x.double().tolist(),
        "a": a.tolist(),
    }

    text = json.dumps({"torch": torch.__version__, "cases": cases}, indent=1)
    (FOLDER / "pytorch.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
