"""A subject with a classifier alone, without what most capabilities are about; it needs no Keras."""


class Classifier:
    def __init__(self, model=None, **params):
        self.given = {"model": model, **params}

    def get_params(self, deep=True):
        return dict(self.given)


class Adapter:
    """It says by itself what it does not offer."""

    KerasClassifier = Classifier
    not_offered = ("base", "regressor", "routed-parameters")


class Mistyped(Adapter):
    not_offered = ("base", "regresor")
