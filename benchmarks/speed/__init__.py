"""How fast, how much memory and how much is found: scenarios, workloads, contenders, measurement."""
