"""Which processor this is, as far as the bits of a floating-point sum may depend on it."""

import platform
import re
from pathlib import Path


def processor() -> str:
    """Vendor, family and model, without clock or core count."""
    try:
        found = dict(
            re.findall(r"^(vendor_id|cpu family|model)\s*: (.*)$", Path("/proc/cpuinfo").read_text("utf8", "replace"), re.M)
        )
    except OSError:
        found = {}
    return " ".join(found.values()) or platform.processor() or platform.machine()
