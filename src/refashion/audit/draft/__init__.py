"""A draft study of a document: what was read, as runs and claims for a person to go through."""
