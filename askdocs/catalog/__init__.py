"""What is indexed, in SQLite: the truth, of which all else is derived."""
