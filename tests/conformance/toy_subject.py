"""A subject that offers the three names and keeps few promises, without needing Keras."""


class BaseWrapper:
    def __init__(self, model=None, **params):
        self.given = {"model": model, **params}

    def get_params(self, deep=True):
        return dict(self.given)

    def __getattr__(self, name):
        try:
            return self.__dict__["given"][name]
        except KeyError:
            raise AttributeError(name) from None


class KerasClassifier(BaseWrapper):
    pass


class KerasRegressor(BaseWrapper):
    pass


class Adapter:
    """The same wrappers, for constructors that take their parameters as a dict."""

    class BaseWrapper(BaseWrapper):
        def __init__(self, settings):
            super().__init__(**settings)

    class KerasClassifier(BaseWrapper):
        pass

    class KerasRegressor(BaseWrapper):
        pass

    @staticmethod
    def construct(wrapper, *args, **params):
        if args:
            params["model"] = args[0]
        return wrapper(params)

    @classmethod
    def sklearn_estimator(cls, kind, check):
        return cls.KerasRegressor({"model": (kind, check)})


class Derived(Adapter):
    """An adapter whose regressor stands for another class."""

    class KerasClassifier(Adapter.KerasClassifier):
        pass

    public_classes = {"regressor": KerasRegressor}  # noqa: RUF012


incomplete = type("Incomplete", (), {"BaseWrapper": BaseWrapper, "KerasClassifier": "text"})
