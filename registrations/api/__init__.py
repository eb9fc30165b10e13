"""The door for other websites and systems: JSON in, JSON out, and an honest problem where something is wrong."""
