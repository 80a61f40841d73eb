"""General readers: each finds one kind of table, log or statement in a document."""
