"""How notebooks and jobs are executed."""
