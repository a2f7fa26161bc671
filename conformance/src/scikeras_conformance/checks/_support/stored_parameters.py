"""Whether an estimator stores its parameters as they were given."""

from typing import Any

from scikeras_conformance.runner.context import CheckContext

__all__ = ["PREFIXES", "require_stored"]


PREFIXES = ("model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score")


def require_stored(context: CheckContext, estimator: Any, given: dict[str, Any]) -> None:
    """Require that an estimator stores parameters as the same objects."""
    params = context.observe.params(estimator)
    lost = [name for name in given if name not in params]
    context.require(not lost, f"get_params() does not list {', '.join(lost)}")
    changed = [name for name, value in given.items() if params[name] is not value]
    context.require(not changed, f"get_params() returns another object for {', '.join(changed)}")
    with context.doing("get_params(deep=True)"):
        deep = estimator.get_params()
    changed = [name for name, value in given.items() if deep.get(name) is not value]
    context.require(
        not changed,
        f"get_params(deep=True) returns another object for {', '.join(changed)}, and "
        "get_params(deep=False) the one that was given",
    )
    for name, value in given.items():
        with context.doing(f"reading the attribute {name}"):
            stored = getattr(estimator, name)
        context.require(
            stored is value, f"the attribute {name} is another object than the argument"
        )
