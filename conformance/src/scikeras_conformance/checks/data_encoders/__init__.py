"""Chapter DATA: encoders of features and targets, and models with several inputs or outputs."""
