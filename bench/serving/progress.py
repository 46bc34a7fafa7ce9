"""Tells on the standard error what a benchmark is at, with the seconds since it began: a long step is not a hanging one."""

import sys
import time

BEGAN = time.monotonic()


def say(text):
    print(f"bench: {time.monotonic() - BEGAN:6.1f} s  {text}", file=sys.stderr, flush=True)
