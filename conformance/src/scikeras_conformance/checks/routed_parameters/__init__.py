"""Chapter ROUTE: parameters with a prefix, such as ``optimizer__learning_rate``."""
