"""Other people's solvers on the same problems from the same starts: SciPy, scikit-learn, JAX.

Each gives (milliseconds in all, how many starts reached the target, the flat parameters at the ends, or
None where they can't be had). What is compiled or imported is so before the clock starts.
"""

import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")


class Reached(Exception):
    """The target: neither of SciPy's methods has such a stop, so it is raised out of the function."""

    def __init__(self, flat):
        self.flat = flat.copy()




def delta(problem, z, a):
    if problem.loss == "squared_error":
        d = a - problem.y
        g = problem.layers[-1][1]
        return d * (1 - a * a) if g == "tanh" else d * a * (1 - a) if g == "sigmoid" else d
    if problem.loss == "binary_cross_entropy":
        return 1 / (1 + np.exp(-z)) - problem.y
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) - problem.y


def cost_and_gradient(problem, flat):
    z, a, kept = problem.outputs(flat)
    dz, parts, m = delta(problem, z, a), [], len(problem.x)
    parameters = problem.unflatten(flat)
    for l in range(len(parameters) - 1, -1, -1):
        parts = [(dz.T @ kept[l] / m).ravel(), dz.sum(axis=0) / m, *parts]
        if l > 0:
            dz = dz @ parameters[l][0] * (1 - kept[l] ** 2)
    return problem.cost_of(z, a), np.concatenate(parts)


def lbfgs(problem):
    from scipy.optimize import minimize

    def run(start):
        def function(flat):
            cost, gradient = cost_and_gradient(problem, flat)
            if cost <= problem.target:
                raise Reached(flat)
            return cost, gradient

        options = {"maxiter": problem.iterations, "maxfun": 20 * problem.iterations}
        return minimize(function, start, jac=True, method="L-BFGS-B", options=options).x

    return timed(problem, run)


def residuals_and_jacobian(problem, flat):
    """Errors over the root of m, sample by sample, and their derivatives, analytic."""
    z, a, kept = problem.outputs(flat)
    m, n_y = a.shape
    g = problem.layers[-1][1]
    slope = 1 - a * a if g == "tanh" else a * (1 - a) if g == "sigmoid" else np.ones_like(a)
    # (m, n_y, n_y): row k is the derivative of error k.
    dz = slope[:, :, None] * np.eye(n_y)
    parameters, parts = problem.unflatten(flat), []
    for l in range(len(parameters) - 1, -1, -1):
        w = dz[:, :, :, None] * kept[l][:, None, None, :]
        parts = [w.reshape(m * n_y, -1), dz.reshape(m * n_y, -1), *parts]
        if l > 0:
            dz = dz @ parameters[l][0] * (1 - kept[l] ** 2)[:, None, :]
    root = np.sqrt(m)
    return ((a - problem.y) / root).ravel(), np.concatenate(parts, axis=1) / root


def levenberg_marquardt(problem):
    from scipy.optimize import least_squares

    count = len(problem.starts[0])
    if problem.loss != "squared_error" or problem.y.size < count:
        return None

    def run(start):
        last = {}

        def errors(flat):
            r, j = residuals_and_jacobian(problem, flat)
            last["flat"], last["j"] = flat.copy(), j
            if r @ r / 2 <= problem.target:
                raise Reached(flat)
            return r

        def jacobian(flat):
            if not np.array_equal(flat, last["flat"]):
                errors(flat)
            return last["j"]

        most = problem.iterations
        return least_squares(errors, start, jac=jacobian, method="lm", max_nfev=most).x

    return timed(problem, run)


# Seconds after which a peer begins no further start of a problem.
patience = 5.0


def timed(problem, run):
    """Milliseconds, how many starts reached the target, and of how many."""
    ends, begin = [], time.perf_counter()
    for start in problem.starts:
        try:
            ends.append(run(start.copy()))
        except Reached as reached:
            ends.append(reached.flat)
        if time.perf_counter() - begin > patience:
            break
    ms = (time.perf_counter() - begin) * 1e3
    return ms, sum(problem.cost(end) <= problem.target for end in ends), len(ends)


