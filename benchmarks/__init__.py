"""How fast the project is: measured by `python -m benchmarks`, kept, and compared with before."""
