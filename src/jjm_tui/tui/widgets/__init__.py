"""Widgets: each shows what it is given and says what the person wants; none knows a server or holds the truth."""
