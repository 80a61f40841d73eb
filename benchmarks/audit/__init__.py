"""How well an audit reads reports, and what it says of true ones."""
