"""The courier empties one connection's pending deliveries. `run` is the loop: claim, choose, send, record, again."""
