"""Finding actions, tasks, views and themes by a few letters."""
