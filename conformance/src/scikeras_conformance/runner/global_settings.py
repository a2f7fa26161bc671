"""The settings that Keras has for the whole process, now and before the first check."""

from functools import cache
from typing import Any

from scikeras_conformance.runner.lazy_module import LazyModule

__all__ = ["at_start", "current", "put"]

keras = LazyModule("keras")


def current() -> dict[str, Any]:
    """Return every setting by a name to show."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy().name,
        "backend": keras.config.backend(),
        "traceback filtering": keras.config.is_traceback_filtering_enabled(),
        "interactive logging": keras.config.is_interactive_logging_enabled(),
        "custom objects": dict(keras.saving.get_custom_objects()),
    }


def put(values: dict[str, Any]) -> None:
    """Restore the settings to what they were when `values` were read."""
    keras.config.set_floatx(values["floatx"])
    keras.config.set_epsilon(values["epsilon"])
    keras.config.set_image_data_format(values["image_data_format"])
    keras.config.set_dtype_policy(values["dtype_policy"])
    for name, switch in (
        ("traceback filtering", "traceback_filtering"),
        ("interactive logging", "interactive_logging"),
    ):
        getattr(keras.config, f"{'enable' if values[name] else 'disable'}_{switch}")()
    objects = keras.saving.get_custom_objects()
    objects.clear()
    objects.update(values["custom objects"])


@cache
def at_start() -> dict[str, Any]:
    """Return the settings as they were when this was called for the first time.

    That is before the first check. A subject that changes them has often done so by the time that a
    check asks for it, and would change nothing any more.
    """
    return current()
