"""Model files: what is saved is what is loaded, by this package and by the command line."""

import csv
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import shallownet

FIXTURES = Path(__file__).parent / "fixtures"
CLI = os.environ.get("SHALLOWNET_CLI")


def network(dtype):
    layers = [(5, "leaky_relu:0.2"), (1, "identity")]
    return shallownet.Network(2, layers, loss="huber:1.5", dtype=dtype, seed=3)


def test_a_saved_network_is_loaded_to_the_bit(tmp_path, dtype):
    net = network(dtype)
    for path in (tmp_path / "a.safetensors", str(tmp_path / "b.safetensors")):
        net.save(path)
        other = shallownet.Network.load(path)
        assert repr(other) == repr(net)
        np.testing.assert_array_equal(other.parameters, net.parameters)
        x = np.array([[0.5, -1.0], [2.0, 0.25]], dtype)
        np.testing.assert_array_equal(other.predict(x), net.predict(x))
        other.step(x, np.zeros((2, 1), dtype), 0.1)


def test_saving_replaces_a_file_as_a_whole(tmp_path):
    path = tmp_path / "net.safetensors"
    network("float64").save(path)
    broken = shallownet.Network(2, [(1, "identity")], dtype="float64", checks=False)
    broken.set_bias(0, np.array([np.nan]))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"net\.safetensors: .*NaN"):
        broken.save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["net.safetensors"]


def test_what_the_system_refuses_is_an_oserror_that_names_the_file(tmp_path):
    missing = tmp_path / "no" / "net.safetensors"
    for kind in (shallownet.Network, shallownet.Model):
        with pytest.raises(FileNotFoundError) as told:
            kind.load(missing)
        assert told.value.filename == str(missing)
        with pytest.raises(OSError, match=str(tmp_path)):
            kind.load(tmp_path)
    with pytest.raises(OSError, match=r"net\.safetensors"):
        network("float32").save(missing)
    with pytest.raises(OSError, match=str(tmp_path)):
        shallownet.Model(network("float32")).save(tmp_path)
    with pytest.raises(TypeError):
        shallownet.Network.load(3)


@pytest.mark.parametrize("bytes_", [b"", b"x", b"no model at all", b"\x10\0\0\0\0\0\0\0{}"])
def test_what_is_no_model_is_a_valueerror_that_names_the_file(tmp_path, bytes_):
    path = tmp_path / "net.safetensors"
    path.write_bytes(bytes_)
    for kind in (shallownet.Network, shallownet.Model):
        with pytest.raises(ValueError, match=r"net\.safetensors: ."):
            kind.load(path)


def test_a_file_cut_short_or_changed_is_refused_or_loaded_as_it_is(tmp_path):
    path = tmp_path / "net.safetensors"
    network("float32").save(path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 7):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"net\.safetensors: "):
            shallownet.Network.load(path)


def test_a_model_keeps_names_and_standardization(tmp_path, dtype):
    net = shallownet.Network(2, [(3, "tanh"), (1, "sigmoid")], dtype=dtype, seed=2)
    model = shallownet.Model(
        net, features=["height", "weight"], classes=["small", "large"], label="size",
        means=[170, 70], stds=[10, 15],
    )  # fmt: skip
    path = tmp_path / "model.safetensors"
    model.save(path)
    other = shallownet.Model.load(path)
    assert (other.features, other.classes, other.label) == (
        ["height", "weight"],
        ["small", "large"],
        "size",
    )
    assert other.columns == 2 and repr(other) == repr(model)
    x = np.array([[150.0, 50.0], [190.0, 95.0], [171.0, 60.0]])
    a = other.predict(x)
    np.testing.assert_array_equal(a, model.predict(x))
    inputs = np.ascontiguousarray((x - [170, 70]) / [10, 15], dtype)
    np.testing.assert_allclose(a, net.predict(inputs), rtol=1e-5)
    assert other.predict_classes(x) == [["small", "large"][int(p > 0.5)] for p in a[:, 0]]
    np.testing.assert_array_equal(other.network.parameters, net.parameters)


def test_a_network_alone_does_not_pass_for_a_model_that_standardizes(tmp_path):
    path = tmp_path / "model.safetensors"
    shallownet.Model(network("float32"), means=[1, 2], stds=[1, 1]).save(path)
    with pytest.raises(ValueError, match=r"model\.safetensors: the model standardizes its inputs"):
        shallownet.Network.load(path)
    assert shallownet.Model.load(path).network.inputs == 2


