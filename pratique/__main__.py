"""`python -m pratique`: the same as the `pratique` command."""

import sys

from pratique.cli import main

sys.exit(main())
