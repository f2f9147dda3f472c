"""Python loads this first. Under libfaketime 0.9.10 `time.sleep` raises (github.com/wolfcw/libfaketime/issues/426).

It sleeps by the monotonic clock, which must stay true. To wait for nothing to be readable takes as long.
"""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = sleep
