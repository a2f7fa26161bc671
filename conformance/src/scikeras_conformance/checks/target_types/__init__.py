"""Chapter TGT: which targets an estimator accepts, and what it predicts for them."""
