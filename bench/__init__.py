"""How fast is the issue panel, and how much of that is PostgreSQL? `python -m bench`; docs/performance.md.

Measures, asserts nothing about time: what is fast enough is judged by people who know the machine.
"""
