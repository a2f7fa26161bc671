"""What pytest collects when the suite is asked for with ``--pyargs scikeras_conformance``."""
