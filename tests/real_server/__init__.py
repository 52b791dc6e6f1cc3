"""Tests against a real third-party Jules MCP server."""
