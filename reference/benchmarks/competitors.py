"""The competitors: each performs the same task with its own API.

A competitor is imported only when it is used, because the import is measured too. A method without
a counterpart raises `Absent` with the reason, which the report shows.
"""

import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from benchmarks.task import BATCH_SIZE, FEATURES, Settings, layers

__all__ = ["COMPETITORS", "Absent", "Competitor"]

Grid = dict[str, list[Any]]  # keys are fields of Settings


class Absent(Exception):  # noqa: N818 - not an error
    """A competitor has no counterpart for a scenario."""


class Competitor:
    """An implementation of the common task.

    Estimators and fitted objects are opaque to the scenarios: the results of `construct` and `fit`
    are only passed to other methods of the same competitor.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    statement: ClassVar[str]  # the import that users write
    needs: ClassVar[tuple[str, ...]]  # required modules
    library: ClassVar[str] = "Keras"  # competitors of one library share a process

    def construct(self, settings: Settings) -> Any:  # noqa: ARG002
        """Return an unfitted estimator."""
        raise Absent("has no estimator")

    def change(self, estimator: Any, settings: Settings) -> None:  # noqa: ARG002
        """Set two parameters of an estimator to the values of the settings."""
        raise Absent("has no parameters")

    def fit(self, estimator: Any, X: Any, y: Any) -> Any:
        """Train an estimator with a new model, and return the fitted object."""
        return estimator.fit(X, y)

    def start(self, settings: Settings) -> Any:
        """Return the first argument of `fit`: an estimator or an equivalent."""
        return self.construct(settings)

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:
        """Return a function that predicts for rows in batches of a given size."""
        raise NotImplementedError

    def dump(self, fitted: Any) -> bytes:
        """Return the pickle of a fitted object."""
        return pickle.dumps(fitted)

    def search(self, X: Any, y: Any, grid: Grid, settings: Settings, folds: int, jobs: int) -> Any:
        """Search a grid with cross-validation and return the refitted best estimator."""
        from sklearn.model_selection import GridSearchCV, KFold

        # Explicit folds: SciKeras is not recognized as a classifier and would get other folds.
        search = GridSearchCV(
            self.start(settings), self.grid(grid, settings), cv=KFold(folds), n_jobs=jobs,
            error_score="raise",
        )  # fmt: skip
        return search.fit(X, y, **self.fit_arguments(settings)).best_estimator_

    def grid(self, grid: Grid, settings: Settings) -> Grid:
        """Return a grid with the parameter names of the competitor."""
        raise NotImplementedError

    def fit_arguments(self, settings: Settings) -> dict[str, Any]:  # noqa: ARG002
        """Return arguments for ``fit`` that the constructor would lose."""
        return {}


class _SciKerasApi(Competitor):
    """The common parameters of the reference and SciKeras."""

    module: ClassVar[str]

    def construct(self, settings: Settings) -> Any:
        import importlib

        steps = settings.steps_per_execution
        return importlib.import_module(self.module).KerasClassifier(
            _build, hidden=settings.hidden, optimizer="adam",
            optimizer__learning_rate=settings.learning_rate,
            loss="sparse_categorical_crossentropy", epochs=settings.epochs,
            batch_size=settings.batch_size, run_eagerly=settings.eager, verbose=0,
            **({} if settings.features == FEATURES else {"features": settings.features}),
            **({"words": settings.words} if settings.words else {}),
            **({} if steps == 1 else {"compile__steps_per_execution": steps}),
        )  # fmt: skip

    def change(self, estimator: Any, settings: Settings) -> None:
        estimator.set_params(
            hidden=settings.hidden, optimizer__learning_rate=settings.learning_rate
        )

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:
        fitted.set_params(predict__batch_size=batch_size)
        predict: Callable[[Any], Any] = fitted.predict
        return predict

    def grid(self, grid: Grid, settings: Settings) -> Grid:  # noqa: ARG002
        names = {"hidden": "hidden", "learning_rate": "optimizer__learning_rate"}
        return {names[name]: values for name, values in grid.items()}


class Reference(_SciKerasApi):
    """The reference implementation of this repository."""

    name, title = "reference", "reference"
    needs = ("scikeras_reference",)
    module = "scikeras_reference"
    statement = "from scikeras_reference import KerasClassifier"


class ReferenceXla(Reference):
    """The reference, whose users ask for a step that XLA compiles."""

    name, title = "reference-xla", "reference with `jit_compile`"

    def construct(self, settings: Settings) -> Any:
        _tensorflow()
        if settings.eager:
            raise Absent("compiles nothing that is run eagerly")
        return super().construct(settings).set_params(compile__jit_compile=True)


class SciKeras(_SciKerasApi):
    """SciKeras."""

    name, title = "scikeras", "SciKeras"
    needs = ("scikeras",)
    module = "scikeras.wrappers"
    statement = "from scikeras.wrappers import KerasClassifier"


class BareKeras(Competitor):
    """Keras without a wrapper; the settings are used as the estimator."""

    name, title = "keras", "bare Keras"
    needs = ("keras",)
    statement = "import keras"

    def start(self, settings: Settings) -> Any:
        return settings

    def fit(self, estimator: Any, X: Any, y: Any) -> Any:
        model = _compiled(estimator, "sparse_categorical_crossentropy")
        model.fit(X, y, batch_size=estimator.batch_size, epochs=estimator.epochs, verbose=0)
        return model

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:
        return lambda X: fitted.predict(X, batch_size=batch_size, verbose=0)

    def search(self, X: Any, y: Any, grid: Grid, settings: Settings, folds: int, jobs: int) -> Any:
        """Search with a loop over folds and grid, and refit the best candidate."""
        from dataclasses import replace

        import numpy as np
        from joblib import Parallel, delayed
        from sklearn.model_selection import KFold, ParameterGrid

        candidates = [replace(settings, **point) for point in ParameterGrid(grid)]
        splits = list(KFold(folds).split(X))
        scores = Parallel(n_jobs=jobs)(
            delayed(_score)(candidate, X, y, *split) for candidate in candidates for split in splits
        )
        means = np.reshape(scores, (len(candidates), folds)).mean(axis=1)
        return self.fit(candidates[int(np.argmax(means))], X, y)


class PredictOnBatch(BareKeras):
    """Keras's own prediction without an input pipeline, for a single batch."""

    name, title = "predict_on_batch", "`predict_on_batch`"

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:  # noqa: ARG002
        predict: Callable[[Any], Any] = fitted.predict_on_batch
        return predict


