"""Everything that speaks MCP: transport, connection, call policy, dialects."""