def sklearn_lbfgs(problem):
    """Its own starts, as it takes no others; it has no stop at a cost, so the fewest iterations that
    reach the target are looked for first, and a fit of just these is timed."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    hidden = tuple(units for units, _ in problem.layers[:-1])
    if problem.loss == "squared_error":
        # Its outputs are identities.
        if problem.layers[-1][1] != "identity":
            return None
        kind, y = MLPRegressor, problem.y.squeeze()
        # Half the mean over the outputs.
        target = problem.target / problem.y.shape[1]
    else:
        kind = MLPClassifier
        y = problem.y[:, 0] if problem.y.shape[1] == 1 else problem.y.argmax(axis=1)
        target = problem.target

    def fit(seed, iterations):
        model = kind(
            hidden_layer_sizes=hidden, activation="tanh", solver="lbfgs", alpha=0, tol=0, random_state=seed,
            max_iter=iterations, max_fun=20 * iterations,
        )
        return model.fit(problem.x, y).loss_

    ms, converged, searched = 0.0, 0, time.perf_counter()
    for seed in range(len(problem.starts)):
        low, high = 0, 8
        while high < problem.iterations and fit(seed, high) > target:
            low, high = high, 2 * high
        high = min(high, problem.iterations)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if fit(seed, middle) <= target else (middle, high)
        begin = time.perf_counter()
        converged += fit(seed, high) <= target
        ms += (time.perf_counter() - begin) * 1e3
        if time.perf_counter() - searched > patience:
            break
    return ms, converged, seed + 1


def jax_network(problem):
    import jax.numpy as jnp

    shapes, at = [], 0
    for a, b in zip(problem.sizes, problem.sizes[1:]):
        shapes.append((at, a, b))
        at += a * b + b
    x, y = jnp.asarray(problem.x), jnp.asarray(problem.y)

    def logits(flat):
        a = x
        for l, (at, n, units) in enumerate(shapes):
            w = flat[at : at + n * units].reshape(units, n)
            z = a @ w.T + flat[at + n * units : at + n * units + units]
            a = jnp.tanh(z)
        return z

    def output(z):
        g = problem.layers[-1][1]
        return jnp.tanh(z) if g == "tanh" else 1 / (1 + jnp.exp(-z)) if g == "sigmoid" else z

    def cost(flat):
        z = logits(flat)
        if problem.loss == "squared_error":
            return jnp.sum((output(z) - y) ** 2) / 2 / len(x)
        if problem.loss == "binary_cross_entropy":
            return jnp.sum(jnp.logaddexp(0, z) - z * y) / len(x)
        import jax

        return jnp.sum(jax.nn.logsumexp(z, axis=1) - jnp.sum(z * y, axis=1)) / len(x)

    def errors(flat):
        return ((output(logits(flat)) - y) / np.sqrt(len(x))).ravel()

    return cost, errors


def jax_timed(problem, run):
    """One start after the other, and all at once under vmap: the faster of the two."""
    import jax
    import jax.numpy as jnp

    starts = jnp.asarray(np.stack(problem.starts))
    single, batched = jax.jit(run), jax.jit(jax.vmap(run))
    single(starts[0]).block_until_ready()
    ends, begin = [], time.perf_counter()
    for start in starts:
        ends.append(single(start).block_until_ready())
        if time.perf_counter() - begin > patience:
            break
    ms = (time.perf_counter() - begin) * 1e3
    if len(ends) == len(starts):
        batched(starts).block_until_ready()
        begin = time.perf_counter()
        batched(starts).block_until_ready()
        ms = min(ms, (time.perf_counter() - begin) * 1e3)
    reached = sum(problem.cost(np.asarray(end)) <= problem.target for end in ends)
    return ms, reached, len(ends)


def jax_levenberg_marquardt(problem):
    import jax
    import jax.numpy as jnp

    if problem.loss != "squared_error":
        return None
    cost, errors = jax_network(problem)
    jacobian = jax.jacfwd(errors) if problem.y.size > len(problem.starts[0]) else jax.jacrev(errors)

    def run(start):
        # Damping times 10 where a step is worse, by 10 where it is better, as the library has it.
        def go_on(state):
            flat, value, _, _, count, damping = state
            return (value > problem.target) & (count < problem.iterations) & (damping < 1e10)

        def step(state):
            flat, value, h, g, count, damping = state
            factor = jax.scipy.linalg.cho_factor(h + damping * jnp.eye(len(flat)))
            moved = flat - jax.scipy.linalg.cho_solve(factor, g)
            new = cost(moved)
            better = new < value

            def accept(_):
                j, r = jacobian(moved), errors(moved)
                return moved, new, j.T @ j, j.T @ r, count + 1, damping / 10

            def reject(_):
                return flat, value, h, g, count + 1, damping * 10

            return jax.lax.cond(better, accept, reject, None)

        j, r = jacobian(start), errors(start)
        state = (start, cost(start), j.T @ j, j.T @ r, 0, 1e-3)
        return jax.lax.while_loop(go_on, step, state)[0]

    return jax_timed(problem, run)


def jax_lbfgs(problem):
    import jax
    import optax

    cost, _ = jax_network(problem)
    optimizer = optax.lbfgs(memory_size=10)
    value_and_grad = optax.value_and_grad_from_state(cost)

    def run(start):
        def go_on(state):
            _, value, _, count = state
            return (value > problem.target) & (count < problem.iterations)

        def step(state):
            flat, _, inner, count = state
            value, gradient = value_and_grad(flat, state=inner)
            updates, inner = optimizer.update(
                gradient, inner, flat, value=value, grad=gradient, value_fn=cost
            )
            flat = optax.apply_updates(flat, updates)
            return flat, inner[-1].value, inner, count + 1

        state = (start, cost(start), optimizer.init(start), 0)
        return jax.lax.while_loop(go_on, step, state)[0]

    return jax_timed(problem, run)


PEERS = {
    "SciPy lm": levenberg_marquardt,
    "SciPy L-BFGS": lbfgs,
    "scikit-learn L-BFGS": sklearn_lbfgs,
    "JAX lm": jax_levenberg_marquardt,
    "JAX L-BFGS": jax_lbfgs,
}
