"""One manifest per resource of the four departments, in the form `adapters.manifest` reads."""

from pathlib import Path


def manifest_paths() -> list[Path]:
    """The manifest files, named `<resource>.toml`, in order of their names."""
    return sorted(Path(__file__).parent.glob("*.toml"))
