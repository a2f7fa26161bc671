"""The network of `task.layers` for skorch; PyTorch is imported with this module."""

from typing import Any

import torch

from benchmarks.task import CLASSES, FEATURES

__all__ = ["Network"]


class Network(torch.nn.Module):  # type: ignore[misc]
    """One hidden layer; gives logits, which is what PyTorch's cross-entropy takes."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(FEATURES, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, CLASSES)
        )

    def forward(self, X: Any) -> Any:
        """Give the logits of rows."""
        return self.layers(X)
