"""What a process that works for a run does when that run dies: it ends, too."""

import os
from multiprocessing import parent_process
from threading import Thread


def end_with_driver() -> None:
    """Let this process end at once when its driver has ended, however either did; by itself it would never notice."""
    driver = parent_process()

    def follow() -> None:
        if driver is not None:
            driver.join()
            os._exit(1)

    Thread(target=follow, daemon=True).start()
