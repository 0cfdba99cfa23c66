"""Django settings of our own Label Studio: its own, and our middleware in front."""

from socketserver import StreamRequestHandler

# Its settings ask for settings while they are being read, and find what stands here by then.
from core.settings.base import *  # noqa: F403

SENTRY_DSN = ""

from label_studio.core.settings.label_studio import *  # noqa: E402, F403
from label_studio.core.settings.label_studio import MIDDLEWARE as THEIRS  # noqa: E402

MIDDLEWARE = ["emocurate_page.Page", *THEIRS]

# A reply goes out in two pieces, and the second would wait some 40 ms until the first is acknowledged.
StreamRequestHandler.disable_nagle_algorithm = True
