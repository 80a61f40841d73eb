"""Everything that touches Snakemake."""
