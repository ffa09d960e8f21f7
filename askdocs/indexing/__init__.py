"""Folders -> catalogue: which files there are, what has changed, and carrying that out."""
