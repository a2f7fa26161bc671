"""Chapter SCORE: the score of an estimator."""
