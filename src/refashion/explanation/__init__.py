"""Why a number is not reproduced: how much of the gap each single change of its run closes."""
