"""The commands: one module per group, output in one place."""
