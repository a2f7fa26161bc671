"""Devices: where tensors are, what a run requests, and checks that need a GPU, with a simulated one."""

import contextlib
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.checks import devices as device_checks
from scikeras_conformance.exceptions import DeviceError
from scikeras_conformance.runner import device as devices
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject


def tensorflow_tensor(kind):
    return SimpleNamespace(device=f"/job:localhost/replica:0/task:0/device:{kind.upper()}:0")


def jax_array(*platforms):
    return SimpleNamespace(
        devices=lambda: [SimpleNamespace(platform=platform) for platform in platforms]
    )


def torch_tensor(kind):
    return SimpleNamespace(device=SimpleNamespace(type=kind, index=0))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (tensorflow_tensor("cpu"), "cpu"),
        (tensorflow_tensor("gpu"), "gpu"),
        (jax_array("cpu"), "cpu"),
        (jax_array("gpu"), "gpu"),
        (jax_array("cuda"), "gpu"),
        (jax_array("cpu", "gpu"), "cpu+gpu"),
        (torch_tensor("cpu"), "cpu"),
        (torch_tensor("cuda"), "gpu"),
        (torch_tensor("mps"), "gpu"),
        (torch_tensor("meta"), "meta"),
        (SimpleNamespace(value=torch_tensor("cuda")), "gpu"),
        (SimpleNamespace(value=lambda: torch_tensor("cuda")), "gpu"),
        (SimpleNamespace(device="cuda:0"), "gpu"),
        (SimpleNamespace(device=""), "nowhere"),
        (object(), "nowhere"),
    ],
)
def test_where_a_tensor_is(value, kind):
    """Each backend has its own way to tell."""
    assert kind == devices.kind_of(value)


def test_where_variables_are_here():
    """A variable of the backend at hand is on the CPU when that is asked for, and nothing is not."""
    with keras.device("cpu:0"):
        variable = keras.Variable([1.0, 2.0])
    assert {"cpu"} == devices.kinds_of([variable, keras.ops.convert_to_tensor(variable)])
    assert devices.reaches("cpu")
    assert not devices.reaches("no-such-device")


def test_asking_for_a_device_prepares_the_environment(monkeypatch):
    """GPUs are hidden, or shared between processes; without a request nothing changes."""
    monkeypatch.setattr(devices.os, "environ", {"CUDA_VISIBLE_DEVICES": "0"})
    devices.prepare_device(None)
    assert {"CUDA_VISIBLE_DEVICES": "0"} == devices.os.environ
    devices.prepare_device("gpu")
    assert "true" == devices.os.environ["TF_FORCE_GPU_ALLOW_GROWTH"]
    assert "0" == devices.os.environ["CUDA_VISIBLE_DEVICES"]
    devices.prepare_device("cpu")
    assert ("", "cpu") == (
        devices.os.environ["CUDA_VISIBLE_DEVICES"],
        devices.os.environ["JAX_PLATFORMS"],
    )


@pytest.mark.parametrize(("asked", "found"), [("cpu", "gpu"), ("gpu", "cpu")])
def test_another_device_than_the_one_asked_for(asked, found, monkeypatch):
    """Where Keras puts its variables decides, and the error says where that is."""
    monkeypatch.setattr(devices, "default_kind", lambda: found)
    devices.require_device(None)
    devices.require_device(found)
    with pytest.raises(DeviceError, match=f"on the {asked.upper()}, and Keras .* on '{found}'"):
        devices.require_device(asked)


