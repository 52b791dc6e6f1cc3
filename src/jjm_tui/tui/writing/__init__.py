"""What the person writes: drafts that are never lost, texts sent before, the editor, templates, new tasks."""
