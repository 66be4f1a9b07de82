"""What biased attention costs: kernels and whole models against plain ones, on the same inputs, in one process."""
