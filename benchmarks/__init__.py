"""Speed as ratios to a baseline of the same run; see README.md beside this file."""
