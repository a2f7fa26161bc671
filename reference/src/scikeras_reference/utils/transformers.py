"""The default encoders of targets, to derive from.

An encoder is a scikit-learn transformer of y. Besides ``fit``, ``transform`` and
``inverse_transform`` it may have

``get_metadata()``
    A dict whose entries become attributes of the wrapper (clause DATA-5).
``set_model_output(loss, output_shapes)``
    Called once the model is compiled, with its loss and the shapes of its outputs, so that the
    target can take the form that this model is trained on.
"""

from scikeras_reference._data.classifier_encoder import ClassifierLabelEncoder
from scikeras_reference._data.regressor_encoder import RegressorTargetEncoder
from scikeras_reference._data.target_reshaper import TargetReshaper

__all__ = ["ClassifierLabelEncoder", "RegressorTargetEncoder", "TargetReshaper"]
