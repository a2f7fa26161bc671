"""Subjects that call builders in ways of their own, each with a classifier alone."""

import inspect
import time

import numpy as np


class _Classifier:
    def __init__(self, model=None, **params):
        self.model = model
        self.params = params

    def get_params(self, deep=True):
        return {"model": self.model, **self.params}

    def fit(self, X, y):
        self.model_ = self._build(X, y)
        self.model_.fit(X, self._target(y))
        return self

    def predict(self, X):
        outputs = self.model_.predict(X)
        return self._labels(np.asarray(outputs))

    def _target(self, y):
        return np.asarray(y).reshape(-1, 1)

    def _labels(self, outputs):
        return (outputs[:, 0] > 0.5).astype(int)


class Keywords(_Classifier):
    def _build(self, X, y):
        return self.model(**self.params)


class SettingsForMetrics(_Classifier):
    """It passes compile_kwargs in a sense of its own, like scikit-keras."""

    def _build(self, X, y):
        named = inspect.signature(self.model).parameters
        settings = {"compile_kwargs": {"metrics": ["accuracy"]}}
        return self.model(**{name: settings[name] for name in settings if name in named})


class DataFirst(_Classifier):
    def _build(self, X, y):
        return self.model(X, y, **self.params)


class DataByName(_Classifier):
    def _build(self, X, y):
        return self.model(X=X, y=y, **self.params)


class Shapes(_Classifier):
    """It passes what the signature of the builder names, like scikit-keras."""

    def _build(self, X, y):
        named = inspect.signature(self.model).parameters
        given = {name: value for name, value in self.params.items() if name in named}
        return self.model(X.shape[1:], y.shape[1:], **given)


class TakesModels(_Classifier):
    def _build(self, X, y):
        if not hasattr(self.model, "layers"):
            raise TypeError("model has to be a Keras model")
        return self.model


class SeedsTraining(TakesModels):
    """It seeds what it draws itself; the model was drawn before."""

    def fit(self, X, y):
        import keras

        keras.utils.set_random_seed(int(self.params.get("random_state", 0)))
        return super().fit(X, y)


class OneHot(Keywords):
    """It trains models with one unit for each class only."""

    def _target(self, y):
        return np.eye(2)[np.asarray(y)]

    def _labels(self, outputs):
        return outputs.argmax(axis=1)


class IgnoresBuilders(_Classifier):
    def fit(self, X, y):
        return self


class NeverFits(_Classifier):
    def fit(self, X, y):
        print("training ...")
        raise RuntimeError("out of order")


class Hangs(_Classifier):
    def fit(self, X, y):
        time.sleep(600)


class Adapter:
    """A builder of this subject is called with a dict of everything."""

    not_offered = ("base", "regressor")

    class KerasClassifier(_Classifier):
        def _build(self, X, y):
            return self.model({"X": X, **self.params})

    @staticmethod
    def wrap_builder(builder):
        def adapted(given):
            return builder(**{name: value for name, value in given.items() if name != "X"})

        return adapted
