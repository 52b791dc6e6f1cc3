"""Use cases over the ports; no screen, no files, no MCP."""
