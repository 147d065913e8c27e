"""A household register that hands over CSV files: invented people, the manifest, the city that pulls them."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

from exchange.demo.ids import citizen_id
from tests.support.city import Body, City

MANIFEST = """
adapter = 1
resource = "psb.household"
key = ["citizen_id"]
subjects = ["citizen_id"]
[source]
type = "files"
directory = "psb"
settle = "0s"
glob = "*.csv"
format = "csv"
after = "archive"
[map]
citizen_id = "citizen_id"
name = "name"
sex = "sex"
birth_date = "birth_date"
address = "address"
household_no = "household_no"
relation = "relation"
ethnicity = "ethnicity"
registered_on = "registered_on"
[[rules]]
rule = "required"
items = ["citizen_id", "name"]
"""


def people(count: int) -> list[Body]:
    """Invented people born before 1925, so that nobody of the city is among them."""
    born = [(date(1901 + n // 300, 1 + n % 12, 1), 300 + n % 300) for n in range(count)]
    return [
        {
            "citizen_id": citizen_id(day, sequence),
            "name": f"甲{n}",
            "sex": "男" if sequence % 2 else "女",
            "ethnicity": "汉族",
            "birth_date": day.isoformat(),
            "address": f"示例市第{n}号",
            "household_no": f"H{n}",
            "relation": "户主",
            "registered_on": "2010-01-01",
        }
        for n, (day, sequence) in enumerate(born)
    ]


def drop_files(directory: Path, bodies: list[Body], per_file: int) -> None:
    """What the department hands over: many small files, each a chunk."""
    directory.mkdir()
    names = list(bodies[0])
    for start_at in range(0, len(bodies), per_file):
        rows = [",".join(str(body[name]) for name in names) for body in bodies[start_at : start_at + per_file]]
        file = directory / f"{start_at:05}.csv"
        file.write_text("\n".join([",".join(names), *rows]) + "\n")
        os.utime(file, (0, 0))  # still for long, whatever the time of the world that reads it


def pulling(city: City, directory: Path, manifest: str = MANIFEST) -> City:
    """The city with a household register that drops files here."""
    (directory / "manifests").mkdir()
    (directory / "manifests" / "psb.household.toml").write_text(manifest)
    connections = directory / "connections.toml"
    connections.write_text(f'[connections.psb]\nurl = "file://{directory}/dropped"\n')
    connections.chmod(0o600)
    more = {"manifests_dir": directory / "manifests", "connections_file": connections}
    return replace(city, settings=city.settings.model_copy(update=more))
