"""One file per family of Jules MCP servers: tool names, arguments, answers to domain facts."""
