"""What every test may ask for: the development media when they are there, and a clean environment."""

import gc
import os
from itertools import count
from pathlib import Path

import hypothesis
import pytest

SHARED = Path(os.environ.get("EMOCURATE_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
NOTHING_LEFT_OUT = "EMOCURATE_NOTHING_LEFT_OUT"
MEMORY = Path("/dev/shm")  # noqa: S108 (pytest makes a folder there that is its own)
LONG = ("studio", "browser", "heavy", "long")
ROOM = 6 << 30  # bytes; the suite needs less than half of it
NUMBERS = count()

pytest_plugins = [
    f"tests.{name}" for name in ("studio_server", "site") if (Path(__file__).parent / f"{name}.py").exists()
]


def _has_room(folder: Path) -> bool:
    """Whether a folder in memory takes all that tests write, and runs the programs among it."""
    if not folder.is_dir():
        return False
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize > ROOM and not room.f_flag & os.ST_NOEXEC


if _has_room(MEMORY):  # a fifth of the suite would be waiting for the disk
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# No time is asserted; where everything must pass, the examples are the same every time.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=NOTHING_LEFT_OUT in os.environ)
hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Heavy tests are for the complete run, those on development media for where there are any; pytest counts both."""
    extra = [item for item in items if item.get_closest_marker("heavy") and NOTHING_LEFT_OUT not in os.environ]
    if not SHARED.is_dir():
        extra += [item for item in items if "shared" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=list(dict.fromkeys(extra)))
    left_out = set(extra)
    items[:] = _long_ones_first([item for item in items if item not in left_out])


def _long_ones_first(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests in the order in which processes take them, file by file: what takes long must not be begun last.

    Those that wait for servers and browsers, or are long, come first, then files by the number of their tests.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    def place(file: Path) -> tuple[bool, int]:
        waits = any(item.get_closest_marker(name) for item in files[file] for name in LONG)
        return not waits, -len(files[file])

    return [item for file in sorted(files, key=place) for item in files[file]]


def pytest_collection_finish() -> None:
    """Thousands of tests that stay to the end are looked at no more for what may be freed."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Where nothing may be left out, a test that is skipped has failed."""
    report = yield
    if report.skipped and os.environ.get(NOTHING_LEFT_OUT) and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"left out, although nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real development media beside the checkout; see EMOCURATE_SHARED."""
    return SHARED


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No secret or setting of the person who runs the tests leaks into them; keys go to a folder of the test."""
    for name in [name for name in os.environ if name.startswith(("LABEL_STUDIO_", "HF_", "EMOCURATE_KEYS"))]:
        monkeypatch.delenv(name)
    keys = tmp_path_factory.getbasetemp() / f"keys-{next(NUMBERS)}"  # pytest's own numbering looks at all there are
    keys.mkdir()
    monkeypatch.setenv("EMOCURATE_KEYS", str(keys))
