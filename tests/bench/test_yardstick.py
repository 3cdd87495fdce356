"""The yardstick measures the product's own SQL."""

from __future__ import annotations

import re

from bench import yardstick
from worklogs.entries.listing import LISTING


def test_pgbench_runs_the_products_listing_word_for_word() -> None:
    script = yardstick.script()
    for fragment in re.split(r"%\(\w+\)s", LISTING.strip()):
        assert fragment in script


def test_every_variable_of_the_script_is_set_or_given() -> None:
    script = yardstick.script()
    used = set(re.findall(r"(?<!:):([a-z]\w*)", script))
    assert used == set(re.findall(r"^\\set (\w+)", script, re.MULTILINE)) | yardstick.GIVEN
