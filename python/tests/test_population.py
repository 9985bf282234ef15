"""`Population`: many networks in one call, each as if it were alone."""

import copy

import numpy as np
import pytest

import shallownet

LAYERS = [(3, "tanh"), (1, "sigmoid")]


def population(dtype, members=20):
    return shallownet.Population(2, LAYERS, seeds=range(members), dtype=dtype)


def test_members_are_networks(moons, dtype):
    x, y = moons
    many = population(dtype)
    alone = [shallownet.Network(2, LAYERS, seed=seed, dtype=dtype) for seed in range(20)]
    tolerance = {"rtol": 1e-4, "atol": 1e-6}
    assert len(many) == many.members == 20 and many.parameters.shape == (20, many.parameter_count)
    assert many.predict(x).shape == (20, 200, 1)
    np.testing.assert_allclose(many.predict(x), [net.predict(x) for net in alone], **tolerance)
    np.testing.assert_allclose(many.cost(x, y), [net.cost(x, y) for net in alone], **tolerance)
    rates = np.linspace(0.1, 1, 20).tolist()
    before = many.step(x, y, rates)
    costs = [net.step(x, y, rate) for net, rate in zip(alone, rates, strict=True)]
    np.testing.assert_allclose(before, costs, **tolerance)
    np.testing.assert_allclose(many.parameters, [net.parameters for net in alone], **tolerance)
    np.testing.assert_allclose(many.network(7).predict(x), alone[7].predict(x), **tolerance)


def test_members_can_have_samples_of_their_own(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 9, 2)).astype(dtype)
    y = (x[:, :, :1] > 0).astype(dtype)
    many = population(dtype)
    costs = [many.network(k).cost(x[k], y[k]) for k in range(20)]
    np.testing.assert_allclose(many.cost(x, y), costs, rtol=1e-4)
    with pytest.raises(ValueError, match="x is of 19 members: expected 20"):
        many.predict(x[:19].copy())


def test_a_training_of_all_is_as_many_trainings(moons, dtype):
    x, y = moons
    many = population(dtype)
    options = {"epochs": 20, "batch_size": 32, "learning_rate": 0.01}
    reports = many.fit(x, y, seeds=list(range(20)), validation=(x, y, None), patience=5, **options)
    assert len(reports) == 20
    net = shallownet.Network(2, LAYERS, seed=3, dtype=dtype)
    report = net.fit(x, y, seed=3, validation=(x, y, None), patience=5, **options)
    np.testing.assert_allclose(reports[3].training_costs, report.training_costs, rtol=1e-3)
    np.testing.assert_allclose(many.network(3).predict(x), net.predict(x), rtol=1e-2, atol=1e-4)


def test_a_member_that_diverges_is_told_from_the_others():
    x = np.linspace(-10, 10, 20, dtype=np.float32).reshape(-1, 1)
    layers = [(2, "identity"), (1, "identity")]
    many = shallownet.Population(1, layers, seeds=range(3))
    reports = many.fit(x, x, epochs=200, optimizer="sgd", learning_rates=[1e-4, 1e3, 1e-4])
    assert reports[1] is None and reports[0].epochs == reports[2].epochs == 200
    assert np.isfinite(many.parameters).all()


def test_parameters_go_out_and_in(moons, dtype):
    x, _ = moons
    many, other = population(dtype), population(dtype)
    other.parameters = many.parameters[::-1].copy()
    np.testing.assert_array_equal(other.predict(x), many.predict(x)[::-1])
    again = copy.copy(many)
    again.parameters = np.zeros_like(many.parameters)
    assert not np.array_equal(again.predict(x), many.predict(x))
    networks = [many.network(k) for k in range(3)]
    np.testing.assert_array_equal(shallownet.Population.of(networks).parameters, many.parameters[:3])
