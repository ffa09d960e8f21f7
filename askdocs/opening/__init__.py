"""What is cited, opened: in another program, as a picture, by its links, on the clipboard."""
