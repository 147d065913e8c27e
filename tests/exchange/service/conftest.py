"""The city as a fixture."""

from tests.support.city import built_city, city

__all__ = ["built_city", "city"]
