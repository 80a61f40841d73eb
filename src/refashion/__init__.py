"""Re-run published reports and judge their numbers."""

from refashion.hosting import record

__all__ = ["record"]
