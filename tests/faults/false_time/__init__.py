"""On the PYTHONPATH of a process under libfaketime."""
