"""Names of losses and metrics, and PyTorch's threads; `utils.transformers` has the encoders."""

from scikeras_reference._backends.threads import torch_threads
from scikeras_reference._data.loss_and_metric_names import loss_name, metric_name

__all__ = ["loss_name", "metric_name", "torch_threads"]
