"""All code that uses Snakemake."""
