"""The command line: makes, serves and checks environments."""
