"""Starts all that a demo or a test run needs on one machine: servers, the product's processes, a receiver, traffic."""
