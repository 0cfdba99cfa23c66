"""That nothing is new is said before any library is loaded that writes."""

import subprocess
import sys

LIGHT = """
import sys
import cli, pipelines.commands.releases, pipelines.release.exported, pipelines.release.order, pipelines.show.exports
print(sorted({"datasets", "huggingface_hub", "matplotlib", "pandas", "scipy", "webdataset"} & set(sys.modules)))
"""


def test_what_tells_that_nothing_is_new_loads_no_library_that_writes() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
