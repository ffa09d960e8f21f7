"""All that is shown as text, and written into files; pure functions."""
