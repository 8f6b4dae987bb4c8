"""The chat in the terminal: lines are read, understood beside what was said before, run, and shown."""
