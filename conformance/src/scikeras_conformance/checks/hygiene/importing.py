"""HYG-3: what importing the wrapper changes in a process."""

from scikeras_conformance.catalog.check import Shares, Wrapper, check
from scikeras_conformance.checks._support.fresh_interpreter import run_in_fresh_interpreter
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext

# The import is the same for all wrappers.
ONCE = [Wrapper.BASE]
IMPORTING = '''
import logging, os, random, types, warnings

PACKAGES = ("keras", "sklearn")
FUNCTIONS = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def of_packages(name):
    return str(name).partition(".")[0] in PACKAGES


def names():
    """Everything that Keras and scikit-learn define: functions, classes, and what is in classes."""
    found, seen = {}, set()
    # Users know a class by its shortest name.
    for name in sorted(filter(of_packages, sys.modules), key=lambda name: name.count(".")):
        for attribute, value in list(vars(sys.modules[name]).items()):
            if isinstance(value, FUNCTIONS):
                found[f"{name}.{attribute}"] = value
            # Tables such as those of losses by name; what is registered is looked at by itself.
            if isinstance(value, dict) and attribute.isupper() and "GLOBAL" not in attribute:
                found |= {f"{name}.{attribute}[{key!r}]": item for key, item in value.items()}
            if isinstance(value, type) and of_packages(value.__module__) and value not in seen:
                seen.add(value)
                for inner, item in list(vars(value).items()):
                    # Private data of a class may change: counters, caches.
                    private = inner.startswith("_") and not inner.startswith("__")
                    if callable(item) or hasattr(item, "__get__") or not private:
                        found[f"{name}.{attribute}.{inner}"] = item
    return found


def settings():
    """What Keras and scikit-learn have for the whole process."""
    import keras, sklearn

    found = {f"sklearn.get_config()[{k!r}]": v for k, v in sklearn.get_config().items()}
    for name, function in vars(keras.config).items():
        if callable(function) and not name.startswith(("_", "set_", "enable_", "disable_")):
            found[f"keras.config.{name}()"] = function()
    found["keras.config.dtype_policy()"] = keras.config.dtype_policy().name
    for name, value in os.environ.items():
        if name.startswith(("KERAS_", "SKLEARN_")):
            found[f"environment variable {name}"] = value
    for name in PACKAGES:
        logger = logging.getLogger(name)
        found[f"the logger {name}"] = logger.level, logger.disabled, logger.handlers
    # Filters for warnings of one of the packages, by their class or by the module.
    found["the filters of warnings of Keras and scikit-learn"] = [
        entry
        for entry in warnings.filters
        if of_packages(entry[2].__module__)
        or any(package in getattr(entry[3], "pattern", "") for package in PACKAGES)
    ]
    return {name: repr(value) for name, value in found.items()}


def registered():
    import keras

    return dict(keras.saving.get_custom_objects())


def process():
    """What belongs to the process, and to whoever starts it."""
    import numpy as np

    root = logging.getLogger()
    return {
        **{f"environment variable {name}": value for name, value in os.environ.items()},
        "the filters of warnings": repr(warnings.filters),
        "the handlers of the root logger": repr(root.handlers),
        "the level of the root logger": repr(root.level),
        "numpy.get_printoptions()": repr(np.get_printoptions()),
        "numpy.geterr()": repr(np.geterr()),
        "the state of random": repr(random.getstate()),
        "the state of numpy.random": repr(np.random.get_state()),
        "the current directory": os.getcwd(),
        "sys.excepthook": repr(sys.excepthook),
    }


def prepare():
    import keras, numpy
    import sklearn.compose, sklearn.ensemble, sklearn.linear_model, sklearn.metrics
    import sklearn.model_selection, sklearn.pipeline, sklearn.preprocessing
    import sklearn.utils.estimator_checks

    # Keras and scikit-learn do some things when they are first used; do them now.
    keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).compile("sgd", "mse")
    keras.random.uniform((1,))
    return names(), settings(), registered(), process()


def use(prepared, classes, construct):
    return None


def conclude(prepared, used):
    missing = object()
    before, before_settings, before_registered, before_process = prepared
    after, after_settings, after_process = names(), settings(), process()
    changed = [
        f"{name} ({'removed' if name not in after else 'replaced'})"
        for name, value in before.items()
        if after.get(name, missing) is not value
    ]
    # Modules that were loaded before, and their classes, must not have new attributes either.
    places = {name.rpartition(".")[0] for name in before}
    changed += [
        f"{name} (added)"
        for name in after
        if name not in before and name.rpartition(".")[0] in places
    ]
    changed += [
        name
        for name in {**before_settings, **after_settings}
        if before_settings.get(name) != after_settings.get(name)
    ]
    now = registered()
    changed += [
        f"keras.saving.get_custom_objects()[{name!r}]"
        for name, value in before_registered.items()
        if now.get(name, missing) is not value
    ]
    around = [
        name
        for name in {**before_process, **after_process}
        if before_process.get(name) != after_process.get(name)
    ]
    return {"packages": sorted(set(changed)), "process": sorted(around), "watched": len(before)}
'''


def _shown(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


@check(
    "HYG-3.import",
    verifies="importing the implementation changes no class, function or setting of other "
    "libraries",
    impact="other code in the program uses a changed Keras",
    wrappers=ONCE,
    shares=Shares.PROCESSES,
)
def importing(context: CheckContext) -> None:
    found = run_in_fresh_interpreter(context, IMPORTING, "importing the subject in a fresh process")
    changed = found["packages"]
    context.require(not changed, f"importing the subject changed {_shown(changed)}")


@check(
    "HYG-3.import-process",
    verifies="importing the implementation does not change environment, logging, warnings or "
    "random generators",
    impact="one import undoes what a user has set up for the whole program",
    wrappers=ONCE,
    level=Level.SHOULD,
    shares=Shares.PROCESSES,
)
def importing_in_process(context: CheckContext) -> None:
    found = run_in_fresh_interpreter(context, IMPORTING, "importing the subject in a fresh process")
    changed = found["process"]
    context.require(not changed, f"importing the subject changed {_shown(changed)}")
