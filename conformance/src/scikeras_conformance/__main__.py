"""``python -m scikeras_conformance``."""

import sys

from scikeras_conformance.cli import main

sys.exit(main())
