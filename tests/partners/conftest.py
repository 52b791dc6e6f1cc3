"""Fixtures: the callers of the gateway's own tests."""

from tests.gateway.conftest import stand

__all__ = ["stand"]
