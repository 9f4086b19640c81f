"""The HTTP interface of the Hub, by what it is about."""
