"""What several test folders share: environments, servers in a thread, raw clients."""
