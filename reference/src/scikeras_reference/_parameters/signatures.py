"""Whether a method takes the arguments that are meant for it, before it is called."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from scikeras_reference._parameters.storage import suggestion
from scikeras_reference.exceptions import RoutingError

__all__ = ["accepted", "check_accepted"]


def accepted(method: Callable[..., Any], names: Iterable[str]) -> list[str]:
    """Return those of `names` that a method takes as keywords; all, if that is not known.

    >>> accepted(lambda x, epochs=1: None, ["epochs", "verbose"])
    ['epochs']
    """
    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):
        return list(names)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return [name for name in names if takes_any or name in parameters]


def check_accepted(
    method: Callable[..., Any],
    name: str,
    given: Mapping[str, Iterable[str]],
    own: Collection[str] = (),
) -> None:
    """Check that a method of a model takes each of the arguments that a user named.

    Parameters
    ----------
    method : callable
        ``model.fit``, for instance, of Keras or of the user's own model.
    name : str
        Its name, for errors; a partial or a mock has none.
    given : mapping of str to iterable of str
        By prefix (``"fit__"``, or ``""`` for keywords of the call), the names of arguments.
    own : collection of str
        Arguments that the wrapper passes itself.

    Raises
    ------
    RoutingError
        A ``TypeError`` with the name as the user gave it.

    Examples
    --------
    >>> check_accepted(lambda x, epochs=1: None, "fit", {"fit__": ["epochs"]}, own={"x"})
    """
    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):  # some callables that are written in C have no signature
        return
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for prefix, names in given.items():
        for argument in names:
            if argument in own:
                raise RoutingError(
                    f"{prefix}{argument} is what the wrapper gives to Model.{name} itself, encoded"
                    f" for the model. Leave it out, and give the data as X, y or sample_weight."
                )
            if not takes_any and argument not in parameters:
                known = [parameter for parameter in parameters if parameter not in own]
                meant = known if prefix else [*known, *own]
                raise RoutingError(
                    f"{prefix}{argument} leads to Model.{name}, which takes no argument"
                    f" {argument}.{suggestion(argument, meant)} It takes {', '.join(known)}."
                )
