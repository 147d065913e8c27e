"""Manifests of two more resources: births (nhc) and food licences (samr), dropped as files."""

from pathlib import Path


def more_manifest_paths() -> list[Path]:
    """The manifest files, named `<resource>.toml`, in order of their names."""
    return sorted(Path(__file__).parent.glob("*.toml"))
