"""PyTorch on the CPU."""

import functools
import os

from cases import BETA1, BETA2, EPSILON
from timing import measure


class Torch:
    """Eager; autograd; an update by whichever of its ways is fastest for the shape."""

    name = "torch"

    @staticmethod
    def version():
        import torch

        return torch.__version__

    def __init__(self, case):
        import torch

        threads = int(os.environ.get("PEERS_THREADS", "0"))
        if threads:
            torch.set_num_threads(threads)
        self.torch, self.f, self.case = torch, torch.nn.functional, case
        w, b, x, y = case.data()
        self.w = [torch.from_numpy(p).requires_grad_() for p in w]
        self.b = [torch.from_numpy(p).requires_grad_() for p in b]
        self.parameters = self.w + self.b
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        if case.output == "softmax":
            self.y = self.y.argmax(dim=1)
        self.column = self.x[:1].clone()
        self.hidden = {"tanh": torch.tanh, "relu": torch.relu}[case.hidden]
        self.output = {
            "sigmoid": torch.sigmoid,
            "softmax": lambda z: torch.softmax(z, dim=1),
            "identity": lambda z: z,
        }[case.output]
        self.ways = {"step": "by_hand", "adam": "fused"}

    def choose(self, kind, budget):
        """Times the ways to update and keeps the fastest; returns which."""
        medians = {}
        for way in ["by_hand"] * (kind == "step") + ["fused", "foreach"]:
            self.ways[kind] = way
            medians[way] = measure(getattr(self, kind), budget / 5)[0]
        self.ways[kind] = min(medians, key=medians.get)
        return self.ways[kind]

    @functools.cache
    def optimizer(self, kind, way):
        if kind == "step":
            return self.torch.optim.SGD(self.parameters, lr=self.case.rate, **{way: True})
        rate, betas = self.case.adam_rate, (BETA1, BETA2)
        return self.torch.optim.Adam(
            self.parameters, lr=rate, betas=betas, eps=EPSILON, **{way: True}
        )

    def logits(self, x):
        for w, b in zip(self.w[:-1], self.b[:-1]):
            x = self.hidden(self.f.linear(x, w, b))
        return self.f.linear(x, self.w[-1], self.b[-1])

    def loss(self):
        z = self.logits(self.x)
        if self.case.output == "softmax":
            return self.f.cross_entropy(z, self.y)
        if self.case.output == "sigmoid":
            if z.shape[1] == 1:
                return self.f.binary_cross_entropy_with_logits(z, self.y)
            total = self.f.binary_cross_entropy_with_logits(z, self.y, reduction="sum")
            return total / self.case.m
        return self.f.mse_loss(z, self.y, reduction="sum") * (0.5 / self.case.m)

    def step(self):
        if self.ways["step"] == "by_hand":
            gradients = self.torch.autograd.grad(self.loss(), self.parameters)
            with self.torch.no_grad():
                self.torch._foreach_add_(self.parameters, gradients, alpha=-self.case.rate)
        else:
            self.descend("step")

    def adam(self):
        self.descend("adam")

    def descend(self, kind):
        optimizer = self.optimizer(kind, self.ways[kind])
        optimizer.zero_grad(set_to_none=True)
        self.loss().backward()
        optimizer.step()

    def forward(self):
        with self.torch.inference_mode():
            return self.output(self.logits(self.x))

    def predict(self):
        with self.torch.inference_mode():
            return self.output(self.logits(self.column))

    def cost(self):
        with self.torch.no_grad():
            return self.loss().item()

    def gradient(self):
        loss = self.loss()
        self.torch.autograd.grad(loss, self.parameters)
        return loss.item()
