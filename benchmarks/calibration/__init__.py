"""From labelled comments to weights of evidence: measure, fit, tell."""
