"""The words of the product: tasks, facts about them, events. Pure: no clock, no input or output."""
