"""A camera that exists on paper only: sheets are drawn, photographed under graded conditions, and read as real ones."""
