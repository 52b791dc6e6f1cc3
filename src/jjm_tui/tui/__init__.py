"""The full-screen dashboard (Textual). Heavy: only `cli.dashboard` imports it, and only when it is opened."""
