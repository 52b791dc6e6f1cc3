"""The diff, the tree of its files, and both beside each other."""
