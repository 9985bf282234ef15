"""Many networks at once in PyTorch on the CPU."""

import itertools

from population_cases import LAYOUTS, RATE, in_rows


class TorchBmm:
    """Eager PyTorch: all members' layers as batched products, written by hand; autograd."""

    ways = ["rows", "columns", "members_last"]

    def __init__(self, case, threads, way):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.f, self.case, self.way = torch, torch.nn.functional, case, way
        *parameters, x, y = case.data(way)
        self.parameters = [[torch.from_numpy(p) for p in part] for part in parameters]
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.hidden = [getattr(torch, name) for name in case.hidden]
        _, self.units, self.not_members = LAYOUTS[way]
        self.prepare()

    def prepare(self):
        for parameter in itertools.chain(*self.parameters):
            parameter.requires_grad_()
        self.ones = self.torch.ones(self.case.members)
        if self.way != "members_last":
            # Shared samples are seen by every member, not copied.
            shape = self.case.members, -1, -1
            self.x, self.y = self.x.expand(shape), self.y.expand(shape)

    def linear(self, x, w, b):
        if self.way == "members_last":
            return (x.unsqueeze(2) * w).sum(1) + b
        return self.torch.baddbmm(b, x, w) if self.way == "rows" else self.torch.baddbmm(b, w, x)

    def costs(self, parameters, x, y, axes):
        *layers, last = zip(*parameters)
        for function, layer in zip(self.hidden, layers):
            x = function(self.linear(x, *layer))
        z = self.linear(x, *last)
        if self.case.output == "softmax":
            losses = self.torch.log_softmax(z, self.units) * -y
        elif self.case.output == "sigmoid":
            losses = self.f.softplus(z) - z * y
        else:
            losses = self.torch.square(z - y) / 2
        return losses.sum(axes) / self.case.m

    def step(self):
        w, b = self.parameters
        costs = self.costs(self.parameters, self.x, self.y, self.not_members)
        self.descend(self.torch.autograd.grad(costs, w + b, self.ones))
        return costs.detach()

    def descend(self, gradients):
        w, b = self.parameters
        with self.torch.no_grad():
            self.torch._foreach_add_(w + b, gradients, alpha=-RATE)

    def run(self, steps):
        return [self.step() for _ in range(steps)]

    def rows(self):
        return in_rows(self.way, [[p.detach() for p in part] for part in self.parameters])

    def steps_a_call(self):
        return 1


class TorchFunc(TorchBmm):
    """Eager PyTorch: `torch.func.vmap` of one member's `grad_and_value`."""

    ways = ["rows", "columns"]

    def prepare(self):
        from torch.func import grad_and_value, vmap

        if self.case.shared:
            self.x, self.y = self.x[0], self.y[0]
        owner = None if self.case.shared else 0
        self.members = vmap(grad_and_value(self.costs), in_dims=(0, owner, owner, None))

    def linear(self, x, w, b):
        return (x @ w if self.way == "rows" else w @ x) + b

    def step(self):
        (dw, db), costs = self.members(self.parameters, self.x, self.y, None)
        self.descend([*dw, *db])
        return costs
