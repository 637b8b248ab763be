"""`python3 -m vestibule`. Owns nothing but the hand-over."""

import sys

from .build.cli import main

sys.exit(main())
