"""Chapter BUILD: the arguments of the function that builds the model."""
