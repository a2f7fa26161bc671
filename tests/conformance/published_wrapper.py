"""Classifiers as articles show them, and as the checks had not seen any."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Classifier(BaseEstimator, ClassifierMixin):
    """It knows positions only, and hands all else to Keras.

    Its `fit` takes nothing but X and y, passes a list of one input, returns the history, and keeps
    the model under another name than the contract. Its mixins are in the wrong order.
    """

    def __init__(self, model=None):
        self.model = model

    def fit(self, X, y):
        self.net = self.model()
        return self.net.fit([X], y, verbose=0)

    def predict_proba(self, X):
        return self.net.predict([X], verbose=0)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)


class OwnLoop(ClassifierMixin, BaseEstimator):
    """It trains in a loop of its own, calls the model, and ignores what else `fit` is given."""

    def __init__(self, model=None, epochs=1, batch_size=32):
        self.model = model
        self.epochs = epochs
        self.batch_size = batch_size

    def fit(self, X, y, **kwargs):
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.model_ = self.model()
        self.history_ = {"loss": []}
        for _ in range(self.epochs):
            for start in range(0, len(X), self.batch_size):
                rows = slice(start, start + self.batch_size)
                loss = self.model_.train_on_batch(X[rows], codes[rows])
            self.history_["loss"].append(float(np.ravel(loss)[0]))
        return self

    def predict(self, X):
        outputs = np.asarray(self.model_(X))
        codes = outputs.argmax(axis=1) if outputs.shape[1] > 1 else outputs[:, 0] > 0.5
        return self.classes_[codes.astype(int)]


class Adapter:
    KerasClassifier = Classifier
    not_offered = (
        "base",
        "regressor",
        "initialize",
        "partial-fit",
        "compilation-parameters",
        "builder-arguments",
        "routed-parameters",
        "encoders",
        "random-state",
        "callback-classes",
    )
