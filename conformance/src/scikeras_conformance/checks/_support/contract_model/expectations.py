"""What the contract says of an estimator after each call of a sequence.

Each expectation is a *fact*: its name, the clause that promises it, and its value. Whoever drives
an estimator reads the facts of the same names and compares, see `call_sequences.driving`.
"""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.contract_model.calls import (
    FITTING,
    OPTIMIZER,
    PREDICTING,
    SPLIT,
    TRAINING,
    Call,
    Sequence,
)
from scikeras_conformance.checks._support.contract_model.facts import Batches, ByRow, Either
from scikeras_conformance.checks._support.contract_model.tasks import (
    HELD_OUT,
    TARGETS,
    Rows,
    rows_for,
    weights_by_label,
)
from scikeras_conformance.checks._support.modules import np

__all__ = ["REFUSAL", "Expectations", "Fact"]

REFUSAL = "what it raised"
"""The fact of a call that has to be refused."""


class Fact(NamedTuple):
    """What a clause promises: how something is after a call."""

    clause: str
    value: Any


@dataclass(slots=True)
class Expectations:
    """The state of a conformant estimator, as far as later calls depend on it.

    Parameters
    ----------
    sequence : Sequence
        What is done with it.
    settings : dict
        The parameters as they are now.
    model_for : str
        The rows that the model was built for; empty if there is no model.
    is_trained : bool
        Whether the model was trained.
    was_fit : bool
        Whether ``fit`` was called before.
    last_copy : str
        The copy that was made since the last call that fits, if it kept the model.
    """

    sequence: Sequence
    settings: dict[str, Any] = field(default_factory=dict)
    model_for: str = ""
    is_trained: bool = False
    was_fit: bool = False
    last_copy: str = ""

    def __post_init__(self) -> None:
        self.settings = dict(self.sequence.params)
        if self.sequence.uncompiled:
            self.settings.setdefault("optimizer", OPTIMIZER)

    def allows(self, call: Call) -> bool:
        """Whether the contract says what a call does, as things are."""
        if self.sequence.validation and "validation_split" in dict(call.given):
            return False
        if call.method == "pickle" and self.sequence.encoders:
            return False  # a class that was made for a sequence cannot be imported
        if call.method == "set_params":
            # A keyword of the builder is a parameter if it was given.
            names = dict(call.given)
            has_classes = TARGETS[self.sequence.task.target].type in {"binary", "multiclass"}
            return ("width" not in names or "width" in self.settings) and (
                "class_weight" not in names or (has_classes and self.model_for != "C")
            )
        if call.rows == "D" and (call.method not in PREDICTING or call.method == "score"):
            return False
        goes_on = call.method == "partial_fit" or (
            call.method == "fit" and bool(self.settings.get("warm_start"))
        )
        is_other = bool(self.model_for) and (call.rows == "C") != (self.model_for == "C")
        if call.method in FITTING and call.rows == "C" and self._is_bound_to_rows:
            return False
        if call.method in PREDICTING and not self.model_for:
            return call.rows in "AB" and call.method != "decision_function"
        if is_other and (goes_on or call.method in PREDICTING):
            # Other features are refused; one row of them, and the decision function, say no more.
            return call.rows != "D" and call.method != "decision_function"
        return True

    def _is_refused(self, call: Call) -> tuple[str, str] | None:
        """Return the clause that wants a call refused, and the error."""
        is_warm = call.method == "fit" and bool(self.settings.get("warm_start"))
        if call.method in PREDICTING and not self.model_for:
            return "INIT-9", "NotFittedError"
        is_other = bool(self.model_for) and (call.rows == "C") != (self.model_for == "C")
        if is_other and (is_warm or call.method in {"partial_fit", *PREDICTING}):
            return ("API-4" if is_warm else "API-13"), "ValueError"
        return None

    @property
    def _is_bound_to_rows(self) -> bool:
        by_label = str(self.settings.get("class_weight")) == "by_label"
        return by_label or self.sequence.validation not in {"", "split"}

    def after(self, call: Call) -> dict[str, Fact]:
        """Return what the contract says of a call, and take it into account.

        Parameters
        ----------
        call : Call
            One that is allowed.
        """
        if refusal := self._is_refused(call):
            return {REFUSAL: Fact(*refusal)}
        if call.method in FITTING:
            facts = self._after_fitting(call)
        elif call.method in PREDICTING:
            facts = self._after_predicting(call)
        elif call.method == "set_params":
            self.settings |= dict(call.given)
            facts = {"parameters": Fact("INIT-10", "as they were set")}
        else:
            facts = self._after_copying(call)
        if call.method in TRAINING and "random_state" in self.settings:
            facts["global random generators"] = Fact("HYG-2", "unchanged")
        owner = {"clone": "INIT-4", "pickle": "SER-1", "deepcopy": "SER-1"}.get(call.method)
        facts.setdefault("parameters", Fact(owner or "INIT-5", "unchanged"))
        facts["public attributes created"] = Fact(owner or "INIT-6", [])
        facts["initialized_"] = Fact("API-12", bool(self.model_for))
        return facts

    # -- calls that fit ---------------------------------------------------------------------------

    def _after_fitting(self, call: Call) -> dict[str, Fact]:
        sequence, is_first = self.sequence, not self.model_for
        rows = rows_for(sequence.task, call.rows)
        warm = call.method == "fit" and bool(self.settings.get("warm_start"))
        goes_on = (warm or call.method == "partial_fit") and not is_first
        clause = _clause_of(call.method, warm=warm and not is_first)
        # That `fit` trains at all, and returns the estimator, is no matter of a second call.
        by = "CLS-2" if call.method == "fit" and not self.was_fit else clause
        facts = {"training": Fact(by, True), "what it returned": Fact(by, "the estimator")}
        facts["arrays changed"] = Fact("HYG-1", [])
        self.was_fit |= call.method == "fit"
        if not self.sequence.uncompiled:
            facts["compilations by the wrapper"] = Fact("COMP-1", 0)
        elif goes_on and self.is_trained:
            facts["compilations by the wrapper"] = Fact(clause, 0)
        elif call.method == "fit" and not goes_on and (self.is_trained or is_first):
            facts["compilations by the wrapper"] = Fact("COMP-3", 1)
            facts["optimizer of model_"] = Fact("COMP-3", self.settings["optimizer"])
        if goes_on:
            facts["calls of the builder"] = Fact(clause, 0)
            facts["model_"] = Fact(clause, "the same as before")
            facts["fits of encoders"] = Fact("API-4" if warm else "DATA-4", False)
        else:
            if self.is_trained or is_first or call.method == "initialize":
                facts["calls of the builder"] = Fact("BUILD-9", 1)
                if call.method == "fit":
                    facts["model_"] = Fact("INIT-11", "new")
                facts["fits of encoders"] = Fact("DATA-4", True)
            facts["arguments of the builder"] = Fact("BUILD-1", repr(self.settings.get("width")))
            meta = _meta(rows, framed=self.sequence.is_framed(call.rows))
            if self.sequence.encoders:
                meta.pop("n_outputs_", None)  # the default encoder tells it; another one may not
            facts["meta"] = Fact("BUILD-4", meta)
            self.model_for = "C" if call.rows == "C" else "A"
        facts |= self._attributes(call)
        self.last_copy = ""
        if call.method == "initialize":
            facts |= {"training": Fact("INIT-8", False), "current_epoch": Fact("API-2", 0)}
            facts["epochs that model_ was trained before"] = Fact("INIT-8", "none")
            self.is_trained = False
            return facts
        keeps = "kept" if goes_on else "none"
        facts["epochs that model_ was trained before"] = Fact(clause, keeps)
        facts["steps of the optimizer before"] = Fact(clause, keeps)
        facts |= self._training(call, rows, clause)
        facts |= self._history(call, goes_on=goes_on)
        self.is_trained = True
        return facts

    def _attributes(self, call: Call) -> dict[str, Fact]:
        """Return the attributes that describe the data that the model was built for."""
        rows = rows_for(self.sequence.task, call.rows)
        target = TARGETS[self.sequence.task.target]
        facts = {
            "target_type_": Fact(target.clause, rows.type),
            "n_features_in_": Fact("SKL-3", rows.X.shape[1]),
            "feature_names_in_": Fact(
                "SKL-3", rows.names if self.sequence.is_framed(call.rows) else None
            ),
        }
        if rows.classes is not None:
            facts["classes_"] = Fact(target.clause, rows.classes.tolist())
            facts["n_classes_"] = Fact(target.clause, len(rows.classes))
        return facts

    def _training(self, call: Call, rows: Rows, clause: str) -> dict[str, Fact]:
        """Return what reaches ``Model.fit``."""
        given, settings, encoded = dict(call.given), self.settings, self.sequence.encoders
        epochs, by = 1, clause
        if call.method == "fit":
            epochs, by = _first("epochs", given, settings, "fit", 1, plain="API-1")
        size, size_by = _first("batch_size", given, settings, "fit", None, plain="API-8")
        is_regressor = self.sequence.task.wrapper is Wrapper.REGRESSOR
        targets = rows.encoded * 2 if encoded and is_regressor else rows.encoded
        target_clause = "DATA-3" if is_regressor else "TGT-11"
        feature_clause = "DATA-2" if encoded else "DATA-7"
        features = rows.X * (2 if encoded else 1)
        facts = {
            "epochs": Fact(by, epochs),
            "batch_size of Model.fit": Fact(size_by, Batches(size)),
            "features for training": Fact(feature_clause, ByRow(rows.ids, features)),
            "targets for training": Fact(target_clause, ByRow(rows.ids, targets)),
            "rows in no training and no validation": Fact("API-9", []),
        }
        weights = rows.weights if call.weighted else np.ones(len(rows.ids))
        by_class = settings.get("class_weight")
        if by_class is not None and rows.codes is not None:
            if str(by_class) == "by_label":
                factors = np.array(list(weights_by_label(rows).values()))
            else:
                factors = len(rows.codes) / (len(rows.classes) * np.bincount(rows.codes))
            weights = weights * factors[rows.codes]
        if not (self._validation_kind(call) == "split" and str(by_class) == "balanced"):
            owner = "API-6" if by_class is None else "API-5"
            facts["weights for training"] = Fact(owner, ByRow(rows.ids, weights[:, None]))
        if "callbacks" in settings:
            facts["starts and epochs that callbacks saw"] = Fact("API-10", (1, epochs))
        return facts | self._validation(call, rows, by_class)

    def _validation_kind(self, call: Call) -> str:
        return self.sequence.validation or (
            "split" if "validation_split" in dict(call.given) else ""
        )

    def _validation(self, call: Call, rows: Rows, by_class: Any) -> dict[str, Fact]:
        kind, encoded = self._validation_kind(call), self.sequence.encoders
        facts = {"validation": Fact("API-9", bool(kind))}
        if not kind:
            return facts
        held_out = rows if kind == "split" else rows_for(self.sequence.task, HELD_OUT)
        is_regressor = self.sequence.task.wrapper is Wrapper.REGRESSOR
        features = held_out.X * (2 if encoded else 1)
        targets = held_out.encoded * (2 if encoded and is_regressor else 1)
        is_weighted = kind.startswith("weighted")
        weights = held_out.weights if is_weighted else np.ones(len(held_out.ids))
        facts["features for validation"] = Fact(
            "DATA-2" if encoded else "API-9", ByRow(held_out.ids, features)
        )
        facts["targets for validation"] = Fact("DATA-3", ByRow(held_out.ids, targets))
        owner = "API-9" if by_class is None else "API-5"
        expected: Any = ByRow(held_out.ids, weights[:, None])
        if kind == "split" and call.weighted:
            # Whether weights of rows that are held out count, the contract leaves open.
            expected = Either((expected, ByRow(held_out.ids, rows.weights[:, None])))
        facts["weights for validation"] = Fact(owner, expected)
        if kind != "split":
            facts["rows for validation"] = Fact("API-9", held_out.ids)
        else:
            facts["rows in training and in validation"] = Fact("API-9", [])
            # Which rows, the contract leaves open, and so whether there are a few more or less.
            count = math.ceil(len(rows.ids) * SPLIT)
            counts = Either((count, *range(count - 2, count + 3)))
            routed = "fit__batch_size" in dict(self.sequence.params)
            facts["number of rows held out"] = Fact("ROUTE-11" if routed else "API-9", counts)
        return facts

    def _history(self, call: Call, *, goes_on: bool) -> dict[str, Fact]:
        """Return how many entries ``history_`` has more than before, or at all."""
        epochs = 1
        if call.method == "fit":
            epochs, _ = _first("epochs", dict(call.given), self.settings, "fit", 1, plain="")
        extends = call.method == "partial_fit" and goes_on and self.is_trained
        if call.method == "partial_fit" and goes_on and not self.is_trained:
            return {}  # what is left of an earlier fit after initialize, the contract leaves open
        entries = {"loss": epochs, **({"val_loss": epochs} if self._validation_kind(call) else {})}
        what = "entries added to history_" if extends else "entries of history_"
        facts = {what: Fact("API-1", entries)}
        if extends:
            facts["current_epoch, compared with before"] = Fact("API-2", epochs)
        elif not goes_on:
            facts["current_epoch"] = Fact("API-2", epochs)
        return facts

    # -- other calls ------------------------------------------------------------------------------

    def _after_predicting(self, call: Call) -> dict[str, Fact]:
        sequence = self.sequence
        rows = rows_for(sequence.task, call.rows)
        facts = {
            "arrays changed": Fact("HYG-1", []),
            "fits of encoders": Fact("DATA-4", False),
            "training": Fact(self._predicting_clause, False),
        }
        given = dict(call.given)
        size, by = _first("batch_size", given, self.settings, "predict", None, plain="API-8")
        if by == "ROUTE-11":
            by = "ROUTE-4"
        facts["batch_size of Model.predict"] = Fact(by, Batches(size))
        facts["epochs that model_ was trained before"] = Fact("API-3", "kept")
        facts["steps of the optimizer before"] = Fact("API-3", "kept")
        encoded = sequence.encoders
        features = rows.X * (2 if encoded else 1)
        clause = "DATA-2" if encoded else "DATA-7"
        facts["features for prediction"] = Fact(clause, ByRow(rows.ids, features))
        if "callbacks" in self.settings and call.method != "decision_function":
            facts["predictions that callbacks saw"] = Fact("API-10", 1)
        is_regressor = sequence.task.wrapper is Wrapper.REGRESSOR
        predicted = rows.predicted / 2 if encoded and is_regressor else rows.predicted
        if call.method == "predict":
            facts["predictions"] = Fact(self._predicting_clause, predicted)
        elif call.method == "predict_proba":
            facts["probabilities"] = Fact("TGT-10", rows.probabilities)
        elif call.method == "score":
            score = _score(rows, predicted, weighted=call.weighted)
            facts["score"] = Fact("API-6" if call.weighted else "SCORE-1", score)
        return facts

    @property
    def _predicting_clause(self) -> str:
        if self.last_copy:
            return "SER-1"
        if not self.is_trained:
            return "INIT-8"
        if self.sequence.encoders:
            return "DATA-3"
        return TARGETS[self.sequence.task.target].clause

    def _after_copying(self, call: Call) -> dict[str, Fact]:
        if call.method == "clone":
            self.model_for, self.is_trained, self.last_copy = "", False, ""
            return {"fitted attributes": Fact("INIT-4", [])}
        if not self.model_for:
            return {"fitted attributes": Fact("SER-1", [])}
        self.last_copy = call.method
        facts = {
            "epochs that model_ was trained before": Fact("SER-1", "kept"),
            "steps of the optimizer before": Fact("SER-1", "kept"),
        }
        if self.is_trained:
            facts["entries added to history_"] = Fact("SER-1", {})
        return facts


