"""A look whether networks run on a device, in a process of its own: what it takes of the device is given back."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from curate.faces.network import Network
from curate.sessions import CPU, checked_device, use_device
from schemas.errors import BadSetting


def proved_device(name: str) -> str:
    """The name of a device on which a network has run just now; raises BadSetting."""
    if checked_device(name) == CPU:
        return name
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
            return alone.submit(tried, name).result()
    except BrokenProcessPool:
        raise BadSetting(f"run.devices: {name!r} ends the process that uses it; its own words are above") from None


def tried(name: str) -> str:
    """Run a network of one operation on a device from this process; raises BadSetting."""
    use_device(name)
    network = Network("trial")
    value = network.node("Relu", "given")
    network.session({"given": [1]}, (value,)).run(None, {"given": np.zeros(1, np.float32)})
    return name
