"""Deployed path of what runs servers."""
