"""Objects of the suite's own that record what a subject does with them, and data to try it on.

Importing this package imports Keras; check modules reach it through
`scikeras_conformance.checks._support.modules`, which puts that off until a check runs.
"""

from scikeras_conformance.doubles.accepts_anything import leaves, open_class
from scikeras_conformance.doubles.custom import CUSTOM, Forgetful, ScaledLoss
from scikeras_conformance.doubles.data import (
    Dataset,
    classes_dataset,
    continuous_dataset,
    dataset,
    multilabel_dataset,
)
from scikeras_conformance.doubles.float64 import EXACT_BUILDERS, exact_settings, has_64_bits
from scikeras_conformance.doubles.importable import (
    ANSWERING,
    COMPILED,
    IDLE,
    PLAIN,
    UNFINISHED,
    EagerModel,
    Notebook,
    answered,
)
from scikeras_conformance.doubles.models import (
    RecordingModel,
    builder,
    make_model,
    model_for,
    plain_model_for,
    uncompiled,
)
from scikeras_conformance.doubles.recorders import (
    Awkward,
    callback_class,
    odd_objects,
    recording_class,
    zero_rate,
)
from scikeras_conformance.doubles.snapshot import changes, snapshot
from scikeras_conformance.doubles.stub import IdleModel, idle_model_for, idle_model_of

__all__ = [
    "ANSWERING",
    "COMPILED",
    "CUSTOM",
    "EXACT_BUILDERS",
    "IDLE",
    "PLAIN",
    "UNFINISHED",
    "Awkward",
    "Dataset",
    "EagerModel",
    "Forgetful",
    "IdleModel",
    "Notebook",
    "RecordingModel",
    "ScaledLoss",
    "answered",
    "builder",
    "callback_class",
    "changes",
    "classes_dataset",
    "continuous_dataset",
    "dataset",
    "exact_settings",
    "has_64_bits",
    "idle_model_for",
    "idle_model_of",
    "leaves",
    "make_model",
    "model_for",
    "multilabel_dataset",
    "odd_objects",
    "open_class",
    "plain_model_for",
    "recording_class",
    "snapshot",
    "uncompiled",
    "zero_rate",
]
