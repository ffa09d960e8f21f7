"""The concerns that the main screen is made of, one a module."""
