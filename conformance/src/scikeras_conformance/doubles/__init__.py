"""Test doubles that record what a subject does with them, and data sets.

Importing this package imports Keras; check modules reach it through
`scikeras_conformance.checks._support.modules`, which puts that off until a check runs.
"""

from scikeras_conformance.doubles.accepts_anything import class_accepting_anything, leaves
from scikeras_conformance.doubles.custom import CUSTOM, OptimizerWithIncompleteConfig, ScaledLoss
from scikeras_conformance.doubles.data import (
    Dataset,
    classes_dataset,
    continuous_dataset,
    dataset,
    multilabel_dataset,
)
from scikeras_conformance.doubles.eager import EagerModel
from scikeras_conformance.doubles.float64 import (
    FLOAT64_BUILDERS,
    computes_in_float64,
    float64_settings,
)
from scikeras_conformance.doubles.helpers import HELPERS, HelperModel
from scikeras_conformance.doubles.importable import (
    COMPILED,
    ORACLES,
    PLAIN,
    STUBS,
    UNTRAINED,
    WRONG_STUBS,
    LabeledCallback,
    data_predicted_by_oracles,
)
from scikeras_conformance.doubles.models import (
    RecordingModel,
    builder,
    make_model,
    model_for,
    plain_model_for,
    uncompiled,
)
from scikeras_conformance.doubles.raw_outputs import RAW_OUTPUTS
from scikeras_conformance.doubles.recorders import (
    StorableOnly,
    callback_class,
    naming_arguments,
    parameter_value,
    recording_class,
    sgd,
    zero_learning_rate,
)
from scikeras_conformance.doubles.snapshot import changed_paths, snapshot
from scikeras_conformance.doubles.stub import StubModel, stub_model_for, stub_model_of
from scikeras_conformance.doubles.tracing import (
    TRACE,
    NamingFeatureEncoder,
    TracingCallback,
    TracingFeatureEncoder,
    TracingTargetEncoder,
    build_with_meta,
    build_without_meta,
    make_tracing_model,
    trained_epochs,
)

__all__ = [
    "COMPILED",
    "CUSTOM",
    "FLOAT64_BUILDERS",
    "HELPERS",
    "ORACLES",
    "PLAIN",
    "RAW_OUTPUTS",
    "STUBS",
    "TRACE",
    "UNTRAINED",
    "WRONG_STUBS",
    "Dataset",
    "EagerModel",
    "HelperModel",
    "LabeledCallback",
    "NamingFeatureEncoder",
    "OptimizerWithIncompleteConfig",
    "RecordingModel",
    "ScaledLoss",
    "StorableOnly",
    "StubModel",
    "TracingCallback",
    "TracingFeatureEncoder",
    "TracingTargetEncoder",
    "build_with_meta",
    "build_without_meta",
    "builder",
    "callback_class",
    "changed_paths",
    "class_accepting_anything",
    "classes_dataset",
    "computes_in_float64",
    "continuous_dataset",
    "data_predicted_by_oracles",
    "dataset",
    "float64_settings",
    "leaves",
    "make_model",
    "make_tracing_model",
    "model_for",
    "multilabel_dataset",
    "naming_arguments",
    "parameter_value",
    "plain_model_for",
    "recording_class",
    "sgd",
    "snapshot",
    "stub_model_for",
    "stub_model_of",
    "trained_epochs",
    "uncompiled",
    "zero_learning_rate",
]
