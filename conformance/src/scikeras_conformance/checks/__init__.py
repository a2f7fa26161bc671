"""The checks of the suite, a module or two for each chapter of the contract."""

from types import ModuleType

from scikeras_conformance.catalogue import Check
from scikeras_conformance.checks import (
    api_calls,
    api_inputs,
    api_training,
    build,
    build_kinds,
    cls,
    comp,
    comp_spellings,
    data_encoders,
    data_model,
    dev,
    hyg_inputs,
    hyg_process,
    hyg_state,
    init_fitting,
    init_parameters,
    route_apart,
    route_destinations,
    route_nests,
    score,
    ser_copies,
    ser_custom,
    ser_process,
    ser_tools,
    skl_estimator_checks,
    skl_frames,
    skl_routing,
    skl_tags,
    tgt,
    tgt_outputs,
    tgt_probabilities,
    typ,
)
from scikeras_conformance.contract import load_contract

__all__ = ["CATALOGUE"]


def _checks_of(module: ModuleType) -> list[Check]:
    return [value for value in vars(module).values() if isinstance(value, Check)]


def _position(check: Check) -> tuple[int, int]:
    contract = load_contract()
    chapters = [chapter.id for chapter in contract.chapters]
    return chapters.index(check.chapter), list(contract.clauses).index(check.clauses[0])


CATALOGUE: tuple[Check, ...] = tuple(
    sorted(
        (
            check
            for module in (
                cls,
                init_parameters,
                init_fitting,
                comp,
                comp_spellings,
                build,
                build_kinds,
                data_encoders,
                data_model,
                tgt,
                tgt_outputs,
                tgt_probabilities,
                route_destinations,
                route_apart,
                route_nests,
                score,
                ser_copies,
                ser_process,
                ser_tools,
                ser_custom,
                api_training,
                api_calls,
                api_inputs,
                skl_estimator_checks,
                skl_tags,
                skl_frames,
                skl_routing,
                hyg_inputs,
                hyg_state,
                hyg_process,
                dev,
                typ,
            )
            for check in _checks_of(module)
        ),
        key=_position,
    )
)
"""All checks, in the order of the contract."""
