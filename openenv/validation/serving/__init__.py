"""The server under test: started, asked with good and bad requests, and stopped."""
