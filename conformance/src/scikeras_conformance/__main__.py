"""``python -m scikeras_conformance``."""

import sys

from scikeras_conformance.cli.main import main

sys.exit(main())
