"""The city as a fixture."""

from tests.support.city import built_city as built_city
from tests.support.city import city as city
