"""`python -m askdocs`."""

from askdocs.cli import process

if __name__ == "__main__":
    process()
