"""Find coordinated comment campaigns in exported comments, with the evidence for and against."""
