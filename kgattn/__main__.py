"""`python -m kgattn` is the `kgattn` command."""

import sys

from kgattn.cli import main

if __name__ == "__main__":
    sys.exit(main())