class KerasPipeline(BareKeras):
    """Keras with an input pipeline that the user writes."""

    name, title = "keras-pipeline", "Keras with `tf.data`"
    needs = ("keras",)

    def fit(self, estimator: Any, X: Any, y: Any) -> Any:
        tf = _tensorflow()
        rows = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(10 * estimator.batch_size)
        model = _compiled(estimator, "sparse_categorical_crossentropy")
        batches = rows.batch(estimator.batch_size).prefetch(tf.data.AUTOTUNE)
        model.fit(batches, epochs=estimator.epochs, verbose=0)
        return model

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:
        tf = _tensorflow()

        def predict(X: Any) -> Any:
            batches = tf.data.Dataset.from_tensor_slices(X).batch(batch_size)
            return fitted.predict(batches.prefetch(tf.data.AUTOTUNE), verbose=0)

        return predict


class KerasXla(BareKeras):
    """Keras with a step that XLA compiles."""

    name, title = "keras-xla", "Keras with `jit_compile`"

    def fit(self, estimator: Any, X: Any, y: Any) -> Any:
        _tensorflow()
        if estimator.eager:
            raise Absent("compiles nothing that is run eagerly")
        model = _compiled(estimator, "sparse_categorical_crossentropy", jit_compile=True)
        model.fit(X, y, batch_size=estimator.batch_size, epochs=estimator.epochs, verbose=0)
        return model


class KerasWrappers(Competitor):
    """Keras's own wrappers, with one-hot targets and a fixed batch size of 32 in predict."""

    name, title = "keras.wrappers", "`keras.wrappers`"
    needs = ("keras",)
    statement = "from keras.wrappers import SKLearnClassifier"

    def construct(self, settings: Settings) -> Any:
        from keras.wrappers import SKLearnClassifier

        return SKLearnClassifier(
            _build_for_data,
            model_kwargs={"settings": settings},
            fit_kwargs=self.fit_arguments(settings),
        )

    def change(self, estimator: Any, settings: Settings) -> None:
        estimator.set_params(
            model_kwargs={"settings": settings}, fit_kwargs=self.fit_arguments(settings)
        )

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:
        if batch_size != BATCH_SIZE:
            raise Absent(f"predicts in batches of {BATCH_SIZE} rows, always")
        predict: Callable[[Any], Any] = fitted.predict
        return predict

    def grid(self, grid: Grid, settings: Settings) -> Grid:
        from dataclasses import replace

        from sklearn.model_selection import ParameterGrid

        points = [replace(settings, **point) for point in ParameterGrid(grid)]
        return {"model_kwargs": [{"settings": point} for point in points]}

    def fit_arguments(self, settings: Settings) -> dict[str, Any]:
        # Clones of this wrapper lose fit_kwargs; without these, a search would train less.
        return {"epochs": settings.epochs, "batch_size": settings.batch_size, "verbose": 0}


