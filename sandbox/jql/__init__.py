"""JQL, as far as the sandbox speaks it: read it (:mod:`language`), run it (:mod:`search`)."""
