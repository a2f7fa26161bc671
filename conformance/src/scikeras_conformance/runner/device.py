"""The device of a run: where tensors are, and how the CPU or a GPU is requested."""

import os
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from scikeras_conformance.exceptions import DeviceError

__all__ = [
    "Device",
    "default_kind",
    "kind_of",
    "kinds_of",
    "prepare_device",
    "reaches",
    "require_device",
]


class Device(StrEnum):
    """A device that can be requested for a run."""

    CPU = "cpu"
    GPU = "gpu"


ENVIRONMENT = {
    # GPUs are hidden from CUDA, ROCm and JAX.
    Device.CPU: {
        "CUDA_VISIBLE_DEVICES": "",
        "HIP_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
    },
    # Several processes share the GPU, so none may take all of its memory at once.
    Device.GPU: {
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    },
}
"""What is set before Keras is imported, by the requested device."""

KINDS = {"cpu": "cpu", "gpu": "gpu", "cuda": "gpu", "rocm": "gpu", "xpu": "gpu", "mps": "gpu"}


def prepare_device(device: str | None) -> None:
    """Prepare the environment of this process, and of those that it starts.

    Parameters
    ----------
    device : str or None
        ``"cpu"``, ``"gpu"``, or None to leave everything as it is.
    """
    if device is not None:
        os.environ.update(ENVIRONMENT[Device(device)])


def require_device(device: str | None) -> None:
    """Refuse to go on where Keras puts its variables on another device than the requested one.

    Parameters
    ----------
    device : str or None
        ``"cpu"``, ``"gpu"``, or None to take what comes.

    Raises
    ------
    DeviceError
        With where they are instead, and what to do.
    """
    if device is None or (found := default_kind()) == device:
        return
    import keras

    remedy = {
        Device.CPU: "Keras was imported before the GPUs could be hidden: hide them with "
        "CUDA_VISIBLE_DEVICES= and JAX_PLATFORMS=cpu in the environment.",
        Device.GPU: "Run where there is one, with a backend that is built for it, or leave the "
        "option out.",
    }[Device(device)]
    raise DeviceError(
        f"The run was asked to take place on the {device.upper()}, and Keras puts its variables on "
        f"{found!r} (backend {keras.backend.backend()}). No check has run. {remedy}"
    )


def default_kind() -> str:
    """Return the kind of device that Keras puts a new variable on."""
    import keras

    return kind_of(keras.Variable([0.0], dtype="float32", trainable=False))


def reaches(kind: str) -> bool:
    """Return whether a variable that is requested on a kind of device is put there.

    Some backends raise an error where there is no such device, others silently take another
    one, so the variable itself is looked at.
    """
    import keras

    try:
        with keras.device(f"{kind}:0"):
            return default_kind() == kind
    except Exception:  # each backend has its own error for a device that is not there
        return False


def kind_of(value: Any) -> str:
    """Return the kind of device that a Keras variable, or a tensor of a backend, is on.

    Parameters
    ----------
    value : keras.Variable or tensor
        TensorFlow says it in words (``"/job:localhost/.../device:GPU:0"``), JAX with objects that
        have a ``platform``, PyTorch with one that has a ``type``.

    Returns
    -------
    str
        ``"cpu"``, ``"gpu"``, the backend's own word for anything else, or several of these,
        joined by a plus sign, for a tensor that is spread.
    """
    value = getattr(value, "value", value)
    value = value() if callable(value) else value
    devices = getattr(value, "devices", None)
    if callable(devices):
        words = {str(device.platform) for device in devices()}
    else:
        device = getattr(value, "device", "")
        # "/job:localhost/replica:0/task:0/device:GPU:0" and "cuda:0" alike.
        text = str(getattr(device, "type", device)).lower()
        words = {text.rpartition("device:")[2].partition(":")[0]}
    return "+".join(sorted(KINDS.get(word.lower(), word) or "nowhere" for word in words))


def kinds_of(variables: Iterable[Any]) -> set[str]:
    """Return the kinds of device that variables are on."""
    return {kind_of(variable) for variable in variables}
