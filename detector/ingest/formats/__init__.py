"""The shapes of exports, one file per family: which records are of it, and where each canonical field is in them."""
