"""Tests of one `xdist_group` run in one worker, as `--dist loadgroup` promises.

pytest-xdist 3.8 hands the group on by writing to a field that pytest 9.2 no longer reads, so that every worker makes
what a group shares again (pytest-xdist issue 1386). Drop this when a later pytest-xdist makes its test pass alone.
"""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the group to the identifier of each test, where the scheduler of pytest-xdist looks for it."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
        suffix = f"@{'_'.join(groups)}"
        if groups and not item.nodeid.endswith(suffix):
            item._id = type(item.id).parse(item.nodeid + suffix)