def _clause_of(method: str, *, warm: bool) -> str:
    if method == "fit":
        return "API-4" if warm else "INIT-11"
    return {"partial_fit": "API-3", "initialize": "INIT-8"}[method]


def _first(
    name: str,
    given: dict[str, Any],
    settings: dict[str, Any],
    method: str,
    default: Any,
    plain: str,
) -> tuple[Any, str]:
    """Return the value that counts, and the clause that says so."""
    if name in given:
        return given[name], "API-11"
    if f"{method}__{name}" in settings:
        return settings[f"{method}__{name}"], "ROUTE-11"
    return settings.get(name, default), plain


def _meta(rows: Rows, *, framed: bool) -> dict[str, Any]:
    meta = {"n_features_in_": rows.X.shape[1], "y_ndim_": rows.y.ndim, "target_type_": rows.type}
    if rows.are_numbers:
        meta["n_outputs_"] = rows.n_outputs
    if rows.classes is not None:
        meta |= {"classes_": rows.classes.tolist(), "n_classes_": len(rows.classes)}
    if framed:
        meta["feature_names_in_"] = rows.names
    return meta


def _score(rows: Rows, predicted: Any, *, weighted: bool) -> float:
    from sklearn.metrics import accuracy_score, r2_score

    metric = r2_score if rows.are_numbers else accuracy_score
    weights = rows.weights if weighted else None
    return float(metric(rows.y, predicted.reshape(rows.y.shape), sample_weight=weights))
