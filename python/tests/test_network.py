"""`Network` on NumPy's arrays."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

import shallownet


def network(dtype, **options):
    return shallownet.Network(2, [(8, "tanh"), (1, "sigmoid")], dtype=dtype, seed=1, **options)


def test_the_verbs_are_numpys_formulas(moons, dtype):
    x, y = moons
    net = network(dtype)
    w1, b1, w2, b2 = net.weights(0), net.bias(0), net.weights(1), net.bias(1)
    hidden = np.tanh(x @ w1.T + b1)
    a = 1 / (1 + np.exp(-(hidden @ w2.T + b2)))
    rtol = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(net.predict(x), a, rtol=rtol)
    cost = -(y * np.log(a) + (1 - y) * np.log(1 - a)).mean()
    assert net.cost(x, y) == pytest.approx(cost, rel=10 * rtol)
    before, gradient = net.backward(x, y)
    assert before == pytest.approx(cost, rel=10 * rtol)
    np.testing.assert_allclose(gradient[-9:-1], ((a - y) * hidden).mean(axis=0), rtol=1e-3, atol=1e-7)
    expected = net.parameters - np.asarray(0.5, dtype) * gradient
    net.step(x, y, 0.5)
    np.testing.assert_allclose(net.parameters, expected, rtol=100 * rtol, atol=1e-6)


def test_one_sample_is_one_dimension(moons, dtype):
    x, y = moons
    net = network(dtype)
    assert net.predict(x[3]).shape == (1,)
    np.testing.assert_allclose(net.predict(x[3]), net.predict(x)[3], rtol=1e-5)
    np.testing.assert_array_equal(net.cost(x, y), net.cost(x, y[:, 0].copy()))


def test_arrays_are_read_and_written_where_they_lie(dtype):
    """A copy of x, or of the result, would be seen by tracemalloc, which NumPy tells its memory to."""
    net = shallownet.Network(100, [(1, "identity")], dtype=dtype)
    x = np.zeros((200_000, 100), dtype=dtype)
    out = np.empty((200_000, 1), dtype=dtype)
    x[7] = 1
    net.predict(x[:10])
    tracemalloc.start()
    returned = net.predict(x, out=out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000, peak
    assert np.shares_memory(returned, out)
    assert out[7] == pytest.approx(net.weights(0).sum(), rel=1e-4) and out[8] == 0


def test_resident_memory_does_not_grow_by_a_copy(dtype):
    """The library's own memory is not NumPy's: the whole process is asked."""
    resource = pytest.importorskip("resource")
    net = shallownet.Network(1000, [(1, "identity")], dtype=dtype)
    x = np.ones((40_000, 1000), dtype=dtype)
    out = np.empty((40_000, 1), dtype=dtype)
    net.predict(x[:100])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    net.predict(x, out=out)
    net.cost(x, out)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < x.nbytes / 4, (grown, x.nbytes)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rms_prop", "adam", "adam_w"])
def test_fit_learns(moons, dtype, optimizer):
    x, y = moons
    net = network(dtype)
    rate = 0.01 if optimizer in ("adam", "adam_w", "rms_prop") else 0.1
    seen = []
    report = net.fit(
        x, y, epochs=150, batch_size=16, optimizer=optimizer, learning_rate=rate, schedule="cosine",
        validation=(x, y, None), patience=50, callback=lambda *told: seen.append(told) and None,
    )  # fmt: skip
    assert report.epochs == len(report.training_costs) == len(report.validation_costs) == len(seen)
    assert report.training_costs[-1] < 0.4 < report.training_costs[0]
    assert seen[2] == (2, report.training_costs[2], report.validation_costs[2])
    assert ((net.predict(x) > 0.5) == y).mean() > 0.85


def test_a_callback_stops_a_fit_and_its_errors_come_through(moons, dtype):
    x, y = moons
    report = network(dtype).fit(x, y, epochs=100, callback=lambda epoch, *_: epoch == 4)
    assert (report.epochs, report.stop) == (5, "callback")
    with pytest.raises(ZeroDivisionError):
        network(dtype).fit(x, y, epochs=100, callback=lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        network(dtype).solve(x, y, callback=lambda *_: 1 / 0)


@pytest.mark.parametrize("method", ["lbfgs", "rprop", "scg", "lm"])
def test_solvers_reach_a_minimum(method):
    x = np.linspace(-1, 1, 41).reshape(-1, 1)
    y = np.sin(np.pi * x)
    net = shallownet.Network(
        1, [(5, "tanh"), (1, "identity")], init="nguyen_widrow", seed=1, dtype="float64"
    )
    solution = net.solve(x, y, method=method, iterations=2000, cost=1e-4)
    assert solution.cost < 1e-3 and solution.cost == pytest.approx(net.cost(x, y))
    assert len(solution.objectives) == solution.iterations


def test_solvers_stop_where_they_are_told():
    x = np.linspace(-1, 1, 41).reshape(-1, 1)
    net = shallownet.Network(1, [(5, "tanh"), (1, "identity")], dtype="float64")
    assert net.copy().solve(x, x**2, iterations=7).stop == "iterations"
    assert net.copy().solve(x, x**2, evaluations=5).stop == "evaluations"
    assert net.copy().solve(x, x**2, decrease=0.5).stop == "small decrease"
    assert net.copy().solve(x, x**2, gradient_norm=0.1).stop == "gradient"


def test_an_optimizer_goes_on_where_it_was(moons, dtype):
    x, y = moons
    net, other = network(dtype), network(dtype)
    adam = shallownet.Optimizer(net, "adam", beta1=0.8)
    for _ in range(5):
        net.step_with(x, y, adam, 0.01, l2=1e-3)
    other.set_parameters(net.parameters)
    again = shallownet.Optimizer(other, "adam", beta1=0.8)
    again.restore(adam.steps, *adam.moments)
    for _ in range(5):
        assert net.step_with(x, y, adam, 0.01, l2=1e-3) == other.step_with(x, y, again, 0.01, l2=1e-3)
    np.testing.assert_array_equal(net.parameters, other.parameters)


def test_an_epoch_is_its_steps(moons, dtype):
    x, y = moons
    # Their sums are exact in any order.
    weights = (np.arange(200) / 64).astype(dtype)
    order = np.random.default_rng(1).permutation(200)
    net, other = network(dtype), network(dtype)
    sgd, steps = shallownet.Optimizer(net, "nesterov"), shallownet.Optimizer(other, "nesterov")
    cost, penalty = net.epoch(
        x, y, sgd, learning_rate=0.1, batch_size=64, order=order, alpha=0.5, weights=weights
    )
    costs, penalties = 0.0, 0.0
    for start in range(0, 200, 64):
        batch = order[start : start + 64]
        l2 = 0.5 / weights[batch].sum(dtype=np.float64)
        squares = sum((other.weights(layer).astype(float) ** 2).sum() for layer in (0, 1))
        penalties += len(batch) * l2 / 2 * squares
        costs += len(batch) * other.step_with(x[batch], y[batch], steps, 0.1, l2=l2, weights=weights[batch])
    np.testing.assert_array_equal(net.parameters, other.parameters)
    assert cost == pytest.approx(costs / 200, rel=1e-12) and penalty == pytest.approx(
        penalties / 200, rel=1e-6
    )


def test_a_jacobian_is_the_slope(dtype):
    net = network(dtype)
    x = np.array([[0.3, -0.7], [1.0, 0.5]], dtype=dtype)
    jacobian = net.jacobian(x)
    assert jacobian.shape == (2, 1, 2) and net.jacobian(x[0]).shape == (1, 2)
    double = shallownet.Network(2, net.layers, dtype="float64")
    double.set_parameters(net.parameters.astype("float64"))
    for i in range(2):
        dx = np.zeros((2, 2))
        dx[:, i] = 1e-6
        slope = (double.predict(x + dx) - double.predict(x - dx)) / 2e-6
        np.testing.assert_allclose(jacobian[:, :, i], slope, rtol=1e-4)


def test_copies_and_pickles(moons, dtype):
    x, _ = moons
    net = network(dtype)
    for other in (net.copy(), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(net.predict(x), other.predict(x))
        assert repr(other) == repr(net)
        other.set_bias(1, np.ones(1, dtype))
        assert not np.array_equal(net.predict(x), other.predict(x))


def test_the_mean_of_networks(dtype):
    nets = [shallownet.Network(2, [(3, "tanh"), (1, "identity")], dtype=dtype, seed=s) for s in (1, 2)]
    x = np.array([[0.5, -1.0]], dtype=dtype)
    mean = (nets[0].predict(x) + nets[1].predict(x)) / 2
    np.testing.assert_allclose(shallownet.Network.mean_of(nets).predict(x), mean, rtol=1e-5)


def test_words_with_numbers():
    net = shallownet.Network(2, [(3, "leaky_relu:0.2"), (2, "elu:0.5"), (1, "identity")], loss="huber:1.5")
    assert net.layers == [(3, "leaky_relu:0.2"), (2, "elu:0.5"), (1, "identity")]
    assert (net.loss, net.targets, net.inputs, net.outputs) == ("huber:1.5", 1, 2, 1)
    assert net.parameter_count == 9 + 8 + 3 == len(net.parameters)
