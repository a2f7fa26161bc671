"""The network of `task.layers` for skorch; imports PyTorch."""

from typing import Any

import torch

from benchmarks.task import CLASSES, FEATURES

__all__ = ["Network"]


class Network(torch.nn.Module):  # type: ignore[misc]
    """A network with one hidden layer that returns logits, as PyTorch's cross-entropy expects."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(FEATURES, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, CLASSES)
        )

    def forward(self, X: Any) -> Any:
        """Return the logits of rows."""
        return self.layers(X)
