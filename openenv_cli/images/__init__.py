"""Images of environments: what goes in, building them with the Docker SDK, what their labels say, a trial of them."""
