"""Chapter CLS: the three wrapper classes."""
