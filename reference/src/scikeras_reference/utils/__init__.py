"""Helpers for subclasses: names of losses and metrics; `utils.transformers` has the encoders."""

from scikeras_reference._data.losses_and_metrics import loss_name, metric_name

__all__ = ["loss_name", "metric_name"]
