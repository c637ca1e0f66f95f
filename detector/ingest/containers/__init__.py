"""What records lie in: lists, pages and tables, in archives or not, cut into pieces without being read."""
