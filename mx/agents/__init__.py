"""Transport agents: what is told of, or asked about, a message at each of its events.

`contract.py` is the interface, `chain.py` runs them. No agent knows another; each is one file, and its construction
stands in `pratique/compose/agents.py`.
"""
