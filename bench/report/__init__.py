"""What a benchmark has found: figures for programs, a table for people."""
