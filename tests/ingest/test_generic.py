"""Exports of no known format: what people call the fields of a comment, and what they do not mean by it."""

import json

import pytest

from detector.config import IngestConfig
from detector.ingest.read import read_comments

LATE = "2024-01-02T10:11:12Z"


def read(tmp_path, data, **settings):
    path = tmp_path / "export"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    found = read_comments(path, IngestConfig(**settings))
    return found, [
        {name: value for name, value in row.items() if value is not None} for row in found.comments.to_dicts()
    ]


def table(header, *rows, delimiter=",", encoding="utf-8"):
    return "".join(f"{delimiter.join(row)}\n" for row in (header, *rows)).encode(encoding)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (
            table(
                ["Comment ID", "Author Name", "Comment", "Published At", "Like Count", "Reply To", "Author Channel ID"],
                ["c1", "Ada Reed", "Who paid?", LATE, "1.2K", "c0", "UC1"],
            ),
            {"id": "c1", "author_name": "Ada Reed", "like_count": 1200, "parent_id": "c0", "author_id": "UC1"},
        ),
        (
            table(
                ["Auteur", "Commentaire", "Date de publication", "Nombre de j'aime", "Abonnés"],
                ["Zoé Mer", "Qui répare le pont ?", "02/01/2024 10:11", "3", "1 204"],
                delimiter=";",
                encoding="cp1252",
            ),
            {"author_name": "Zoé Mer", "created_at": "2024-01-02T10:11", "like_count": 3, "author_followers": 1204},
        ),
        (
            table(
                ["nombre_usuario", "texto", "Fecha", "Hora", "idioma"],
                ["pino88", "¿Quién paga?", "2024-01-02", "10:11:12", "es"],
                encoding="utf-16",
            ),
            {"author_handle": "pino88", "created_at": "2024-01-02T10:11:12", "lang": "es"},
        ),
        (
            table(
                ["Benutzername", "Kommentar", "Erstellt am", "Beitrag-URL"],
                ["alte_muehle", "Wer zahlt?", "02.01.2024 10:11", "https://example.org/p/1"],
                delimiter="\t",
            ),
            {
                "author_handle": "alte_muehle",
                "created_at": "2024-01-02T10:11",
                "target": "other:https://example.org/p/1",
            },
        ),
        (
            table(
                ["留言者", "留言內容", "留言時間", "按讚數", "貼文連結"],
                ["小松", "誰付錢", "2024-01-02 10:11", "3", "https://www.facebook.com/p/1"],
            ),
            {"author_name": "小松", "created_at": "2024-01-02T10:11", "like_count": 3, "platform": "facebook"},
        ),
    ],
    ids=["English", "French", "Spanish", "German", "Chinese"],
)
def test_columns_are_known_however_they_are_spelt(tmp_path, data, fields):
    found, [comment] = read(tmp_path, data)
    assert found.formats == ("generic",)
    comment["created_at"] = comment["created_at"].isoformat()
    assert comment["created_at"].startswith(fields.pop("created_at", "2024"))
    assert {name: comment.get(name) for name in fields} == fields


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        ({"comment": "a", "author": "Ada", "name": "The Page"}, "author_name", "Ada"),
        ({"comment": "a", "author": "Ada", "page_name": "The Page"}, "target", "other:The Page"),
        ({"comment": "a", "author": "The Editor", "comment_author": "Ada"}, "author_name", "Ada"),
        ({"comment": "a", "author": "https://example.org/u/1"}, "author_name", None),
        ({"comment": "a", "author": "@ada"}, "author_handle", "ada"),
        ({"comment": "a", "user": 7}, "author_id", "7"),
        ({"comment": "a", "user_name": "Ada Reed"}, "author_handle", None),
        ({"comment": "a", "user_name": "Ada Reed"}, "author_name", "Ada Reed"),
        ({"comment": "a", "user_id": 0, "parent": 0}, "author_id", None),
        ({"comment": "a", "user_id": 0, "parent": 0}, "parent_id", None),
        ({"comment": "a", "post_url": "https://example.org/p"}, "url", None),
        ({"comment": "a", "post_url": "https://example.org/p"}, "conversation_id", "https://example.org/p"),
        ({"comment": "a", "content": "the article"}, "text", "a"),
        ({"comment": "a", "post_date": "2023-01-01", "comment_date": LATE, "user": "b"}, "created_at_precision", "s"),
        ({"comment": "a", "score": 0.93}, "like_count", None),
        ({"comment": "a", "like": True}, "like_count", None),
        ({"comment": "a", "date": "01/02/2024"}, "created_at", None),
        ({"comment": "a", "in_reply_to": "@mp_oak"}, "target", "other:mp_oak"),
        ({"body": "if a<b and c>d &amp; so"}, "text", "if a<b and c>d & so"),
        ({"body": "<p>One</p><p>Two</p>"}, "text", "One\nTwo"),
        ({"comment": {"id": 5, "text": "a"}, "author": {"name": "Ada"}}, "author_name", "Ada"),
        ({"_id": {"$oid": "65aa"}, "body": "a"}, "id", "65aa"),
    ],
)
def test_a_name_is_taken_for_what_it_means(tmp_path, record, field, value):
    _, [comment] = read(tmp_path, record)
    assert comment.get(field) == value


