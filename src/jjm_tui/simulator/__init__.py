"""A Jules MCP server with a clock and faults: demo, test partner, benchmark load."""
