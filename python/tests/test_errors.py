"""What is refused, and how it is said."""

import numpy as np
import pytest

import shallownet

X = np.zeros((4, 2), np.float32)
Y = np.zeros((4, 1), np.float32)


def network(**options):
    return shallownet.Network(2, [(3, "tanh"), (1, "sigmoid")], **options)


REFUSED = [
    (
        lambda: network().predict(np.zeros((4, 3), np.float32)),
        ValueError,
        "x has 3 features a column: expected 2",
    ),
    (lambda: network().predict(np.zeros((0, 2), np.float32)), ValueError, "x has no samples"),
    (lambda: network().predict(np.zeros((4, 0), np.float32)), ValueError, "0"),
    (lambda: network().predict(np.zeros((1, 2, 2), np.float32)), ValueError, "3 dimensions"),
    (lambda: network().predict(np.float32(1)), TypeError, "x is an array of float32|x is"),
    (
        lambda: network().predict(X.astype(np.float64)),
        TypeError,
        "x is an array of float64: expected.*float32",
    ),
    (lambda: network().predict([[1.0, 2.0]]), TypeError, "x is a <class 'list'>"),
    (
        lambda: network().predict(np.asfortranarray(np.zeros((4, 2), np.float32))),
        ValueError,
        "C-contiguous",
    ),
    (lambda: network().predict(np.zeros((4, 4), np.float32)[:, ::2]), ValueError, "C-contiguous"),
    (lambda: network().predict(np.full((1, 2), np.nan, np.float32)), ValueError, "x holds NaN at index 0"),
    (
        lambda: network().predict(X, out=np.zeros((3, 1), np.float32)),
        ValueError,
        r"out has the shape \[3, 1\]",
    ),
    (lambda: network().cost(X, Y[:3]), ValueError, "y has 3 samples: expected 4"),
    (
        lambda: network().cost(X, Y + 2),
        ValueError,
        r"target 2 of output 0 in sample 0: expected a value in \[0, 1\]",
    ),
    (lambda: network().cost(X, Y, weights=-Y[:, 0] - 1), ValueError, "weight"),
    (lambda: network().cost(X, Y, weights=np.zeros((4, 2), np.float32)), ValueError, "one value a sample"),
    (lambda: network().step(X, Y, -1.0), ValueError, "learning rate is -1"),
    (lambda: network().step(X, Y, np.inf), ValueError, "learning rate"),
    (lambda: network().fit(X, Y, epochs=1, batch_size=0), ValueError, "batch size is 0"),
    (
        lambda: network().fit(X, Y, epochs=1, optimizer="adamm"),
        ValueError,
        'no optimiser is called "adamm"',
    ),
    (lambda: network().fit(X, Y, epochs=1, beta=0.5), ValueError, "has no option"),
    (lambda: network().fit(X, Y, epochs=1, beta1=1.5), ValueError, "beta1 is 1.5"),
    (lambda: network().fit(X, Y, epochs=1, schedule="wave"), ValueError, "no schedule is called"),
    (
        lambda: network().fit(X, Y, epochs=1, patience=3),
        ValueError,
        "early stopping needs a validation set",
    ),
    (lambda: network().fit(X, Y, epochs=1, dropout=1.0), ValueError, "dropout is 1"),
    (lambda: network().solve(X, Y, method="lm"), ValueError, "the solver lm needs squared_error"),
    (lambda: network().solve(X, Y, seconds=-1.0), ValueError, "seconds is -1"),
    (lambda: network().weights(2), IndexError, "layer 2: the network has layers 0 to 1"),
    (
        lambda: network().set_parameters(np.zeros(3, np.float32)),
        ValueError,
        "parameters has 3 values: expected 13",
    ),
    (lambda: network(dtype="float16"), ValueError, 'dtype is "float16"'),
    (lambda: network(loss="hinge"), ValueError, 'no loss is called "hinge"'),
    (lambda: network(loss="huber:x"), ValueError, "expected a number after the colon"),
    (lambda: network(init="ones"), ValueError, "no init is called"),
    (lambda: network(backend="gpu"), ValueError, "no backend is called"),
    (lambda: shallownet.Network(2, []), ValueError, "the network has no layers"),
    (lambda: shallownet.Network(0, [(1, "tanh")]), ValueError, "0"),
    (lambda: shallownet.Network(2, [(3, "softmax"), (1, "tanh")]), ValueError, "softmax"),
    (lambda: shallownet.Network(2, [(3, "maxout")]), ValueError, 'no activation is called "maxout"'),
    (lambda: shallownet.Network(2**40, [(2**40, "tanh")]), MemoryError, "large|allocate"),
    (lambda: shallownet.Network(-1, [(3, "tanh")]), OverflowError, "negative"),
    (lambda: shallownet.Population(2, [(1, "tanh")], seeds=[]), ValueError, "networks is 0"),
    (lambda: shallownet.set_threads(10**6), ValueError, "at most 1024"),
]


