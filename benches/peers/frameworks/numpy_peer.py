"""NumPy, by hand, into buffers allocated once; in float64 the reference of all others."""

import math

import numpy as np

from cases import BETA1, BETA2, EPSILON


class Numpy:
    """By hand, into buffers allocated once."""

    name = "numpy"

    @staticmethod
    def version():
        return np.__version__

    def __init__(self, case, dtype=None):
        self.case = case
        self.w, self.b, x, self.y = case.data(dtype)
        self.m, dtype = case.m, x.dtype
        self.a = [x] + [np.empty((case.m, n), dtype) for n in case.sizes[1:]]
        self.dz = [np.empty((case.m, n), dtype) for n in case.sizes[1:]]
        self.dw = [np.empty_like(w) for w in self.w]
        self.db = [np.empty_like(b) for b in self.b]
        self.column = x[0].copy()
        self.one = [np.empty(n, dtype) for n in case.sizes[1:]]
        self.moments, self.t = None, 0

    def activate(self, layer, z):
        last = layer == len(self.w) - 1
        kind = self.case.output if last else self.case.hidden
        if kind == "tanh":
            np.tanh(z, out=z)
        elif kind == "relu":
            np.maximum(z, 0, out=z)
        elif kind == "sigmoid":
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1
            np.reciprocal(z, out=z)
        elif kind == "softmax":
            z -= z.max(axis=-1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(axis=-1, keepdims=True)

    def layers(self):
        """Linear parts and activations, all but the last activation."""
        for layer, (w, b) in enumerate(zip(self.w, self.b)):
            z = self.a[layer + 1]
            np.matmul(self.a[layer], w.T, out=z)
            z += b
            if layer < len(self.w) - 1:
                self.activate(layer, z)

    def forward(self):
        self.layers()
        self.activate(len(self.w) - 1, self.a[-1])
        return self.a[-1]

    def predict(self):
        a = self.column
        for layer, (w, b) in enumerate(zip(self.w, self.b)):
            z = self.one[layer]
            np.dot(w, a, out=z)
            z += b
            self.activate(layer, z)
            a = z
        return a

    def cost(self):
        self.layers()
        return self.cost_of_logits()

    def cost_of_logits(self):
        z, y = self.a[-1], self.y
        if self.case.output == "identity":
            total = np.square(z - y).sum() / 2
        elif self.case.output == "sigmoid":
            total = (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).sum()
        else:
            z = z - z.max(axis=1, keepdims=True)
            total = np.log(np.exp(z).sum(axis=1)).sum() - (z * y).sum()
        return float(total) / self.m

    def backward(self):
        """dW and db into their buffers, from the activations; the outputs' dZ is a - y."""
        np.subtract(self.a[-1], self.y, out=self.dz[-1])
        self.dz[-1] *= 1 / self.m
        for layer in reversed(range(len(self.w))):
            dz, a = self.dz[layer], self.a[layer]
            np.matmul(dz.T, a, out=self.dw[layer])
            dz.sum(axis=0, out=self.db[layer])
            if layer:
                below = self.dz[layer - 1]
                np.matmul(dz, self.w[layer], out=below)
                if self.case.hidden == "tanh":
                    # a is no longer needed: 1 - a^2 in its place.
                    np.multiply(a, a, out=a)
                    np.subtract(1, a, out=a)
                    below *= a
                else:
                    below *= a > 0

    def step(self):
        self.forward()
        self.backward()
        rate = self.case.rate
        for parameter, gradient in zip(self.w + self.b, self.dw + self.db):
            gradient *= rate
            parameter -= gradient

    def adam(self):
        self.forward()
        self.backward()
        if self.moments is None:
            parameters = self.w + self.b
            # m, v, and the step's numerator and denominator.
            self.moments = [[np.zeros_like(p) for p in parameters] for _ in range(4)]
        self.t += 1
        # rate m' / (sqrt(v') + epsilon), with both corrections outside the arrays.
        root = math.sqrt(1 - BETA2**self.t)
        rate = self.case.adam_rate * root / (1 - BETA1**self.t)
        for w, g, m, v, step, size in zip(self.w + self.b, self.dw + self.db, *self.moments):
            m *= BETA1
            np.multiply(g, 1 - BETA1, out=step)
            m += step
            v *= BETA2
            np.multiply(g, g, out=step)
            step *= 1 - BETA2
            v += step
            np.sqrt(v, out=size)
            size += EPSILON * root
            np.multiply(m, rate, out=step)
            step /= size
            w -= step

    def gradient(self):
        self.layers()
        cost = self.cost_of_logits()
        self.activate(len(self.w) - 1, self.a[-1])
        self.backward()
        return cost
