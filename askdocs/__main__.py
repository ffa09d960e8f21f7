"""`python -m askdocs`."""

from askdocs.cli import main

if __name__ == "__main__":
    main()
