"""A project's files: read, imported and built, before anything is served."""
