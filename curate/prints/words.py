"""What fingerprints are called and how their bits lie, for whoever reads them without making any."""

import numpy as np

SOUND_PRINT = "sound_print"
PICTURE_PRINT = "picture_print"  # of a video with a space and the time in ms behind it
MAKERS = ("FingerprintSound", "FingerprintPicture")  # the stages that note them
RATE_HZ = 8_000
WINDOW, HOP = 2_048, 256  # samples of 8 kHz
STEP_MS = 1000 * HOP // RATE_HZ
APART = 2  # hops between the two frames whose bands are compared
TAIL_MS = 1000 * (WINDOW + APART * HOP) // RATE_HZ - STEP_MS  # how far the last word reaches beyond its step
HEARD = np.uint64(32)  # where the bits of a word begin that say which of the lower ones count
