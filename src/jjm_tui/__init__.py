"""jjm-tui: look after many Google Jules tasks from the terminal."""

__version__ = "0.1.0"
