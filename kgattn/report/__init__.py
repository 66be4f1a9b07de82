"""Results for people: a page, a plot, and tables for terminal and README."""
