"""Sessions: one environment each, played by one client. No web framework here."""
