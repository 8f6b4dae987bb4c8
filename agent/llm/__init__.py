"""A language model as planner: its client, what it is told, how its replies are read and its comments shown."""
