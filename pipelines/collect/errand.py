"""What the process that discovers pages is sent to do, as one argument of its command line."""

import json
from dataclasses import asdict, dataclass

from pipelines.collect.fetching import Net
from pipelines.collect.found import Scope


@dataclass(frozen=True)
class Errand:
    """What the process is to do: which batch of which collection, how far, and how the net is asked."""

    home: str
    batch: str
    scope: Scope
    net: Net
    videos: bool = False  # whether pages are shown to yt-dlp, too

    def to_json(self) -> str:
        """As an argument of a command."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Errand":
        """What `to_json` wrote."""
        values = json.loads(text)
        scope = Scope(values["scope"]["depth"], tuple(values["scope"]["hosts"]), tuple(values["scope"]["include"]))
        net = Net(tuple(values["net"]["allow_hosts"]), values["net"]["gap_s"])
        return cls(values["home"], values["batch"], scope, net, values["videos"])
