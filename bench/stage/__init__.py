"""What every benchmark stands on: servers, the product's processes, a receiver, shops, events, and the clock."""
