"""Storage of constructor arguments (chapter INIT)."""

import warnings

import numpy as np
import pytest
from reference_models import classifier, softmax
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import StandardScaler

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference.exceptions import ParameterError


class Touchy:
    """Raises whenever somebody looks at it."""

    def __eq__(self, other):
        raise AssertionError

    __hash__ = None

    def __bool__(self):
        raise AssertionError

    def __repr__(self):
        raise AssertionError


VALUES = [Touchy(), [1, {"a": 2}], np.arange(3), dict, len, StandardScaler(), None, lambda: 0]
PLACES = ["model", "optimizer", "loss", "callbacks", "free", "kwargs", "loss__x", "compile__y"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_values_are_stored_by_identity(place, value):
    """Any object, in a named, a free or a routed place, comes back as the same object (INIT-1)."""
    wrapper = BaseWrapper(**{place: value})

    assert wrapper.get_params()[place] is value
    assert getattr(wrapper, place) is value


def test_the_constructor_creates_nothing_else():
    """No attribute that ends in an underscore, and none that is public besides (INIT-3)."""
    wrapper = KerasClassifier(softmax, hidden=3, loss__x=1)

    assert ["_free_parameters"] == sorted(set(vars(wrapper)) - set(wrapper.get_params()))


@pytest.mark.parametrize("name", ["fit", "current_epoch", "prefixes_", "lambda_", "target_encoder"])
def test_free_names_must_not_hide_the_estimator(name):
    """The error names the keyword and says how to pass it on instead."""
    with pytest.raises(ParameterError, match=f"{name} cannot be .* model__{name}"):
        KerasClassifier(**{name: 1})


def test_free_parameters_read_write_and_delete_like_attributes():
    """A free parameter is an attribute to everybody outside."""
    wrapper = BaseWrapper(units=3)
    wrapper.units = 4

    assert 4 == wrapper.get_params()["units"]
    assert "units" in dir(wrapper)
    del wrapper.units
    assert not hasattr(wrapper, "units")
    del wrapper.model
    assert "model" not in vars(wrapper)


def test_missing_attributes_are_named():
    """An attribute that is not there is an ordinary AttributeError."""
    with pytest.raises(AttributeError, match="'BaseWrapper' object has no attribute 'units'"):
        _ = BaseWrapper().units


def test_a_parameter_that_a_constructor_does_not_store():
    """The error says which line the constructor lacks; a copy would lose the value silently."""

    class Forgetful(KerasClassifier):
        def __init__(self, optimizer__learning_rate=0.1, **kwargs):
            super().__init__(**kwargs)

    rate = "optimizer__learning_rate"
    with pytest.raises(AttributeError, match=f"constructor takes it.*self.{rate} = {rate}"):
        clone(Forgetful())


def test_an_error_inside_a_property_is_shown():
    """An AttributeError in an overridden encoder is not disguised as a missing encoder."""

    class Broken(BaseWrapper):
        @property
        def feature_encoder(self):
            return self.nothing

    with pytest.raises(AttributeError, match="nothing"):
        _ = Broken().feature_encoder


def test_set_params_of_get_params_changes_nothing():
    """All listed names can be set (INIT-10)."""
    wrapper = classifier(hidden=3, loss__reduction="sum", model__hidden=4)
    before = wrapper.get_params()

    wrapper.set_params(**before)

    after = wrapper.get_params()
    assert list(before) == list(after)
    assert all(before[name] is after[name] for name in before)


@pytest.mark.parametrize("prefix", sorted(BaseWrapper.prefixes_))
def test_routed_parameters_can_be_set_later(prefix):
    """A routed name need not have been given at construction (INIT-10)."""
    wrapper = KerasRegressor().set_params(**{f"{prefix}x": 1})

    assert 1 == wrapper.get_params()[f"{prefix}x"] == clone(wrapper).get_params()[f"{prefix}x"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("optimiser", "optimizer"), ("loss_", "loss"), ("optimzer__x", "optimizer__x")],
)
def test_unknown_names_change_nothing(name, hint):
    """The error names the parameter and the nearest one, and the known ones are not set either."""
    wrapper = BaseWrapper(epochs=3)

    with pytest.raises(ParameterError, match=f"Invalid parameter {name} .*Did you mean {hint}"):
        wrapper.set_params(**{"epochs": 5, name: 1})
    assert 3 == wrapper.epochs
    assert name not in wrapper.get_params()


def test_parameters_of_estimators_among_the_parameters():
    """Nested names are listed, set, and refused as scikit-learn's own estimators do it."""
    wrapper = BaseWrapper(scaler=StandardScaler())

    assert wrapper.get_params()["scaler__with_mean"] is True
    assert "scaler__with_mean" not in wrapper.get_params(deep=False)
    wrapper.set_params(scaler__with_mean=False)
    assert wrapper.scaler.with_mean is False
    with pytest.raises(ParameterError, match="scaler__nothing"):
        wrapper.set_params(scaler__nothing=1)
    assert clone(wrapper).scaler.with_mean is False


class Closed(KerasClassifier):
    def __init__(self, units=5):
        super().__init__(softmax, optimizer="adam", optimizer__learning_rate=0.5, hidden=units)
        self.units = units


class Open(KerasClassifier):
    def __init__(self, units=5, **kwargs):
        super().__init__(optimizer="adam", hidden=3, **kwargs)
        self.units = units


class Forwarding(KerasRegressor):
    def __init__(self, units=5, **kwargs):
        self.units = units
        super().__init__(units=units, **kwargs)


def test_a_closed_signature_lists_its_own_names():
    """What a subclass hard-codes is not a parameter of it (INIT-4, CLS-6)."""
    assert {"units": 7} == Closed(7).get_params()
    copy = clone(Closed(7))
    assert (7, "adam", 0.5) == (copy.units, copy.optimizer, copy.optimizer__learning_rate)


def test_late_parameters_of_a_closed_signature_survive_clones():
    """A search over a routed parameter works for such a subclass too, twice cloned."""
    copy = clone(clone(Closed().set_params(loss__reduction="sum")))

    assert {"units": 5, "loss__reduction": "sum"} == copy.get_params()


def test_hard_coded_parameters_of_an_open_signature_survive_clones():
    """A parent's parameter fixed in a constructor that takes all others does not break clones."""
    copy = clone(Open(2, epochs=4).set_params(optimizer="sgd", hidden=9))

    assert (2, 4, "sgd", 9) == (copy.units, copy.epochs, copy.optimizer, copy.hidden)
    assert {"units", "epochs", "hidden", "class_weight"} <= set(copy.get_params())


def test_a_parameter_that_a_subclass_passes_on():
    """A parameter of a subclass can be a keyword of the builder as well."""
    copy = clone(Forwarding(2).set_params(units=3))

    assert 3 == copy.units == copy._free_parameters["units"]


def test_clones_keep_metadata_requests():
    """What a user requested of metadata routing is not lost (SKL-4)."""
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        copy = clone(classifier().set_fit_request(sample_weight=True))

    assert copy.get_metadata_routing().fit.requests["sample_weight"] is True


def test_repr_is_scikit_learns():
    """The estimator shows its changed parameters, in text and in notebooks, without a warning."""
    wrapper = classifier(hidden=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "hidden=3" in repr(wrapper)
        assert "hidden" in wrapper._repr_html_()


def test_it_is_a_scikit_learn_estimator():
    """The storage does not replace scikit-learn's base class."""
    assert isinstance(BaseWrapper(), BaseEstimator)
