"""Python loads this first. libfaketime 0.9.10 breaks `time.sleep`, which then always raises.

It sleeps until a moment of the monotonic clock, which must stay true. To wait for nothing to be readable takes as long.
"""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = sleep
