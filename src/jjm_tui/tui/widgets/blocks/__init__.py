"""The view over blocks of text, and what is made of it."""
