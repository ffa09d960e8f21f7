"""The command line. Data goes to stdout and everything else to stderr; errors become messages and exit codes here."""

from askdocs.cli import asking, evaluating, indexing, keeping, serving  # each adds its commands to the group
from askdocs.cli.group import cli
from askdocs.cli.running import main, process

__all__ = ["asking", "cli", "evaluating", "indexing", "keeping", "main", "process", "serving"]
