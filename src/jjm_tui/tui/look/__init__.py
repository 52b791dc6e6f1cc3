"""How things look on this terminal: states, themes and their contrast, colours that are missing, ASCII."""