def test_comments_of_one_post_are_not_taken_for_repeats(tmp_path):
    found, _ = read(tmp_path, table(["post_id", "user", "comment"], ["1", "ada", "Yes."], ["1", "bo", "No."]))
    assert found.counts.accepted == 2


@pytest.mark.parametrize(
    "page",
    [
        {"data": {"post": {"id": "p9", "comments": {"edges": [{"node": {"id": "c1", "body": "a"}}]}}}},
        {"posts": [{"id": "p9", "title": "News", "comments": [{"id": "c1", "body": "a"}]}]},
        {"message": "ok", "code": 0, "data": {"post_id": "p9", "comments": [{"id": "c1", "body": "a"}]}},
        {"post_id": "p9", "hits": {"hits": [{"_id": "c1", "_source": {"body": "a"}}]}},
    ],
    ids=["GraphQL", "post without a text", "message beside", "search engine"],
)
def test_comments_learn_their_post_from_the_page(tmp_path, page):
    _, [comment] = read(tmp_path, page)
    assert (comment["id"], comment["conversation_id"]) == ("c1", "p9")


def test_an_object_may_stand_for_a_list(tmp_path):
    found, _ = read(tmp_path, {"c1": {"text": "a", "user": "ada"}, "c2": {"text": "b", "user": "bo"}})
    assert found.counts.accepted == 2


def test_what_is_no_comment_is_skipped(tmp_path):
    rows = [{"message": "Rate limited", "code": 88}, {"text": "b", "user": "ada", "is_retweet": "TRUE"}]
    found, _ = read(tmp_path, [*rows, {"text": "c", "user": "ada", "is_retweet": "FALSE"}])
    assert found.counts.skipped_by_reason == {"not_a_comment": 1, "repost": 1}


def test_a_mapping_finds_records_in_lists_of_any_name(tmp_path):
    page = {"stuff": [{"x": {"y": "a"}, "n": 1}, {"x": {"y": "b"}, "n": 2}]}
    found, comments = read(tmp_path, page, mapping=("text=x.y", "id=n"))
    assert sorted(comment["text"] for comment in comments) == ["a", "b"]
    assert found.counts.records_read == 2


def test_a_canonical_record_with_a_damaged_name_is_none_of_another_format(tmp_path):
    lines = [b'{"id": "%d", "text": "a"}' % i for i in range(5)]
    found, _ = read(tmp_path, b"\n".join([b'{"id": "9", "t ext": "a"}', *lines]))
    assert found.counts.rejected_by_reason == {"no_text_field": 1}
