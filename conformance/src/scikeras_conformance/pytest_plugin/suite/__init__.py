"""What pytest collects for ``--pyargs scikeras_conformance``."""
