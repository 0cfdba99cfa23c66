"""ELAN's annotation files (.eaf)."""

from lxml import etree

from curate.transcripts.cues import Tier, Transcript, by_tiers
from schemas.errors import Unreadable


def elan(data: bytes) -> Transcript:
    """The cues of an ELAN file: who takes part, or the name of the tier, is who speaks.

    Tiers that depend on others (translations, glosses) are not used, neither are annotations without a time of their
    own. Raises Unreadable for what is no such file, or counts time in anything but milliseconds.
    """
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"it is no XML: {error.msg}") from None
    if root.tag != "ANNOTATION_DOCUMENT":
        raise Unreadable(f"its outermost element is {root.tag}; expected ANNOTATION_DOCUMENT, as ELAN writes it")
    header = root.find("HEADER")
    if header is not None and header.get("TIME_UNITS", "milliseconds") != "milliseconds":
        raise Unreadable(f"its times are in {header.get('TIME_UNITS')}; expected milliseconds")
    origin_ms = max((int(media.get("TIME_ORIGIN", 0)) for media in root.iter("MEDIA_DESCRIPTOR")), default=0)
    times = {slot.get("TIME_SLOT_ID"): slot.get("TIME_VALUE") for slot in root.iter("TIME_SLOT")}
    tiers, untimed = [], 0
    for tier in root.iter("TIER"):
        cues = []
        for one in tier.iter("ALIGNABLE_ANNOTATION"):
            start, end = (times.get(one.get(f"TIME_SLOT_REF{number}")) for number in (1, 2))
            if start is None or end is None:
                untimed += 1
            else:
                cues.append((float(start) + origin_ms, float(end) + origin_ms, one.findtext("ANNOTATION_VALUE") or ""))
        parent = tier.get("PARENT_REF")
        unused = f"it depends on tier {parent!r}" if parent else None
        tiers.append(Tier(tier.get("TIER_ID", ""), tuple(cues), tier.get("PARTICIPANT") or None, unused))
    return by_tiers(tiers, [f"{untimed:,} annotations without a time of their own are left out"] if untimed else ())
