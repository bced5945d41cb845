"""Where the bundled model and its prompts lie in the repository."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def demo_folder() -> Path:
    """Folder of the bundled model."""
    return ASSETS / "models" / "demo"


def demo_prompts() -> Path:
    """Prompt file of the bundled model."""
    return ASSETS / "prompts" / "demo.toml"
