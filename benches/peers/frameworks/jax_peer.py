"""JAX on the CPU."""

import functools

from cases import BETA1, BETA2, EPSILON


class Jax:
    """One jit-compiled call a step, parameters donated; and many steps inside one call."""

    name = "jax"

    @staticmethod
    def version():
        import jax

        return jax.__version__

    def __init__(self, case):
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        # Every call is waited for: without the hand-over to another thread it returns sooner.
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.case = case
        w, b, x, y = case.data()
        self.parameters = [(jnp.asarray(w.T.copy()), jnp.asarray(b)) for w, b in zip(w, b)]
        self.x, self.y, self.column = jnp.asarray(x), jnp.asarray(y), jnp.asarray(x[:1])
        hidden = {"tanh": jnp.tanh, "relu": jax.nn.relu}[case.hidden]
        output = {
            "sigmoid": jax.nn.sigmoid,
            "softmax": jax.nn.softmax,
            "identity": lambda z: z,
        }[case.output]

        def logits(parameters, x):
            for w, b in parameters[:-1]:
                x = hidden(x @ w + b)
            w, b = parameters[-1]
            return x @ w + b

        def loss(parameters, x, y):
            z = logits(parameters, x)
            if case.output == "softmax":
                total = -(jax.nn.log_softmax(z) * y).sum()
            elif case.output == "sigmoid":
                total = (jax.nn.softplus(z) - z * y).sum()
            else:
                total = jnp.square(z - y).sum() / 2
            return total / case.m

        def step(parameters, x, y):
            gradients = jax.grad(loss)(parameters, x, y)
            return jax.tree.map(lambda p, g: p - case.rate * g, parameters, gradients)

        def adam(state, x, y):
            parameters, m, v, t = state
            gradients = jax.grad(loss)(parameters, x, y)
            t = t + 1
            m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, gradients)
            v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, gradients)
            root = jnp.sqrt(1 - BETA2**t)
            rate = case.adam_rate * root / (1 - BETA1**t)
            rate, epsilon = rate.astype(x.dtype), (EPSILON * root).astype(x.dtype)
            parameters = jax.tree.map(
                lambda w, m, v: w - rate * m / (jnp.sqrt(v) + epsilon), parameters, m, v
            )
            return parameters, m, v, t

        def loop(step, state, x, y, steps):
            return jax.lax.fori_loop(0, steps, lambda _, state: step(state, x, y), state)

        zeros = [jax.tree.map(jnp.zeros_like, self.parameters) for _ in range(2)]
        self.state = self.parameters, *zeros, jnp.asarray(0.0)
        self.jit_step = jax.jit(step, donate_argnums=0)
        self.jit_adam = jax.jit(adam, donate_argnums=0)
        self.jit_loop = jax.jit(functools.partial(loop, step), donate_argnums=0)
        self.jit_adam_loop = jax.jit(functools.partial(loop, adam), donate_argnums=0)
        self.jit_loss = jax.jit(loss)
        self.jit_gradient = jax.jit(jax.value_and_grad(loss))
        self.jit_predict = jax.jit(lambda parameters, x: output(logits(parameters, x)))
        self.wait = jax.block_until_ready

    def step(self):
        self.parameters = self.jit_step(self.parameters, self.x, self.y)
        self.wait(self.parameters)

    def adam(self):
        self.state = self.jit_adam(self.state, self.x, self.y)
        self.parameters = self.state[0]
        self.wait(self.state)

    def loop(self, kind, steps):
        if kind == "step":
            self.parameters = self.jit_loop(self.parameters, self.x, self.y, steps)
        else:
            self.state = self.jit_adam_loop(self.state, self.x, self.y, steps)
            self.parameters = self.state[0]
        self.wait(self.parameters)

    def forward(self):
        return self.wait(self.jit_predict(self.parameters, self.x))

    def predict(self):
        return self.wait(self.jit_predict(self.parameters, self.column))

    def cost(self):
        return float(self.jit_loss(self.parameters, self.x, self.y))

    def gradient(self):
        cost, gradients = self.wait(self.jit_gradient(self.parameters, self.x, self.y))
        return float(cost)
