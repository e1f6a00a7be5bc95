"""`facenext data ...`: make and prepare data sets."""