@pytest.mark.parametrize(("call", "kind", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_a_refused_call_names_what_is_wrong(call, kind, sentence):
    with pytest.raises(kind, match=sentence):
        call()


def test_an_epoch_refuses_what_does_not_fit():
    net = network()
    sgd = shallownet.Optimizer(net, "sgd")
    options = {"learning_rate": 0.1, "batch_size": 2}
    before = net.parameters
    for order, kind, sentence in [
        (np.array([0, 1, 2, 4]), IndexError, "order holds 4: the samples are 0 to 3"),
        (np.array([0, 1, 2, -1]), IndexError, "order holds -1"),
        (np.array([0, 1, 2]), ValueError, "order has 3 samples: expected 4"),
        (np.array([0.0, 1, 2, 3]), ValueError, "int64"),
    ]:
        with pytest.raises(kind, match=sentence):
            net.epoch(X, Y, sgd, order=order, **options)
    with pytest.raises(ValueError, match="batch size is 0"):
        net.epoch(X, Y, sgd, learning_rate=0.1, batch_size=0)
    with pytest.raises(ValueError, match="l2 is -1"):
        net.epoch(X, Y, sgd, alpha=-2.0, **options)
    with pytest.raises(TypeError, match="another dtype"):
        net.epoch(X, Y, shallownet.Optimizer(network(dtype="float64"), "sgd"), **options)
    with pytest.raises(ValueError, match="another shape"):
        net.epoch(X, Y, shallownet.Optimizer(shallownet.Network(2, [(1, "sigmoid")]), "adam"), **options)
    np.testing.assert_array_equal(net.parameters, before)


def test_divergence_is_an_error_and_keeps_the_last_good_parameters():
    net = shallownet.Network(1, [(4, "identity"), (1, "identity")], dtype="float32")
    x = np.linspace(-10, 10, 20, dtype=np.float32).reshape(-1, 1)
    with pytest.raises(shallownet.Diverged, match="the cost is"):
        net.fit(x, x, epochs=1000, optimizer="sgd", learning_rate=10.0)
    assert np.isfinite(net.parameters).all() and np.isfinite(net.cost(x, x))
    assert issubclass(shallownet.Diverged, ValueError)


def test_a_read_only_result_is_refused():
    out = np.zeros((4, 1), np.float32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="out can't be written to"):
        network().predict(X, out=out)


def test_no_random_argument_reaches_a_panic():
    """Whatever is given, the answer is a result or one of Python's own errors."""
    rng = np.random.default_rng(0)
    kinds = [np.float32, np.float64, np.int64, np.bool_, object]
    for _ in range(3000):
        net = network()
        shape = tuple(rng.integers(0, 4, size=rng.integers(0, 4)))
        with np.errstate(all="ignore"):
            x = rng.normal(size=shape) * 10.0 ** rng.integers(-300, 300)
            x = np.asarray(x).astype(kinds[rng.integers(5)])
        y = np.zeros(tuple(rng.integers(0, 4, size=rng.integers(0, 3))), kinds[rng.integers(2)])
        verb = rng.integers(5)
        try:
            with np.errstate(all="ignore"):
                if verb == 0:
                    net.predict(x)
                elif verb == 1:
                    net.backward(x, y, x)
                elif verb == 2:
                    net.fit(x, y, epochs=2, learning_rate=float(rng.normal()))
                elif verb == 3:
                    net.solve(x, y, iterations=2)
                else:
                    net.jacobian(x)
        except (ValueError, TypeError, IndexError, MemoryError):
            pass
