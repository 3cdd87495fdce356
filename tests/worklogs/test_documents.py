"""`worklogs.documents`: the text of Jira's comments."""

from hypothesis import given
from hypothesis import strategies as st

from worklogs import documents

nodes = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "hardBreak", "mention", "odd"]), "text": st.text()}
    ),
    lambda inner: st.fixed_dictionaries(
        {
            "type": st.sampled_from(["doc", "paragraph", "tableCell", "odd"]),
            "content": st.lists(inner, max_size=4),
        }
    ),
    max_leaves=20,
)


def paragraph(*content):
    return {"type": "paragraph", "content": list(content)}


def words(text):
    return {"type": "text", "text": text}


def test_paragraphs_stand_on_lines_of_their_own():
    document = {"type": "doc", "content": [paragraph(words("one "), words("two")), paragraph(words("three"))]}
    assert documents.text_of(document) == "one two\nthree"


def test_mentions_emoji_and_links_show_as_text():
    document = {
        "type": "doc",
        "content": [
            paragraph(
                {"type": "mention", "attrs": {"id": "1", "text": "@Amara"}},
                words(" see "),
                {"type": "inlineCard", "attrs": {"url": "https://example.com"}},
                {"type": "emoji", "attrs": {"shortName": ":smile:"}},
            )
        ],
    }
    assert documents.text_of(document) == "@Amara see https://example.com:smile:"


def test_no_comment_is_no_text():
    assert documents.text_of(None) == documents.text_of({}) == ""


def test_a_document_as_deep_as_its_writer_likes_does_not_exhaust_the_stack():
    document = words("deep")
    for _ in range(5000):
        document = {"type": "paragraph", "content": [document]}
    assert documents.text_of(document) == ""


@given(nodes)
def test_whatever_comes_is_text(document):
    assert isinstance(documents.text_of(document), str)
