"""A test of receivers: plays the life of a webhook at one and reports which promises it handles."""
