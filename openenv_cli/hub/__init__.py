"""From a project to a Space that runs."""
