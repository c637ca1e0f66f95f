"""Known truth: comments generated from numbered recipes, and figures that compare a scan with the truth."""
