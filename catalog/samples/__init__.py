"""Packaged sample files: the catalogue of the fictional region 339900 and a working-day calendar."""

from importlib.resources import files


def sample_catalogue() -> str:
    """TOML text of the sample catalogue, for `loader.parse_catalogue` or `importing.import_catalogue`."""
    return files(__name__).joinpath("region_339900.toml").read_text(encoding="utf-8")


def more_of_the_sample() -> str:
    """TOML text of two more resources of the region (births, food licences), to import after the sample."""
    return files(__name__).joinpath("births_and_food.toml").read_text(encoding="utf-8")


def sample_calendar() -> str:
    """TOML text of the sample working-day calendar, for `loader.parse_calendar`."""
    return files(__name__).joinpath("calendar.toml").read_text(encoding="utf-8")
