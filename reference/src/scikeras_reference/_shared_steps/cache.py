"""The traced and compiled steps of this process, those used last.

What is kept is the step: neither a model nor a prototype nor data.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["CACHE", "MAX_STEPS", "StepCache"]

MAX_STEPS = 64


class StepCache:
    """A number of steps; the one that was not used for the longest time goes first.

    Parameters
    ----------
    capacity : int
        How many steps are kept.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._steps: OrderedDict[bytes, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._tracing = threading.Lock()

    def __len__(self) -> int:
        return len(self._steps)

    def values(self) -> list[Any]:
        """Return what is kept, the one used last at the end."""
        with self._lock:
            return list(self._steps.values())

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._steps.clear()

    def get(self, key: bytes, trace: Callable[[], Any]) -> Any:
        """Return the step of that key; trace it if it is not there.

        Two threads that need the same step do not both trace it.
        """
        found, step = self._find(key)
        if found:
            return step
        with self._tracing:
            found, step = self._find(key)
            if not found:
                step = trace()
                with self._lock:
                    self._steps[key] = step
                    while len(self._steps) > self.capacity:
                        self._steps.popitem(last=False)
        return step

    def _find(self, key: bytes) -> tuple[bool, Any]:
        with self._lock:
            if key not in self._steps:
                return False, None
            self._steps.move_to_end(key)
            return True, self._steps[key]


CACHE = StepCache(MAX_STEPS)
