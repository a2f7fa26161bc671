"""Chapter TYP: type hints."""
