"""How fast the kit is, as ratios to what else could be done on the same machine in the same run."""
