"""The example notebook runs from its first cell to its last, and what it shows is what was found."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from detector.result import Result

ROOT = Path(__file__).parent.parent
NOTEBOOK = json.loads((ROOT / "docs" / "example.ipynb").read_text(encoding="utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


class _Strict(HTMLParser):
    """Collects text and refuses elements that are left open or closed twice."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Run the cells in order, in a folder that stands to the seeds as `docs/` does; return what they leave."""
    folder = tmp_path_factory.mktemp("example")
    (folder / "docs").mkdir()
    (folder / "seeds").symlink_to(ROOT / "seeds")
    names = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder / "docs")
        for cell in CODE:
            exec(compile("".join(cell["source"]), f"example.ipynb#{cell['id']}", "exec"), names)
    assert list((folder / "docs").iterdir()) == []
    return names


def test_it_is_kept_without_outputs():
    assert NOTEBOOK["nbformat"] == 4
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CODE)
    ids = [cell["id"] for cell in NOTEBOOK["cells"]]
    assert len(set(ids)) == len(ids)


def test_what_a_cell_shows_names_the_campaigns(names):
    result = names["result"]
    assert isinstance(result, Result)
    assert not result.campaigns.is_empty()
    page = _Strict()
    page.feed(result._repr_html_())
    page.close()
    assert page.open == []
    for campaign in result.campaigns["campaign_id"]:
        assert campaign in page.text
    assert names["campaign"] == result.campaigns["campaign_id"][0]


def test_a_stricter_threshold_shows_fewer_flags(names):
    result, stricter = names["result"], names["stricter"]
    assert 0 < stricter.run["counts"]["flagged_comments"] < result.run["counts"]["flagged_comments"]
    assert "at scores of 0.90 or more" in stricter._repr_html_()
    assert "at scores of" not in result._repr_html_()


def test_a_result_that_was_written_shows_the_same(names):
    assert names["again"]._repr_html_() == names["result"]._repr_html_()
    assert repr(names["again"]) == repr(names["result"])
    assert names["found"].counts.to_dict()["accepted"] == names["result"].comments.height