@pytest.mark.process
@pytest.mark.usefixtures("toy_on_path")
@pytest.mark.skipif(devices.reaches("gpu"), reason="there is a GPU here")
@pytest.mark.parametrize("plugin", [False, pytest.param(True, marks=pytest.mark.exhaustive)])
def test_a_gpu_that_is_not_there(plugin, tmp_path):
    """DEV-4: the run ends before any check, incomplete, and says why; the CPU is never taken."""
    report = tmp_path / "report.json"
    command = ["-m", "scikeras_conformance", "run", "toy_subject", "--check", "CLS-1"]
    options = ["--device", "gpu", "--report", str(report)]
    if plugin:
        command = ["-m", "pytest", "--pyargs", "scikeras_conformance", "-p", "no:cacheprovider"]
        options = ["--conformance-subject", "toy_subject", "--conformance-check", "CLS-1"]
        options += ["--conformance-device", "gpu", "--conformance-report", str(report)]
    done = subprocess.run(
        [sys.executable, *command, *options],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert 3 == done.returncode, done.stdout + done.stderr
    assert "asked to take place on the GPU" in done.stdout
    assert "verdict: INCOMPLETE" in done.stdout
    data = json.loads(report.read_text())
    assert [] == data["results"]
    assert ("incomplete", 3) == (data["footer"]["verdict"], data["footer"]["exit_code"])


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.usefixtures("toy_on_path")
def test_the_cpu_that_the_configuration_asks_for_is_in_the_report(tmp_path):
    """A run on the CPU goes through, and the report says that it was asked for, by the file."""
    report = tmp_path / "report.json"
    (tmp_path / "scikeras-conformance.toml").write_text("subject = 'toy_subject'\ndevice = 'cpu'\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "scikeras_conformance", "run"),
            *("--check", "CLS-1", "--report", str(report)),
        ],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=dict(os.environ),
    )  # fmt: skip
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "as requested" in done.stdout
    environment = json.loads(report.read_text())["header"]["environment"]
    assert ("cpu", "cpu") == (environment["requested_device"], environment["default_device"])


# -- checks that need a GPU ----------------------------------------------------------------------


def outcome(check_id, subject="scikeras_reference"):
    check = next(check for check in CATALOG if check.id == check_id)
    return execute(PlannedCheck(check, Wrapper.REGRESSOR, ""), load_subject(subject))


@pytest.mark.skipif(devices.reaches("gpu"), reason="there is a GPU here")
@pytest.mark.parametrize("check_id", ["DEV-2.on-a-gpu", "DEV-3.devices-agree"])
def test_without_a_gpu_nothing_is_judged(check_id):
    """It is not a pass."""
    result = outcome(check_id)
    assert Outcome.UNAVAILABLE is result.outcome
    assert "Keras finds no GPU" in result.message


@pytest.fixture
def simulated_gpu(monkeypatch):
    """Make the checks take the CPU for a GPU within ``keras.device("gpu:0")``."""
    here = ["cpu"]
    real = keras.device

    @contextlib.contextmanager
    def device(name):
        here.append(name.partition(":")[0])
        with real("cpu:0"):
            yield
        # Variables stay where they were made, so the last word about them is that.

    monkeypatch.setattr(keras, "device", device)
    monkeypatch.setattr(device_checks, "reaches", lambda kind: True)
    monkeypatch.setattr(
        device_checks, "kinds_of", lambda variables: {here[-1]} if list(variables) else set()
    )
    return here


def test_a_simulated_gpu_passes_the_checks(simulated_gpu):
    """The checks run to their end."""
    assert ("", Outcome.PASSED) == (outcome("DEV-2.on-a-gpu").message, Outcome.PASSED)
    assert Outcome.PASSED is outcome("DEV-3.devices-agree").outcome
    assert ["cpu", "gpu", "cpu", "gpu"] == simulated_gpu


def test_variables_in_the_wrong_place_fail(simulated_gpu, monkeypatch):
    """A model that stays on the CPU although a GPU was requested is found."""
    monkeypatch.setattr(device_checks, "kinds_of", lambda variables: {"cpu"})
    result = outcome("DEV-2.on-a-gpu")
    assert Outcome.FAILED is result.outcome
    assert "not on the gpu" in result.message


def test_devices_that_disagree_fail(simulated_gpu, monkeypatch):
    """Weights that rounding does not explain are found."""
    real = device_checks._trained_on

    def trained_on(context, kind):
        weights, predicted = real(context, kind)
        return [w + 0.1 for w in weights] if kind == "gpu" else weights, predicted

    monkeypatch.setattr(device_checks, "_trained_on", trained_on)
    result = outcome("DEV-3.devices-agree")
    assert Outcome.FAILED is result.outcome
    assert "weights are 0.1 apart" in result.message
