"""Local stores: tasks, history, outbox, drafts, transcripts."""
