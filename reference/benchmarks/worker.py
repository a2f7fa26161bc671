"""The worker process, which prepares and measures: ``python -m benchmarks.worker``.

It reads one JSON message per line and answers each with one line. The output of competitors is
discarded, because `keras.wrappers` cannot be silenced.
"""

import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from benchmarks.competitors import COMPETITORS, Absent
from benchmarks.measuring import Work, calls_for, seconds, value
from benchmarks.parts import seconds_by_part
from benchmarks.scenarios import SCENARIOS
from benchmarks.task import DEFAULT, Size

__all__ = ["Service", "main"]


class Service:
    """Answers the messages of one process."""

    def __init__(self, size: Size = DEFAULT) -> None:
        self.size = size
        self._works: dict[tuple[str, str], tuple[Work, int]] = {}

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Perform the action of a message and return the result or the error."""
        try:
            actions = {
                "prepare": self._prepare,
                "measure": self._measure,
                "parts": self._parts,
                "release": self._release,
            }
            return actions[message["do"]](message)
        except Absent as absent:
            return {"absent": str(absent)}
        except Exception as error:
            traceback.print_exc()
            return {"failed": f"{type(error).__name__}: {error}"}

    def _prepare(self, message: Mapping[str, Any]) -> dict[str, Any]:
        scenario = SCENARIOS[message["scenario"]]
        competitor = COMPETITORS[message["competitor"]]
        for module in competitor.needs:
            if importlib.util.find_spec(module) is None:
                raise Absent(f"{module} is not installed")
        work = scenario.prepare(competitor, self.size)
        if scenario.warm:
            work(-1)
        calls = calls_for(work, self.size.sample) if scenario.repeated else 1
        self._works[scenario.name, competitor.name] = work, calls
        return {"calls": calls}

    def _measure(self, message: Mapping[str, Any]) -> dict[str, Any]:
        scenario = SCENARIOS[message["scenario"]]
        work, calls = self._works[scenario.name, message["competitor"]]
        if scenario.unit == "bytes":
            return {"value": value(work, message["turn"])}
        return {"value": seconds(work, message["turn"], calls)}

    def _parts(self, message: Mapping[str, Any]) -> dict[str, Any]:
        work, _ = self._works[message["scenario"], message["competitor"]]
        return {"parts": seconds_by_part(work, message["seconds"])}

    def _release(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Release the models of a finished scenario."""
        self._works = {key: it for key, it in self._works.items() if key[0] != message["scenario"]}
        return {}


def main() -> None:
    """Answer messages until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    size = Size(**{**vars(DEFAULT), **json.loads(sys.argv[1])})
    service = Service(size)
    for line in sys.stdin:
        print(json.dumps(service.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
