"""The ledger: every claim with its verdict."""
