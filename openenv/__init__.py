"""OpenEnv: environments for language-model agents as typed, isolated services."""