def test_models_that_do_not_fit_are_refused():
    net = network("float32")
    for wrong in (
        {"classes": ["a", "b", "c"]},
        {"features": ["one"]},
        {"means": [0.0, 0.0]},
        {"means": [0.0], "stds": [1.0]},
        {"means": [0.0, 0.0], "stds": [1.0, 0.0]},
        {"means": [0.0, np.nan], "stds": [1.0, 1.0]},
    ):
        with pytest.raises(ValueError):
            shallownet.Model(net, **wrong)
    model = shallownet.Model(net)
    with pytest.raises(ValueError, match="x has 3 columns: expected 2"):
        model.predict(np.zeros((4, 3)))
    with pytest.raises(ValueError):
        model.predict(np.zeros((0, 2)))
    with pytest.raises(ValueError, match="NaN"):
        model.predict(np.array([[0.0, np.nan]]))
    with pytest.raises(TypeError, match="float64"):
        model.predict(np.zeros((4, 2), "float32"))
    with pytest.raises(ValueError, match="no classes"):
        model.predict_classes(np.zeros((1, 2)))
    with pytest.raises(TypeError):
        shallownet.Model("net")


def raw(model, rows):
    """Cells of a table as a model's numbers: texts by their codes, what is missing as NaN."""

    def number(column, cell):
        if cell == "":
            return np.nan
        try:
            return float(cell)
        except ValueError:
            return model.code(column, cell)

    return np.array([[number(column, cell) for column, cell in enumerate(row)] for row in rows])


def test_a_model_of_the_command_line_opens():
    """`fixtures/cities.safetensors` is what `shallownet train` made of `cities.csv`, and
    `cities-predicted.csv` what `predict` said then."""
    model = shallownet.Model.load(FIXTURES / "cities.safetensors")
    assert (model.features, model.label) == (["age", "city", "income"], "buys")
    with open(FIXTURES / "cities.csv", newline="") as file:
        rows = [row[:3] for row in list(csv.reader(file))[1:]]
    with open(FIXTURES / "cities-predicted.csv", newline="") as file:
        expected = list(csv.reader(file))[1:]
    x = raw(model, rows)
    assert np.isnan(x).any() and x[0, 1] == model.code(1, rows[0][1]) >= 0
    assert model.predict_classes(x) == [row[0] for row in expected]
    told = [float(p) if name == model.classes[1] else 1 - float(p) for name, p in expected]
    np.testing.assert_allclose(model.predict(x)[:, 0], told, rtol=1e-5)
    assert model.code(1, "Atlantis") == -1
    with pytest.raises(ValueError, match=r"cities\.safetensors: the model makes inputs of texts"):
        shallownet.Network.load(FIXTURES / "cities.safetensors")


@pytest.mark.skipif(CLI is None, reason="SHALLOWNET_CLI names no program `shallownet`")
def test_models_go_to_the_command_line_and_come_from_it(tmp_path, dtype):
    """What both predict for the same rows is the same."""
    rng = np.random.default_rng(4)
    x = rng.normal([170, 70], [10, 15], (60, 2)).round(1)
    y = x[:, 0] - 100 < x[:, 1]
    table, rows = tmp_path / "table.csv", tmp_path / "rows.csv"
    table.write_text("h,w,c\n" + "".join(f"{a},{b},{c}\n" for (a, b), c in zip(x, y, strict=True)))
    rows.write_text("h,w\n" + "".join(f"{a},{b}\n" for a, b in x))

    def run(*arguments):
        told = subprocess.run([CLI, *map(str, arguments)], check=True, capture_output=True, text=True)
        return told.stdout

    def predicted(path):
        lines = run("predict", "--model", path, "--data", rows).split()
        return [line.split(",")[0] for line in lines[1:]]

    precision = {"float32": "f32", "float64": "f64"}[dtype]
    run("train", "--data", table, "--label", "c", "--precision", precision, "--out", tmp_path)
    theirs = shallownet.Model.load(tmp_path / "model.safetensors")
    assert theirs.network.dtype == dtype
    assert theirs.predict_classes(x) == predicted(tmp_path / "model.safetensors")

    net = shallownet.Network(2, [(4, "tanh"), (1, "sigmoid")], dtype=dtype, seed=1)
    inputs = np.ascontiguousarray((x - x.mean(0)) / x.std(0), dtype)
    net.fit(inputs, y.astype(dtype), epochs=300, learning_rate=0.05)
    ours = shallownet.Model(
        net, features=["h", "w"], classes=["False", "True"], label="c", means=x.mean(0), stds=x.std(0)
    )
    ours.save(tmp_path / "ours.safetensors")
    assert predicted(tmp_path / "ours.safetensors") == ours.predict_classes(x)
    assert (ours.predict_classes(x) == y.astype(str)).mean() > 0.9
