"""One run: trained, predicted, scored and loaded."""
