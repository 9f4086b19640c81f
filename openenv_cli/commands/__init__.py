"""One module a command: it parses options, calls a service and prints."""
