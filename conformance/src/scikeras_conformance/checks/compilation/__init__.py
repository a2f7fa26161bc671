"""Chapter COMP: how the model is compiled."""
