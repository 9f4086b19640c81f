"""The Hub: what it knows of an environment. The only place of the runtime that imports ``huggingface_hub``."""
