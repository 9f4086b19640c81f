"""The environment itself and what serves it."""
