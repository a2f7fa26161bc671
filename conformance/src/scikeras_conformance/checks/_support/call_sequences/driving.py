"""Executes a sequence of calls with the subject, and compares it with the contract."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from scikeras_conformance.catalog.printable import describe
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.call_sequences.executed import Executed
from scikeras_conformance.checks._support.call_sequences.observations import (
    Look,
    attempt,
    look_at,
    predictions_seen,
    training_seen,
)
from scikeras_conformance.checks._support.call_sequences.progress import (
    progress,
    random_generators,
)
from scikeras_conformance.checks._support.call_sequences.variants import copies, with_encoders
from scikeras_conformance.checks._support.contract_model.calls import (
    BY_LABEL,
    COPIES,
    FITTING,
    NAMED_RECORDER,
    OPTIMIZER,
    PREDICTING,
    RANDOM_STATE,
    RECORDER,
    TRAINING,
    Call,
    Sequence,
    split_parameters,
)
from scikeras_conformance.checks._support.contract_model.expectations import (
    REFUSAL,
    Expectations,
)
from scikeras_conformance.checks._support.contract_model.facts import UNSEEN
from scikeras_conformance.checks._support.contract_model.tasks import (
    HELD_OUT,
    LOSSES,
    rows_for,
    weights_by_label,
)
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.interruption import is_from_outside

__all__ = ["execute_sequence"]

OF_ENTRIES = ("entries of history_", "entries added to history_")
"""The facts that depend on what was logged."""

OF_EPOCHS = (*OF_ENTRIES, "current_epoch", "current_epoch, compared with before")
"""The facts that depend on how many epochs there were."""

ACCEPTED = "nothing"
"""What is noted for a call that should have been refused, and was accepted."""


def execute_sequence(context: CheckContext, sequence: Sequence) -> Executed:
    """Execute a sequence of calls until the subject raises where training is to go on.

    Calls of which the contract does not say what they do are left out.

    Parameters
    ----------
    context : CheckContext
        The context, of the wrapper that the sequence is for.
    sequence : Sequence
        What is done.
    """
    executed = Executed()
    driver = _Driver(context, sequence)
    expectations = Expectations(sequence)
    method = ""
    try:
        driver.construct()
        for executed.position, call in enumerate(sequence.calls):
            if not expectations.allows(call):
                continue
            expected, method = expectations.after(call), call.method
            try:
                seen = driver.refused(call) if REFUSAL in expected else driver.make(call)
            except _SubjectError as raised:
                executed.note(method, raised.error)
                if call.method not in PREDICTING:
                    break
                driver.look()
                continue
            # What comes of other parameters, or of training that had to be refused, is not what the
            # clauses of later facts say.
            if not executed.compare(expected, seen) or _was_trained_anyway(call, seen):
                break
    except _SubjectError as raised:
        executed.note(method, raised.error)
    finally:
        doubles.TRACE.make = None
    return executed


def _was_trained_anyway(call: Call, seen: Mapping[str, Any]) -> bool:
    """Return whether a call that had to be refused may have made another model."""
    return call.method in FITTING and seen.get(REFUSAL) == ACCEPTED


class _SubjectError(Exception):
    """The subject raised where it should not."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class _Driver:
    """Makes calls of an estimator, and reads facts."""

    def __init__(self, context: CheckContext, sequence: Sequence) -> None:
        self.context = context
        self.sequence = sequence
        self.scale = 2 if sequence.encoders else 1
        self.models: list[Any] = []
        self.returns_otherwise: set[str] = set()
        self.trains_never = False

    def construct(self) -> None:
        """Construct the estimator."""
        offers_meta = Capability.BUILDER_ARGUMENTS not in self.context.subject.not_offered
        self.offers_meta = offers_meta
        build = doubles.build_with_meta if offers_meta else doubles.build_without_meta
        params = {name: self._value(value) for name, value in self.sequence.params}
        if self.sequence.validation == "split":
            params |= split_parameters(self.sequence)
        elif self.sequence.validation.endswith("data"):
            params["fit__validation_data"] = self._held_out()
        if self.sequence.uncompiled:
            params.setdefault("optimizer", OPTIMIZER)
            params["loss"] = LOSSES[self.sequence.task.form][1]
        cls = self.context.cls
        if self.sequence.encoders:
            cls = with_encoders(self.context, named="epochs" in params)
        self.estimator = self._run(lambda: self.context.subject.construct(cls, build, **params))
        self.look()

    def look(self) -> Look:
        """Look at the estimator, for what the next call changes."""
        found: Look = self._run(lambda: look_at(self.estimator))
        self.before = found
        return found

    def _value(self, value: Any) -> Any:
        if value is BY_LABEL:
            return weights_by_label(rows_for(self.sequence.task, "A"))
        if value is RECORDER:
            return [doubles.TracingCallback]
        if value is NAMED_RECORDER:
            return {"own": doubles.TracingCallback}
        if value is RANDOM_STATE:
            return np.random.RandomState(7)
        return value

    def _data(self, name: str) -> tuple[Any, Any, Any]:
        """Return copies of a set of rows, which the subject could write to."""
        rows = rows_for(self.sequence.task, name)
        X, y, weights = (part.copy() for part in (rows.X, rows.y, rows.weights))
        if not self.sequence.is_framed(name):
            return X, y, weights
        import pandas as pd

        # Rows belong together by position; each index has the same labels in another order.
        index = np.arange(len(y))
        X = pd.DataFrame(X, columns=rows.names, index=np.roll(index, 5))
        y = (pd.Series if y.ndim == 1 else pd.DataFrame)(y, index=index[::-1])
        return X, y, pd.Series(weights, index=np.roll(index, 3))

    def _held_out(self) -> tuple[Any, ...]:
        """Return the data to validate on."""
        data = self._data(HELD_OUT)
        return data if self.sequence.validation.startswith("weighted") else data[:2]

    def _run(self, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except BaseException as error:
            if is_from_outside(error):
                raise
            raise _SubjectError(error) from error

    # -- calls ------------------------------------------------------------------------------------

    def make(self, call: Call) -> dict[str, Any]:
        """Make a call, and return the facts that can be read after it."""
        doubles.TRACE.clear()
        doubles.TRACE.make = lambda: self._model(call.rows)
        before = self.before
        seen = self._call(call)
        after = self.look()
        seen |= self._parameters(call, before, after)
        seen |= self._attributes(call, before, after)
        seen |= dict(self._of_the_model(call, before, after))
        return self._as_far_as_it_can_be_told(call, seen)

    def _as_far_as_it_can_be_told(self, call: Call, seen: dict[str, Any]) -> dict[str, Any]:
        """Return facts without those that other ones have to explain."""
        unknown: tuple[str, ...] = ()
        # In a loop of its own, the wrapper may have trained for any number of epochs, and may have
        # validated or not; whether it does what a call asks for is the business of other clauses.
        asked = dict(call.given)
        if "epochs" in asked and "epochs" not in seen:
            unknown = OF_EPOCHS
        elif "validation" not in seen and (self.sequence.validation or "validation_split" in asked):
            unknown = OF_ENTRIES
        if call.method in TRAINING and seen.get("training") is False:
            if self.trains_never:  # so it is now, for the same reason
                unknown = ("training", *OF_EPOCHS)
            self.trains_never = True
        return {name: value for name, value in seen.items() if name not in unknown}

    def _model(self, name: str) -> Any:
        task, rows = self.sequence.task, rows_for(self.sequence.task, name)
        activation, loss = LOSSES[task.form]
        units = rows.outputs.shape[1]
        loss = "" if self.sequence.uncompiled else loss
        return doubles.make_tracing_model(
            rows.X.shape[1], units, activation, loss, scale=self.scale
        )

    def refused(self, call: Call) -> dict[str, Any]:
        """Make a call that has to be refused, and return the fact of what it raised."""
        from sklearn.exceptions import NotFittedError

        X, y, _ = self._data(call.rows)
        doubles.TRACE.clear()
        # A wrapper that builds a model for other features, in place of an error, gets one.
        doubles.TRACE.make = lambda: self._model(call.rows)
        data = (X, y) if call.method in (*FITTING, "score") else (X,)
        try:
            getattr(self.estimator, call.method)(*data)
        except NotFittedError:
            found = "NotFittedError"
        except ValueError:
            found = "ValueError"
        except BaseException as error:
            if is_from_outside(error):
                raise
            found = describe(error)
        else:
            found = ACCEPTED
        return {REFUSAL: found}

    def _call(self, call: Call) -> dict[str, Any]:
        if call.method in COPIES:
            self.estimator = self._run(lambda: copies()[call.method](self.estimator))
            return {}
        given = {name: self._value(value) for name, value in call.given}
        if call.method == "set_params":
            self._run(lambda: self.estimator.set_params(**given))
            return {}
        X, y, weights = self._data(call.rows)
        arrays = {"X": X, "y": y, "sample_weight": weights}
        if self.sequence.validation.endswith("keyword") and call.method in TRAINING:
            held_out = given["validation_data"] = self._held_out()
            arrays |= dict(zip(("X_val", "y_val", "w_val"), held_out, strict=False))
        untouched = {name: np.array(array) for name, array in arrays.items()}
        data = (X, y) if call.method in (*FITTING, "score") else (X,)
        if call.weighted:
            given["sample_weight"] = weights
        generators = random_generators()
        returned = self._run(lambda: getattr(self.estimator, call.method)(*data, **given))
        changed = [name for name in arrays if not np.array_equal(arrays[name], untouched[name])]
        seen: dict[str, Any] = {"arrays changed": changed}
        is_same = generators == random_generators()
        seen["global random generators"] = "unchanged" if is_same else "changed"
        if call.method in FITTING and call.method not in self.returns_otherwise:
            is_itself = returned is self.estimator
            seen["what it returned"] = "the estimator" if is_itself else returned
            if not is_itself:  # so do all later calls, for the same reason
                self.returns_otherwise.add(call.method)
        result = {"predict": "predictions", "predict_proba": "probabilities", "score": "score"}
        if call.method in result:
            seen[result[call.method]] = returned
        return seen

    # -- facts ------------------------------------------------------------------------------------

    def _parameters(self, call: Call, before: Look, after: Look) -> dict[str, Any]:
        if call.method == "set_params":
            given = dict(call.given)
            wrong = [
                name
                for name, value in given.items()
                if not isinstance(value, type(BY_LABEL)) and after.params.get(name) is not value
            ]
            wrong += [name for name in after.unequal(before) if name not in given]
            found = "as they were set" if not wrong else f"not, at {', '.join(wrong)}"
        else:
            paths = after.unequal(before) if call.method in COPIES else after.changed(before)
            found = "unchanged" if not paths else f"changed at {', '.join(paths[:5])}"
        return {"parameters": found}

    def _attributes(self, call: Call, before: Look, after: Look) -> dict[str, Any]:
        created = after.names - before.names - after.params.keys()
        if call.method in FITTING:
            created = {name for name in created if not name.endswith("_") or name.endswith("__")}
        seen: dict[str, Any] = {"public attributes created": sorted(created)}
        fitted = [name for name in after.names if name.endswith("_")]
        seen["fitted attributes"] = sorted(fitted)
        estimator = self.estimator
        for name in ("initialized_", "target_type_", "n_features_in_", "n_classes_"):
            seen[name] = attempt(partial(getattr, estimator, name), promised=True)
        seen["classes_"] = attempt(lambda: np.asarray(estimator.classes_).tolist(), promised=True)
        names = attempt(partial(getattr, estimator, "feature_names_in_", None), promised=True)
        seen["feature_names_in_"] = None if names is None else np.asarray(names).tolist()
        return seen

    def _of_the_model(self, call: Call, before: Look, after: Look) -> Iterator[tuple[str, Any]]:
        trace, rows = doubles.TRACE, rows_for(self.sequence.task, call.rows)
        yield "calls of the builder", len(trace.builds)
        for built in trace.builds:
            yield "arguments of the builder", repr(built["width"])
            if self.offers_meta:
                keys: tuple[str, ...] = ("n_features_in_", "y_ndim_", "target_type_")
                is_regressor = self.context.wrapper is Wrapper.REGRESSOR
                keys += ("n_outputs_",) if is_regressor and not self.sequence.encoders else ()
                keys += ("classes_", "n_classes_") if rows.classes is not None else ()
                meta = {key: built["meta"].get(key, "missing") for key in keys}
                if self.sequence.is_framed(call.rows):
                    # An attribute that is not there is missing for another clause.
                    there = hasattr(self.estimator, "feature_names_in_")
                    names = built["meta"].get("feature_names_in_", "missing" if there else UNSEEN)
                    meta["feature_names_in_"] = names
                yield "meta", meta
        if self.sequence.encoders:
            yield "fits of encoders", trace.encoder_fits > 0
        if call.method in FITTING:
            by_builder = 0 if self.sequence.uncompiled else len(trace.builds)
            yield "compilations by the wrapper", trace.compiles - by_builder
            yield "optimizer of model_", attempt(partial(_optimizer_name, after.model))
            yield from training_seen(trace.fits, rows.ids, scale=self.scale).items()
            events = trace.events
            counts = events.count("train"), events.count("epoch")
            yield "starts and epochs that callbacks saw", counts
            if after.model is not None:  # that it is there is the business of INIT-7
                is_new = all(after.model is not other for other in self.models)
                kept = after.model is before.model
                found = "the same as before" if kept else "new" if is_new else "an earlier one"
                yield "model_", found
                self.models.append(after.model)
        elif call.method in PREDICTING:
            yield from predictions_seen(trace.predicts, scale=self.scale).items()
            if trace.predicts:
                yield "predictions that callbacks saw", trace.events.count("predict")
        is_training = call.method in TRAINING
        yield from progress(before, after, trace.fits, is_training=is_training)


def _optimizer_name(model: Any) -> str:
    return type(model.optimizer).__name__.lower()
