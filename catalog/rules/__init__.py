"""Decisions about catalogue entries. Pure: values in, findings and reasons out."""

from catalog.rules.codes import ItemCodeRule, region_problem, service_item_code_problem, uscc_problem
from catalog.rules.grants import GrantLapse, grant_in_force, lint_grant, rate_window
from catalog.rules.lint import FORMAT_MODES, cites_law, lint_resource, normal_name
from catalog.rules.matters import lint_department, lint_evidence_type, lint_requirement, lint_service_item
from catalog.rules.versions import Change, breaking, diff

__all__ = [
    "FORMAT_MODES",
    "Change",
    "GrantLapse",
    "ItemCodeRule",
    "breaking",
    "cites_law",
    "diff",
    "grant_in_force",
    "lint_department",
    "lint_evidence_type",
    "lint_grant",
    "lint_requirement",
    "lint_resource",
    "lint_service_item",
    "normal_name",
    "rate_window",
    "region_problem",
    "service_item_code_problem",
    "uscc_problem",
]
