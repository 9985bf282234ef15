"""Many networks at once in JAX on the CPU."""

import time

from population_cases import LAYOUTS, RATE, in_rows

# About how long a call may be, and how many steps.
CALL_SECONDS, FEWEST_STEPS, MOST_STEPS = 0.02, 10, 1000
# How many members jax_chunks trains at a time; it divides the members.
CHUNK = 64


class JaxVmap:
    """`jax.vmap` of one member's step; many steps in a `lax.scan` inside one jit-compiled call."""

    ways = ["rows", "columns"]
    chunk = None

    def __init__(self, case, threads, way):
        import jax
        import jax.numpy as jnp

        # Every call is waited for: without the hand-over to another thread it returns sooner.
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        *parameters, x, y = jax.tree.map(jnp.asarray, case.data(way))
        if case.shared:
            x, y = x[0], y[0]
        self.parameters, self.x, self.y = parameters, x, y
        self.wait, self.way = jax.block_until_ready, way
        functions = {"tanh": jnp.tanh, "relu": jax.nn.relu}
        units = LAYOUTS[way][1]

        def linear(x, w, b):
            return (x @ w if way == "rows" else w @ x) + b

        def cost(parameters, x, y):
            *layers, last = zip(*parameters)
            for name, layer in zip(case.hidden, layers):
                x = functions[name](linear(x, *layer))
            z = linear(x, *last)
            if case.output == "softmax":
                total = -(jax.nn.log_softmax(z, units) * y).sum()
            elif case.output == "sigmoid":
                total = (jax.nn.softplus(z) - z * y).sum()
            else:
                total = jnp.square(z - y).sum() / 2
            return total / case.m

        def member_step(parameters, x, y):
            value, gradients = jax.value_and_grad(cost)(parameters, x, y)
            return jax.tree.map(lambda p, g: p - RATE * g, parameters, gradients), value

        owner = None if case.shared else 0
        step = jax.vmap(member_step, in_axes=(0, owner, owner))

        def train(parameters, x, y, steps):
            return jax.lax.scan(lambda p, _: step(p, x, y), parameters, length=steps)

        def train_chunks(parameters, x, y, steps):
            own = None if case.shared else (x, y)

            def train_chunk(given):
                parameters, samples = given
                return train(parameters, *(samples or (x, y)), steps)

            chunks = jax.tree.map(
                lambda a: a.reshape(-1, self.chunk, *a.shape[1:]), (parameters, own)
            )
            parameters, costs = jax.lax.map(train_chunk, chunks)
            parameters = jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), parameters)
            return parameters, costs.swapaxes(0, 1).reshape(steps, -1)

        call = train_chunks if self.chunk else train
        self.call = jax.jit(call, static_argnums=3, donate_argnums=0)

    def run(self, steps):
        """That many steps; the members' costs before each."""
        self.parameters, costs = self.wait(self.call(self.parameters, self.x, self.y, steps))
        return costs

    def rows(self):
        return in_rows(self.way, self.parameters)

    def steps_a_call(self):
        start = time.perf_counter()
        self.run(3)
        once = (time.perf_counter() - start) / 3
        return max(FEWEST_STEPS, min(MOST_STEPS, int(CALL_SECONDS / once)))


class JaxChunks(JaxVmap):
    """The same, a few members at a time: `lax.map` over chunks that stay in the cache."""

    chunk = CHUNK
