"""The tile's REST API: thin doors to the services."""
