"""Fitted estimators as ONNX models that return labels and probabilities."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._base import BaseWrapper
from scikeras_reference._classifier import KerasClassifier
from scikeras_reference._data.classifier_encoder import ClassifierLabelEncoder
from scikeras_reference._data.loss_targets import labels_compete, uses_logits, uses_margins
from scikeras_reference._data.regressor_encoder import RegressorTargetEncoder
from scikeras_reference._regressor import KerasRegressor
from scikeras_reference._transformer import KerasTransformer
from scikeras_reference.exceptions import NotInitializedError, SerializationError

__all__ = ["register_converters", "to_onnx"]

MAX_OPSET = 18
"""The newest operators that the libraries below Keras export."""


def to_onnx(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator as an ONNX model.

    Parameters
    ----------
    estimator : KerasClassifier, KerasRegressor, KerasTransformer or BaseWrapper
        Fitted, with the default encoders.
    path : str or path-like
        An existing file is replaced.

    Raises
    ------
    NotInitializedError
        A ``NotFittedError``, without a model.
    SerializationError
        A ``TypeError``, for an encoder of one's own: ONNX has no form for its code; and for what is
        no wrapper.
    ImportError
        Without ``onnx``, or without what Keras exports with: ``tf2onnx`` on TensorFlow,
        ``jax2onnx`` on JAX, ``onnxscript`` on PyTorch.

    Notes
    -----
    The input is what the model is given. A classifier has the outputs ``label`` and
    ``probabilities``, in the order of ``classes_``; a transformer ``transformed``; others
    ``variable``.
    """
    model = _converted(estimator)
    onnx = _onnx()
    onnx.checker.check_model(model)
    onnx.save(model, path)


def register_converters(*classes: type) -> None:
    """Register the wrappers with skl2onnx, so that it converts pipelines that end in one.

    Parameters
    ----------
    *classes : type
        Subclasses of the wrappers, which skl2onnx does not know by their base.
        `KerasClassifier`, `KerasRegressor` and `KerasTransformer` are always registered.

    Raises
    ------
    ImportError
        Without ``skl2onnx``.

    Notes
    -----
    The estimators that can be converted are those of `to_onnx`. A classifier has the option
    ``zipmap``, as those of scikit-learn: unless it is False, probabilities are dicts by label.
    Boolean labels need False.

    Examples
    --------
    >>> from skl2onnx import to_onnx as pipeline_to_onnx  # doctest: +SKIP
    >>> register_converters()  # doctest: +SKIP
    >>> pipeline_to_onnx(pipeline, X[:1], options={"zipmap": False})  # doctest: +SKIP
    """
    try:
        from skl2onnx import update_registered_converter
    except ImportError as error:
        raise ImportError(
            "register_converters needs skl2onnx: pip install skl2onnx, and what to_onnx needs."
        ) from error
    for cls in dict.fromkeys((KerasClassifier, KerasRegressor, KerasTransformer, *classes)):
        options = {
            "zipmap": [True, False, "columns"],
            "output_class_labels": [False, True],
            "nocl": [False, True],  # what skl2onnx asks of every classifier
        }
        update_registered_converter(
            cls,
            f"{cls.__module__}.{cls.__qualname__}",
            _set_types,
            _convert,
            options=options if issubclass(cls, KerasClassifier) else None,
        )


