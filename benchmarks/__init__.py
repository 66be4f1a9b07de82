"""Speed and quality measurements with committed results; not part of the library."""
