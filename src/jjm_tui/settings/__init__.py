"""Settings: typed, documented per field, layered, explained."""
