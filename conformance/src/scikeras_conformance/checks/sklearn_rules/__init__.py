"""Chapter SKL: what scikit-learn expects of an estimator."""
