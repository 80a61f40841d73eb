"""Reading and validation of the YAML files."""
