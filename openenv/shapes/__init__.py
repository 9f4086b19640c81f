"""What a server takes and gives, read from its JSON Schemas as plain data, and made into classes."""
