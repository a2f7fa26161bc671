"""A classifier as articles show it: it knows positions only, and hands all else to Keras.

Its `fit` takes nothing but X and y, passes a list of one input, returns the history, and keeps the
model under another name than the contract. Its mixins are in the wrong order.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Classifier(BaseEstimator, ClassifierMixin):
    def __init__(self, model=None):
        self.model = model

    def fit(self, X, y):
        self.net = self.model()
        return self.net.fit([X], y, verbose=0)

    def predict_proba(self, X):
        return self.net.predict([X], verbose=0)

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)


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
