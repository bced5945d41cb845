"""What a measurement was made on, for the files it is kept in."""

from __future__ import annotations

import os
import platform
from typing import Any


def machine() -> dict[str, Any]:
    """The machine and the versions that matter, without names of persons, hosts or paths."""
    import torch
    import transformers

    return {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
