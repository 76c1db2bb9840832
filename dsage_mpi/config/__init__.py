"""Configuration: TOML files in, one validated ``Config`` or all that is wrong with them out."""