def _set_types(operator: Any) -> None:
    """Set the types of the outputs of an operator of skl2onnx."""
    from skl2onnx.common import data_types

    onnx, estimator = _onnx(), operator.raw_operator
    rows = operator.inputs[0].get_first_dimension()
    if isinstance(estimator, KerasClassifier):
        shape, kind = _form_of_label(onnx, estimator)
        names = {
            onnx.TensorProto.STRING: "StringTensorType",
            onnx.TensorProto.BOOL: "BooleanTensorType",
            onnx.TensorProto.FLOAT: "FloatTensorType",
            onnx.TensorProto.DOUBLE: "DoubleTensorType",
        }
        label = getattr(data_types, names.get(kind, "Int64TensorType"))
        operator.outputs[0].type = label([rows, *shape[1:]])
        shape = [int(estimator.n_classes_)]
    elif isinstance(estimator, KerasTransformer):
        shape = list(estimator.encoder_.output_shape[1:])
    else:
        is_row = getattr(estimator, "y_ndim_", 2) == 1
        shape = [] if is_row else list(estimator.model_.output_shape[1:])
    operator.outputs[-1].type = data_types.FloatTensorType([rows, *shape])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Add the graph of an estimator to a graph of skl2onnx."""
    from skl2onnx.helpers.integration import add_onnx_graph

    onnx = _onnx()
    model = _converted(operator.raw_operator, opset=min(container.target_opset, MAX_OPSET))
    (wanted,) = model.graph.input
    given = operator.inputs[0].type.to_onnx_type().tensor_type.elem_type
    kind = wanted.type.tensor_type.elem_type
    if given != kind:
        name, wanted.name = wanted.name, f"{wanted.name}_given"
        wanted.type.tensor_type.elem_type = given
        cast = onnx.helper.make_node("Cast", [wanted.name], [name], name="cast_X", to=kind)
        model.graph.node.insert(0, cast)
    add_onnx_graph(scope, operator, container, model)


def _converted(estimator: Any, opset: int | None = None) -> Any:
    """Return a fitted estimator as an ``onnx.ModelProto``."""
    if not isinstance(estimator, BaseWrapper):
        raise SerializationError(
            f"to_onnx takes a fitted wrapper, and was given a {type(estimator).__name__}. Of a"
            " search, give best_estimator_. skl2onnx converts pipelines: call register_converters()"
            " and then skl2onnx.to_onnx(pipeline, X[:1])."
        )
    if not estimator.initialized_:
        raise NotInitializedError(
            f"This {type(estimator).__name__} has no model yet. Call fit or initialize first."
        )
    _check_encoders(estimator)
    onnx = _onnx()
    part = estimator.encoder_ if isinstance(estimator, KerasTransformer) else estimator.model_
    if isinstance(estimator, KerasTransformer):  # Keras exports what was called
        part(np.zeros((1, *part.input_shape[1:]), dtype=np.float32))
    with tempfile.TemporaryDirectory() as folder:
        exported = Path(folder) / "model.onnx"
        part.export(exported, format="onnx", verbose=False, opset_version=opset)
        model = onnx.load(exported)
    if len(model.graph.output) != 1:
        raise SerializationError(
            f"The model has {len(model.graph.output)} outputs, and one can be exported. Export"
            " model_ itself: model_.export(path, format='onnx')."
        )
    graph = _Graph(onnx, model.graph)
    if isinstance(estimator, KerasClassifier):
        label, probabilities = _decoded(graph, estimator)
        shape, kind = _form_of_label(onnx, estimator)
        graph.finish("label", graph.reshape(label, shape), shape, kind)
        graph.finish("probabilities", probabilities, [-1, int(estimator.n_classes_)])
    elif isinstance(estimator, KerasTransformer):
        graph.finish("transformed", graph.raw, graph.raw_shape)
    elif getattr(estimator, "y_ndim_", 2) == 1:
        graph.finish("variable", graph.reshape(graph.raw, [-1]), [-1])
    else:
        graph.finish("variable", graph.raw, graph.raw_shape)
    return model


def _check_encoders(estimator: Any) -> None:
    features, target = estimator.feature_encoder_, estimator.target_encoder_
    for name, encoder, known in (
        ("feature_encoder", features, (FunctionTransformer,)),
        (
            "target_encoder",
            target,
            (FunctionTransformer, ClassifierLabelEncoder, RegressorTargetEncoder),
        ),
    ):
        identity = not isinstance(encoder, FunctionTransformer) or (
            encoder.func is None and encoder.inverse_func is None
        )
        if type(encoder) not in known or not identity:
            raise SerializationError(
                f"{name} is {type(encoder).__name__}, which ONNX has no form for. Export model_"
                " itself, model_.export(path, format='onnx'), and apply the encoder where it runs."
            )


def _decoded(graph: "_Graph", estimator: Any) -> tuple[str, str]:
    """Return the names of labels and probabilities, as the default encoder decodes outputs."""
    encoder, loss = estimator.target_encoder_, estimator.model_.loss
    logits, compete = uses_logits(loss), labels_compete(loss)
    n_classes = int(estimator.n_classes_)
    width = int(np.prod(estimator.model_.output_shape[1:], dtype=int))
    raw = graph.reshape(graph.raw, [-1, width])

    def each(name: str) -> str:
        if logits:
            return graph.add("Sigmoid", name)
        if uses_margins(loss):
            name = graph.add("Mul", graph.add("Add", name, graph.number(1)), graph.number(0.5))
        return graph.add("Clip", name, graph.number(0), graph.number(1))

    if estimator.target_type_ == "multilabel-indicator":
        exclusive = encoder.exclusive_ and (compete or encoder.exclusive != "auto")
        if not exclusive:
            probabilities = each(raw)
            chosen = graph.add("Greater", probabilities, graph.number(0.5))
        else:
            if compete:
                probabilities = graph.add("Softmax", raw, axis=1) if logits else each(raw)
            else:
                probabilities = graph.normalized(each(raw), n_classes)
            largest = graph.add("ArgMax", raw, axis=1, keepdims=1)
            chosen = graph.add("Equal", largest, graph.constant(np.arange(n_classes)))
        low, high = _levels(encoder, n_classes)
        return graph.add("Where", chosen, graph.constant(high), graph.constant(low)), probabilities
    if width == 1:
        positive = each(raw)
        negative = graph.add("Sub", graph.number(1), positive)
        probabilities = graph.add("Concat", negative, positive, axis=1)
        codes = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
    else:
        outputs = raw
        if width > n_classes:
            bounds = (np.array([i]) for i in (0, n_classes, 1))
            outputs = graph.add("Slice", raw, *(graph.constant(bound) for bound in bounds))
        codes = graph.add("ArgMax", outputs, axis=1, keepdims=0)
        if logits and compete:
            probabilities = graph.add("Softmax", outputs, axis=1)
        else:
            positive = graph.add("Sigmoid" if logits else "Relu", outputs)
            probabilities = graph.normalized(positive, n_classes)
    return graph.add("Gather", graph.constant(_labels(estimator.classes_)), codes), probabilities


def _levels(encoder: Any, n_labels: int) -> tuple[Any, Any]:
    """Return the values of absent and present labels, as arrays of integers."""
    rows = np.eye(n_labels, dtype=np.float32)
    decoded = encoder.inverse_transform(np.vstack([rows, 1 - rows]) * 40 - 20)
    low, high = np.unique(decoded)
    return np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64)


def _labels(classes: Any) -> Any:
    if classes.dtype.kind in "US" or classes.dtype == object:
        return np.array([str(label) for label in classes], dtype=object)
    return classes.astype(np.int64) if classes.dtype.kind in "iu" else classes


def _form_of_label(onnx: Any, estimator: Any) -> tuple[list[int], int]:
    """Return the shape of the labels, -1 for the number of rows, and their ONNX type."""
    is_indicator = estimator.target_type_ == "multilabel-indicator"
    columns = int(estimator.n_classes_) if is_indicator else 1
    shape = [-1] if estimator.y_ndim_ == 1 else [-1, columns]
    if is_indicator:
        return shape, int(onnx.TensorProto.INT64)
    labels = _labels(estimator.classes_)
    if labels.dtype == object:
        return shape, int(onnx.TensorProto.STRING)
    return shape, int(onnx.helper.np_dtype_to_tensor_dtype(labels.dtype))


class _Graph:
    """Adds nodes to the graph of a model with one output."""

    def __init__(self, onnx: Any, graph: Any) -> None:
        self._onnx = onnx
        self._graph = graph
        self._count = 0
        (output,) = graph.output
        self.raw: str = output.name
        tensor = output.type.tensor_type
        self.raw_shape = [dimension.dim_value or -1 for dimension in tensor.shape.dim]
        self._kind = int(tensor.elem_type)
        self._dtype = onnx.helper.tensor_dtype_to_np_dtype(self._kind)
        del graph.output[:]

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        name = self._new_name()
        node = self._onnx.helper.make_node(operation, list(inputs), [name], name=name, **attributes)
        self._graph.node.append(node)
        return name

    def constant(self, array: Any) -> str:
        """Add a constant, and return its name."""
        name = self._new_name()
        array = np.asarray(array)
        tensor = self._onnx.numpy_helper.from_array(array, name)
        self._graph.initializer.append(tensor)
        return name

    def number(self, value: float) -> str:
        """Add a number of the dtype of the output, and return its name."""
        return self.constant(np.asarray(value, dtype=self._dtype))

    def reshape(self, name: str, shape: Sequence[int]) -> str:
        """Reshape a tensor, and return the name of the new one."""
        return self.add("Reshape", name, self.constant(np.array(shape, dtype=np.int64)))

    def normalized(self, name: str, n_classes: int) -> str:
        """Scale rows to sum to one; rows of zeros become uniform."""
        axes = self.constant(np.array([1], dtype=np.int64))
        total = self.add("ReduceSum", name, axes, keepdims=1)
        some = self.add("Greater", total, self.number(0))
        divisor = self.add("Where", some, total, self.number(1))
        return self.add("Where", some, self.add("Div", name, divisor), self.number(1 / n_classes))

    def finish(self, name: str, source: str, shape: Sequence[int], kind: int | None = None) -> None:
        """Add an output of the graph, under its name; -1 stands for any number of rows."""
        helper = self._onnx.helper
        node = helper.make_node("Identity", [source], [name], name=f"to_{name}")
        self._graph.node.append(node)
        sizes = [None if size < 0 else size for size in shape]
        kind = self._kind if kind is None else kind
        self._graph.output.append(helper.make_tensor_value_info(name, kind, sizes))

    def _new_name(self) -> str:
        self._count += 1
        return f"decoded_{self._count}"


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            "to_onnx needs onnx, and what Keras exports with: pip install onnx, and tf2onnx for"
            " TensorFlow, jax2onnx for JAX, or onnxscript for PyTorch."
        ) from error
    return onnx
