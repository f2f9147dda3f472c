"""Kills, freezes, cuts and floods the real stack under traffic, and checks what was promised: `./run faults`."""
