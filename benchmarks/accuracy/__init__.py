"""The score sheet: this detector and five others on the same mixtures of organic comments and one campaign."""
