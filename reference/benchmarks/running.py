"""Run scenarios in rounds, each with one sample of every competitor in random order."""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.competitors import COMPETITORS
from benchmarks.processes import Worker
from benchmarks.scenarios import Scenario

__all__ = ["Run"]

_SEED = 20
Record = dict[str, Any]


class Run:
    """Measures scenarios, and keeps the worker processes between them.

    Parameters
    ----------
    start : callable
        Starts a worker.
    tell : callable
        Receives progress messages, one line at a time.
    """

    def __init__(self, start: Callable[[], Worker], tell: Callable[[str], None]) -> None:
        self._start, self._tell = start, tell
        self._kept: dict[str, Worker] = {}

    def close(self) -> None:
        """End the remaining processes."""
        for worker in self._kept.values():
            worker.close()
        self._kept.clear()

    def measure(self, scenario: Scenario, rounds: int) -> Record:
        """Measure a scenario and return its samples by competitor."""
        record: Record = {
            "title": scenario.title,
            "unit": scenario.unit,
            "process": scenario.process,
            "rounds": rounds,
            "samples": {},
            "absent": {},
            "failed": {},
        }
        turns = _NewProcesses if scenario.process == "fresh" else _KeptProcesses
        bench = turns(scenario, record, self._worker_for(scenario))
        shuffled = random.Random(_SEED)  # noqa: S311 - not used for security
        try:
            for turn in range(rounds):
                names = list(bench.names)
                shuffled.shuffle(names)
                bench.round(names, turn)
        finally:
            bench.close()
        for kind in ("absent", "failed"):
            for name, reason in record[kind].items():
                record["samples"].pop(name, None)
                self._tell(f"  {name}: {kind}: {reason}")
        return record

    def parts(self, scenario: Scenario, seconds: float) -> dict[str, Any]:
        """Return where the time of a call is spent, by part, for the reference and bare Keras.

        Each has a process of its own, in which nothing was fitted before.

        Parameters
        ----------
        scenario : Scenario
            What is called.
        seconds : float
            How long each of them is called and sampled.

        Raises
        ------
        RuntimeError
            If one of them cannot be measured.
        """
        found = {}
        for name in ("reference", "keras"):
            message = {"scenario": scenario.name, "competitor": name, "seconds": seconds}
            worker = self._start()
            try:
                for action in ("prepare", "parts"):
                    answer = worker.answer({"do": action, **message})
                    for kind in ("absent", "failed"):
                        if kind in answer:
                            raise RuntimeError(f"{scenario.name} of {name}: {kind}: {answer[kind]}")
            finally:
                worker.close()
            found[name] = answer["parts"]
        return found

    def _worker_for(self, scenario: Scenario) -> Callable[[str], Worker]:
        def worker(competitor: str) -> Worker:
            if scenario.process == "fresh":
                return self._start()
            library = COMPETITORS[competitor].library
            key = f"on {library}" if scenario.process == "shared" else competitor
            if key not in self._kept:
                self._kept[key] = self._start()
            return self._kept[key]

        return worker


class _Turns:
    """The common base of the two ways to take turns."""

    def __init__(
        self, scenario: Scenario, record: Record, worker_for: Callable[[str], Worker]
    ) -> None:
        self.scenario, self.record, self.worker_for = scenario, record, worker_for
        self.names = list(scenario.competitors)

    def send(self, worker: Worker, name: str, **message: Any) -> Mapping[str, Any]:
        """Send a message to a worker; a competitor that fails is removed."""
        answer = worker.answer({"scenario": self.scenario.name, "competitor": name, **message})
        for kind in ("absent", "failed"):
            if kind in answer:
                self.record[kind][name] = answer[kind]
                self.names.remove(name)
        if "value" in answer:
            self.record["samples"].setdefault(name, []).append(answer["value"])
        return answer


class _KeptProcesses(_Turns):
    """Competitors are prepared once, and their processes are kept."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.workers: dict[str, Worker] = {}
        for name in tuple(self.names):
            self.workers[name] = self.worker_for(name)
            self.send(self.workers[name], name, do="prepare")

    def round(self, names: list[str], turn: int) -> None:
        """Measure one sample of each competitor, one after the other."""
        for name in names:
            self.send(self.workers[name], name, do="measure", turn=turn)

    def close(self) -> None:
        """Release the objects of the scenario."""
        for worker in self.workers.values():
            worker.answer({"do": "release", "scenario": self.scenario.name})


class _NewProcesses(_Turns):
    """Each sample has a new process. Several run at once if the unit is not seconds."""

    def round(self, names: list[str], turn: int) -> None:
        """Measure one sample of each competitor."""
        with ThreadPoolExecutor(1 if self.scenario.unit == "s" else len(names) or 1) as pool:
            list(pool.map(lambda name: self.sample(name, turn), names))

    def sample(self, name: str, turn: int) -> None:
        """Start a process, measure one sample, and end the process."""
        worker = self.worker_for(name)
        try:
            if "calls" in self.send(worker, name, do="prepare"):
                self.send(worker, name, do="measure", turn=turn)
        finally:
            worker.close()

    def close(self) -> None:
        """Do nothing; each process has ended already."""
