"""Internet addresses and ranges of them.

What belongs here: reading ranges and telling whether an address lies inside. What does not: which
ranges count (``judge``, ``gate``).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from sallyport_org.identity.model import IpRange


def inside(address: str, ranges: Iterable[IpRange]) -> bool:
    """Say whether an address lies in one of the ranges (both ends included)."""
    try:
        wanted = ip_address(address)
    except ValueError:
        return False
    for first, last in ranges:
        low, high = ip_address(first), ip_address(last)
        if low.version == wanted.version and int(low) <= int(wanted) <= int(high):
            return True
    return False


def checked_range(first: str, last: str) -> IpRange:
    """Return a range as it is kept; raises ValueError naming what is wrong with it."""
    for name, text in (("first", first), ("last", last)):
        try:
            ip_address(text)
        except ValueError:
            raise ValueError(
                f"the {name} address of the range is {text!r}, which is no IP address; "
                "write it like 203.0.113.7"
            ) from None
    low, high = ip_address(first), ip_address(last)
    if low.version != high.version or int(low) > int(high):
        raise ValueError(
            f"the range {first} to {last} is not in order; give the lower address first, "
            "both IPv4 or both IPv6"
        )
    return first, last
