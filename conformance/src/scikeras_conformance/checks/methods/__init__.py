"""Chapter API: the methods of an estimator and their arguments."""
