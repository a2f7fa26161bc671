"""Batches are read in passes: how often, in which order, and how many in each."""

import numpy as np
import pytest
from reference_models import regressor
from sklearn.preprocessing import StandardScaler
from test_batches import SIZE, Loader, assert_same, parts
from test_rows import Scaling

from scikeras_reference import KerasRegressor
from scikeras_reference.exceptions import WrapperWarning

pytestmark = pytest.mark.slow


@pytest.mark.fast
def test_an_encoder_learns_each_row_once(X, target):
    """Even where every pass has an order of its own: all parts are of one pass."""
    generator = np.random.default_rng(0)

    def shuffled():
        order = generator.permutation(24)
        return parts(X[order], target[order])

    wrapper = Scaling(model=regressor().model, loss="mse", verbose=0).fit(shuffled)

    expected = StandardScaler().fit(X)
    assert expected.n_samples_seen_ == wrapper.feature_encoder_.n_samples_seen_
    np.testing.assert_allclose(expected.mean_, wrapper.feature_encoder_.mean_, atol=1e-7)


def test_a_property_that_returns_one_encoder(X, target):
    """It starts anew in each fit, and learns no row twice."""
    scaler = StandardScaler()

    class Keeping(KerasRegressor):
        @property
        def feature_encoder(self):
            return scaler

    wrapper = Keeping(model=regressor().model, loss="mse", verbose=0)
    for _ in range(2):
        wrapper.fit(Loader(X, target))
        assert 24 == wrapper.feature_encoder_.n_samples_seen_


def test_generators_of_the_process_are_as_they_were(X, target):
    """Batches that draw from them are read under the seed of the fit, each time (HYG-2)."""

    def shuffled():
        order = np.random.permutation(24)  # noqa: NPY002 - as a user's own batches may
        return parts(X[order], target[order])

    wrapper = regressor(epochs=2, warm_start=True)
    for fit in (wrapper.initialize, wrapper.fit, wrapper.fit, wrapper.partial_fit):
        before = np.random.get_state()  # noqa: NPY002
        fit(shuffled)
        for expected, now in zip(before, np.random.get_state(), strict=True):  # noqa: NPY002
            np.testing.assert_array_equal(expected, now)


def test_batches_beyond_the_length(X, target):
    """What a length leaves out is not left out silently, and is warned of once in a fit."""

    class Short(Loader):
        def __len__(self):
            return 3

    match = "X is a Short whose length is 3, and it yields more.*function"
    with pytest.warns(WrapperWarning, match=match) as caught:
        wrapper = regressor(epochs=3).fit(Short(X, target))
    assert 1 == sum(warning.category is WrapperWarning for warning in caught)
    with pytest.warns(WrapperWarning, match=match):
        assert (15,) == wrapper.predict(Short(X, target)).shape
    with pytest.warns(WrapperWarning, match=match):
        score = wrapper.score(Short(X, target))
    assert wrapper.score(X[:15], target[:15]) == pytest.approx(score, rel=1e-5)
    with pytest.warns(WrapperWarning, match="X_val is a Short whose length is 3"):
        regressor().fit(X, target, X_val=Short(X, target))


def test_what_cannot_be_read_beyond_the_length(X, target):
    """It is none of the data."""

    class Short(Loader):
        def __len__(self):
            return 3

        def __iter__(self):
            yield from self.batches[:3]
            raise OSError("there is nothing")

    expected = regressor(shuffle=False, batch_size=SIZE).fit(X[:15], target[:15])
    assert_same(expected, regressor(shuffle=False).fit(Short(X, target)), X)


def test_a_function_that_makes_more_each_time(X, target):
    """The warning speaks of the count, since a function has no length."""
    counts = iter(range(1, 9))
    with pytest.warns(WrapperWarning, match=r"had 2 batches when they were counted, and it yields"):
        regressor(epochs=2).fit(lambda: Loader(X, target).batches[: next(counts)])
