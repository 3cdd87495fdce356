from hypothesis import given
from hypothesis import strategies as st

from sandbox import world
from sandbox.model import Sequence, as_document, as_text, stable_id


@given(st.text("ab \n", max_size=20))
def test_plain_text_survives_as_a_document(text):
    assert as_text(as_document(text)) == text


def test_a_documents_text_is_what_one_reads():
    bold = {"type": "text", "text": "bold", "marks": [{"type": "strong"}]}
    item = {"type": "listItem", "content": [{"type": "paragraph", "content": [bold, {"type": "hardBreak"}]}]}
    document = {"type": "doc", "version": 1, "content": [{"type": "bulletList", "content": [item]}]}
    assert as_text(document) == "bold\n"
    assert as_text(None) == ""


def test_ids_are_handed_out_in_order():
    site = world.build("acme")
    assert site.next_id(Sequence.ISSUE) == max(site.issues) + 1
    assert site.next_id(Sequence.WORKLOG) == max(site.worklogs) + 1


def test_stable_ids_depend_on_all_parts():
    assert stable_id("a", "b") == stable_id("a", "b") != stable_id("b", "a")


def test_the_index_of_work_logs_follows_every_change():
    site = world.build("acme")
    issue = site.issue("SEC-1")
    first = next(site.worklogs_of(issue))
    site.drop(first)
    assert first not in site.worklogs_of(issue)
    site.keep(first)
    assert first in site.worklogs_of(issue)
    site.become(world.build("acme"))
    assert [one.id for one in site.worklogs_of(site.issue("SEC-1"))] == [
        one.id for one in site.worklogs.values() if one.issue_id == 10001
    ]
