"""What an operator does to a running installation, done by programs and measured: `python -m tests.ops`."""
