"""Reading, translating, checking and printing configs; `find` and `env_paths` import nothing heavy."""
