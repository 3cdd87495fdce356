"""`worklogs.pages.bundles`: names that hold their content's hash."""

import os

import pytest

from worklogs.pages import bundles
from worklogs.pages.bundles import Bundle, NotBundled


def test_a_bundle_is_found_by_its_page_and_again_after_it_was_bundled_again(tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"panel.js": "panel-1.js", "panel.css": "panel-1.css"}')
    assert bundles.bundle(tmp_path, "panel") == Bundle("/static/dist/panel-1.js", "/static/dist/panel-1.css")
    manifest.write_text('{"panel.js": "panel-2.js", "panel.css": "panel-2.css"}')
    os.utime(manifest, ns=(1, 1))
    assert bundles.bundle(tmp_path, "panel").script == "/static/dist/panel-2.js"


@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_what_is_not_bundled_says_what_to_run(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(NotBundled, match="npm run build"):
        bundles.bundle(tmp_path, "panel")
