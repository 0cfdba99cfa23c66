"""What `config get` and `config set` say."""

from collections.abc import Sequence

from pipelines.configuration import Setting
from pipelines.show.terminal import print_table, printable, say
from schemas.tables import toml_value


def settings(rows: Sequence[Setting]) -> None:
    """One setting as its value alone, several as a table; a default is shown where the value is another."""
    if len(rows) == 1:
        print(printable(toml_value(rows[0].value)))
        _say_idle(rows)
        return
    cells = [
        [row.key, toml_value(row.value), toml_value(row.default) if row.value != row.default else None] for row in rows
    ]
    print_table("", ["setting", "value", "default"], cells)
    _say_idle(rows)


def changed(setting: Setting) -> None:
    """The setting as it is now."""
    print(printable(f"{setting.key} = {toml_value(setting.value)}"))
    _say_idle([setting])


def _say_idle(rows: Sequence[Setting]) -> None:
    """What of them has no effect, beside what is printed: a script reads the value alone."""
    for row in rows:
        if row.idle:
            say(row.idle)
