"""One course per kind of operation: what to read before, how to send, and how a re-read shows what became of it."""