class Skorch(Competitor):
    """The same network on PyTorch."""

    name, title = "skorch", "skorch"
    needs = ("skorch", "torch")
    statement = "from skorch import NeuralNetClassifier"
    library = "PyTorch"

    def construct(self, settings: Settings) -> Any:
        import torch
        from skorch import NeuralNetClassifier

        from benchmarks.torch_network import Network

        return NeuralNetClassifier(
            Network, module__hidden=settings.hidden, criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam, lr=settings.learning_rate, max_epochs=settings.epochs,
            batch_size=settings.batch_size, iterator_train__shuffle=True, train_split=None,
            verbose=0,
        )  # fmt: skip

    def change(self, estimator: Any, settings: Settings) -> None:
        estimator.set_params(module__hidden=settings.hidden, lr=settings.learning_rate)

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:
        fitted.set_params(batch_size=batch_size)
        predict: Callable[[Any], Any] = fitted.predict
        return predict

    def grid(self, grid: Grid, settings: Settings) -> Grid:  # noqa: ARG002
        names = {"hidden": "module__hidden", "learning_rate": "lr"}
        return {names[name]: values for name, values in grid.items()}


class Perceptron(Competitor):
    """scikit-learn's own network, which has no graph to trace and no start-up."""

    name, title = "mlp", "`MLPClassifier`"
    needs = ("sklearn",)
    statement = "from sklearn.neural_network import MLPClassifier"
    library = "scikit-learn"

    def construct(self, settings: Settings) -> Any:
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier(
            (settings.hidden,), learning_rate_init=settings.learning_rate, alpha=0.0,
            batch_size=settings.batch_size, max_iter=settings.epochs,
            n_iter_no_change=settings.epochs + 1,
        )  # fmt: skip

    def change(self, estimator: Any, settings: Settings) -> None:
        estimator.set_params(
            hidden_layer_sizes=(settings.hidden,), learning_rate_init=settings.learning_rate
        )

    def fit(self, estimator: Any, X: Any, y: Any) -> Any:
        with _without_warnings():
            return super().fit(estimator, X, y)

    def predictor(self, fitted: Any, batch_size: int) -> Callable[[Any], Any]:  # noqa: ARG002
        predict: Callable[[Any], Any] = fitted.predict
        return predict

    def search(self, *args: Any, **kwargs: Any) -> Any:
        with _without_warnings():
            return super().search(*args, **kwargs)

    def grid(self, grid: Grid, settings: Settings) -> Grid:  # noqa: ARG002
        found = {"learning_rate_init": grid["learning_rate"]}
        if "hidden" in grid:
            found["hidden_layer_sizes"] = [(width,) for width in grid["hidden"]]
        return found


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Hide that training ended after ``max_iter`` epochs, which is what is measured."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _tensorflow() -> Any:
    import importlib

    import keras

    if keras.backend.backend() != "tensorflow":
        raise Absent("differs from bare Keras on TensorFlow only")
    return importlib.import_module("tensorflow")


def _build(hidden: int, features: int | tuple[int, ...] = FEATURES, words: int = 0) -> Any:
    return layers(hidden, features, words)


def _build_for_data(X: Any, y: Any, settings: Settings) -> Any:  # noqa: ARG001
    return _compiled(settings, "categorical_crossentropy")


def _compiled(settings: Settings, loss: str, **arguments: Any) -> Any:
    import keras

    model = layers(settings.hidden, settings.features, settings.words)
    optimizer = keras.optimizers.Adam(learning_rate=settings.learning_rate)
    model.compile(
        optimizer, loss=loss, run_eagerly=settings.eager,
        steps_per_execution=settings.steps_per_execution, **arguments,
    )  # fmt: skip
    return model


def _score(settings: Settings, X: Any, y: Any, train: Any, test: Any) -> float:
    model = BareKeras().fit(settings, X[train], y[train])
    predicted = model.predict(X[test], batch_size=BATCH_SIZE, verbose=0).argmax(axis=1)
    return float((predicted == y[test]).mean())


COMPETITORS: dict[str, Competitor] = {
    competitor.name: competitor
    for competitor in (
        Reference(), ReferenceXla(), BareKeras(), KerasPipeline(), KerasXla(), PredictOnBatch(),
        KerasWrappers(), SciKeras(), Skorch(), Perceptron(),
    )
}  # fmt: skip
