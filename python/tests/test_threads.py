"""The same bits on any number of threads; Ctrl-C; several callers at once."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import shallownet

TRAINING = """
    import hashlib, warnings, numpy as np, shallownet
    from sklearn.datasets import load_digits
    warnings.simplefilter("ignore")
    x, y = load_digits(return_X_y=True)
    x = np.tile(x, (3, 1)) / 16
    y = np.tile(y, 3)
    model = shallownet.MLPClassifier((128, 96), batch_size=2048, max_iter=5, random_state=0).fit(x, y)
    net = shallownet.Network(64, [(200, "gelu"), (10, "softmax")], dtype="float32", seed=1)
    hot = np.eye(10, dtype="float32")[y]
    x = x.astype("float32")
    net.fit(x, hot, epochs=3, batch_size=3000)
    net.solve(x, hot, iterations=3)
    seen = [*model.coefs_, net.parameters, net.predict(x), model.predict_proba(x)]
    seen = b"".join(np.ascontiguousarray(values).tobytes() for values in seen)
    print(shallownet.threads(), hashlib.sha256(seen).hexdigest())
"""


def run(code, **environment):
    command = [sys.executable, "-c", textwrap.dedent(code)]
    told = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.split()


def test_one_and_two_threads_have_the_same_bits():
    (one, bits), (two, same) = (run(TRAINING, RAYON_NUM_THREADS=number) for number in ("1", "2"))
    assert (one, two) == ("1", "2") and bits == same


def test_the_number_of_threads_can_be_set():
    x = np.random.default_rng(0).normal(size=(4000, 64)).astype("float32")
    net = shallownet.Network(64, [(200, "tanh"), (3, "softmax")], seed=1)
    bits, before = set(), shallownet.threads()
    try:
        for number in (1, 2, 3):
            shallownet.set_threads(number)
            assert shallownet.threads() == number
            bits.add(hashlib.sha256(net.predict(x).tobytes()).hexdigest())
    finally:
        shallownet.set_threads(before)
    assert len(bits) == 1


def test_several_threads_predict_with_one_network():
    x = np.random.default_rng(0).normal(size=(3000, 50)).astype("float32")
    net = shallownet.Network(50, [(100, "tanh"), (1, "identity")], seed=1)
    expected = net.predict(x)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: net.predict(x), range(40)))
    assert all(np.array_equal(expected, a) for a in told)
    # While one thread trains, others are told so, and nothing waits for ever.
    with ThreadPoolExecutor(2) as pool:
        training = pool.submit(net.fit, x, expected, epochs=50)
        while not training.done():
            try:
                net.predict(x[:5])
            except RuntimeError as error:
                assert "borrowed" in str(error)
        assert training.result().epochs == 50


INTERRUPTED = {
    "estimator": """
        model = shallownet.MLPRegressor(max_iter=10**6, tol=0, n_iter_no_change=10**6)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            ready()
            model.fit(x, x[:, 0])
        assert "interrupted" in str(told[-1].message), told
        assert 0 < model.n_iter_ < 10**6 and model.predict(x).shape == (2000,)
        print("kept")
    """,
    "estimator, lbfgs": """
        model = shallownet.MLPRegressor(solver="lbfgs", max_iter=10**6, tol=0, max_fun=10**7)
        shallownet.sklearn._full_batch.LEAST_DECREASE = 0.0
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            ready()
            model.fit(x, np.sin(9 * x.sum(axis=1)))
        assert "interrupted" in str(told[-1].message), told
        assert model.n_iter_ > 0 and model.predict(x).shape == (2000,)
        print("kept")
    """,
    "network": """
        net = shallownet.Network(20, [(50, "tanh"), (1, "tanh")], dtype="float64")
        before = net.parameters
        ready()
        try:
            net.fit(x, x[:, :1].copy(), epochs=10**8)
        except KeyboardInterrupt:
            assert not np.array_equal(net.parameters, before)
            assert np.isfinite(net.cost(x, x[:, :1].copy()))
            print("kept")
    """,
    "network, own threads": """
        shallownet.set_threads(2)
        net = shallownet.Network(20, [(50, "tanh"), (1, "tanh")], dtype="float64")
        ready()
        try:
            net.fit(x, x[:, :1].copy(), epochs=10**8)
        except KeyboardInterrupt:
            print("kept")
    """,
    "population": """
        many = shallownet.Population(20, [(3, "tanh"), (1, "identity")], seeds=range(40), dtype="float64")
        ready()
        try:
            many.fit(x, x[:, :1].copy(), epochs=10**8)
        except KeyboardInterrupt:
            print("kept")
    """,
}


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.parametrize("code", INTERRUPTED.values(), ids=INTERRUPTED)
def test_ctrl_c_stops_a_fit_and_keeps_what_there_is(code):
    begin = """
        import sys, threading, time, os, signal, warnings, numpy as np, shallownet, shallownet.sklearn
        # A shell that starts the tests in the background has them ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        x = np.random.default_rng(0).normal(size=(2000, 20))
        def ready():
            print("ready", flush=True)
    """
    source = textwrap.dedent(begin) + textwrap.dedent(code)
    child = subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "ready\n", child.stderr.read()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=1)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        assert out == "kept\n" and child.returncode == 0, (out, err)
    finally:
        if child.poll() is None:
            child.kill()
