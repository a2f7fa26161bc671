"""Whatever an estimator may be used for, and what that leaves behind outside of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import helper_layer, helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.runner import global_settings
from scikeras_conformance.runner.context import CheckContext

__all__ = ["USES", "require_no_trace"]


class Use(NamedTuple):
    """Data, parameters, and a builder."""

    X: Any
    y: Any
    params: dict[str, Any]
    build: Callable[[], Any]


def _plain(context: CheckContext, **params: Any) -> Use:
    X, y, *_ = doubles.dataset(context.wrapper)
    return Use(X, y, params, lambda: stub_model(context))


def _uncompiled(context: CheckContext, loss: Any, **params: Any) -> Use:
    given = {"optimizer": "sgd", "loss": loss, **params}
    return _plain(context, **given)._replace(build=lambda: doubles.stub_model_for(context.wrapper))


def _dtypes(context: CheckContext) -> list[Use]:
    import scipy.sparse

    use = _plain(context)
    features = [use._replace(X=use.X.astype(dtype)) for dtype in ("float16", "float64", "int8")]
    features.append(use._replace(X=scipy.sparse.csr_matrix(use.X.astype(np.float64))))
    if context.is_classifier:
        return features
    targets = [use._replace(y=use.y.astype(dtype)) for dtype in ("float16", "float64", "int64")]
    return [*features, *targets]


def _images(context: CheckContext) -> list[Use]:
    _, y, *_ = doubles.dataset(context.wrapper)
    generator = np.random.default_rng(3)

    def use(shape: tuple[int, ...]) -> Use:
        def build() -> Any:
            inputs = keras.Input(shape)
            outputs = helper_layer(context)(keras.layers.Flatten()(inputs))
            model = doubles.StubModel(inputs, outputs)
            model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
            return model

        X = generator.normal(size=(len(y), *shape)).astype(np.float32)
        return Use(X, y, {}, build)

    return [use(shape) for shape in ((1, 5, 5), (3, 4, 4), (5, 5, 1), (4, 4, 3), (4, 2))]


def _batches(context: CheckContext) -> list[Use]:
    X, y, *_ = doubles.dataset(context.wrapper)
    X, y = np.resize(X, (300, X.shape[1])), np.resize(y, 300)
    uses = [_plain(context, **{name: size}) for name in SIZES for size in (1, 128, 1024, -1)]
    return [use._replace(X=X, y=y) for use in uses]


SIZES = ("batch_size", "fit__batch_size", "predict__batch_size")


def _losses(context: CheckContext) -> list[Use]:
    names = (
        *("mean_squared_error", "mean_absolute_error", "mean_squared_logarithmic_error"),
        *("mean_absolute_percentage_error", "cosine_similarity", "huber", "log_cosh", "poisson"),
        *("hinge", "squared_hinge", "kl_divergence", "binary_crossentropy"),
        *("binary_focal_crossentropy", "categorical_crossentropy"),
    )
    return [_uncompiled(context, name) for name in names]


def _own(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def _compilations(context: CheckContext) -> list[Use]:
    loss = helper_loss(context)
    return [
        _uncompiled(context, loss, run_eagerly=True),
        _uncompiled(context, loss, compile__run_eagerly=True),
        _uncompiled(context, loss, compile__jit_compile=True),
        _uncompiled(context, loss, metrics=[_own, "mae"]),
        _uncompiled(context, _own),
    ]


def _others(context: CheckContext) -> list[Use]:
    return [
        _plain(context, verbose=0),
        _plain(context, verbose=1),
        _plain(context, random_state=3, validation_split=0.25),
        _plain(context, random_state=np.random.RandomState(3)),
        _plain(context, warm_start=True, callbacks=[keras.callbacks.TerminateOnNaN]),
    ]


USES: Mapping[str, Callable[[CheckContext], list[Use]]] = {
    "dtypes": _dtypes,
    "images": _images,
    "batches": _batches,
    "losses": _losses,
    "compilations": _compilations,
    "others": _others,
}
"""By name: functions that return what estimators are used for."""


_METHODS = ("fit", "fit", "partial_fit", "predict", "predict_proba", "score")

_found: WeakKeyDictionary[type, dict[str, dict[str, str]]] = WeakKeyDictionary()
"""By class and case: what was left behind, by what it is, in words."""


def require_no_trace(context: CheckContext, kind: str) -> None:
    """Require that no method leaves something behind, whatever an estimator is used for.

    All kinds are looked for in one execution.

    Parameters
    ----------
    context : CheckContext
        The context; its case is a key of `USES`.
    kind : str
        ``"settings"`` of Keras, or the ``"arrays"`` that a method was given.
    """
    cases = _found.setdefault(context.cls, {})
    if context.case not in cases:
        X, y, *_ = doubles.dataset(context.wrapper)
        # A first fit may load what every later one uses.
        context.fit(context.make(lambda: stub_model(context)), X, y)
        cases[context.case] = _traces(context, USES[context.case](context))
    context.require(kind not in cases[context.case], cases[context.case].get(kind, ""))


def _traces(context: CheckContext, uses: list[Use]) -> dict[str, str]:
    traces: dict[str, str] = {}
    for use in uses:
        given = accepted(context, **use.params)
        if given.keys() != use.params.keys():
            continue
        estimator = context.make(use.build, **given)
        weights = np.linspace(0.5, 2.0, len(use.y))
        for method in _METHODS:
            if not hasattr(context.cls, method):
                continue
            takes_target = not method.startswith("predict")
            for weighted in (False, True) if takes_target else (False,):
                arrays = {"X": use.X.copy(), "y": use.y.copy(), "sample_weight": weights.copy()}
                data = [arrays["X"], *([arrays["y"]] if takes_target else [])]
                more = {"sample_weight": arrays["sample_weight"]} if weighted else {}
                # What does not work is what other clauses are about.
                with (
                    global_settings.restored_settings(context.subject.packages) as changed,
                    suppress(Exception),
                ):
                    getattr(estimator, method)(*data, **more)
                parts = [
                    f"{type(use.X).__name__} X of shape {use.X.shape} and dtype {use.X.dtype}",
                    f"y of {use.y.dtype}",
                    *(f"{name}={value!r}" for name, value in given.items()),
                    *more,
                ]
                what = f"{method} with {', '.join(parts)}"
                if changed:
                    text = f"{what} changed settings of Keras: {', '.join(changed)}"
                    traces.setdefault("settings", text)
                same = {"X": use.X, "y": use.y, "sample_weight": weights}
                written = [name for name in arrays if not _untouched(arrays[name], same[name])]
                if written:
                    traces.setdefault("arrays", f"{what} wrote to {', '.join(written)}")
    return traces


def _untouched(found: Any, expected: Any) -> bool:
    if hasattr(found, "toarray"):
        return _untouched(found.toarray(), expected.toarray())
    return bool(
        found.shape == expected.shape
        and found.dtype == expected.dtype
        and np.array_equal(found, expected)
    )
