"""An embedded database that cannot start says so in one sentence."""

from pathlib import Path

import pytest

from exchange.embedded import embedded_postgres
from exchange.errors import EmbeddedDatabaseError


def test_a_damaged_cluster_is_refused_and_its_log_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cluster = tmp_path / "pg"
    with embedded_postgres(cluster):
        pass
    (cluster / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(EmbeddedDatabaseError) as refused, embedded_postgres(cluster):
        pass
    assert str(refused.value) == f"see {cluster / 'log'}"
    assert (cluster / "log").is_file()
    assert "Failed to start" not in capfd.readouterr().err
