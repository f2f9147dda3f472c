"""Benchmarks: `./run bench`. Each measures the product and its reference in turn, in the same run on the same machine.

`drain`, `latency`, `fair`, `burst`, `deep`, `waiting`, `ingest`, `tile`, `costs` are modules of these names, each with
FULL and QUICK sizes and `measure(stage, sizes, rounds) -> Report`. What they stand on is in bench/stage; what they are
compared with is in bare.py, noop.py, insert.py and plain/.
"""
