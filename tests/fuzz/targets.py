"""All targets by name."""

from tests.fuzz.forgeries import FORGERIES
from tests.fuzz.readers import READERS
from tests.fuzz.rightful import RIGHTFUL
from tests.fuzz.target import Targets

TARGETS: Targets = {**READERS, **FORGERIES, **RIGHTFUL}
