"""The network files: what is drawn, that it is true, and that real readers open it, whatever stands in the names."""

import itertools
import re
import unicodedata
from xml.etree import ElementTree

import networkx
import polars as pl
import pytest

from detector.report.graphs import EDGE_COLUMNS, NODE_COLUMNS, write_gexf, write_graphml
from detector.report.network import NEXT, WHOLE_MAX, network

GEXF, VIZ = "{http://gexf.net/1.3}", "{http://gexf.net/1.3/viz}"
WRITERS = {"gexf": (write_gexf, networkx.read_gexf), "graphml": (write_graphml, networkx.read_graphml)}
LAWFUL = {
    "gexf": {"version"},
    "meta": {"lastmodifieddate"},
    "creator": set(),
    "description": set(),
    "graph": {"defaultedgetype", "idtype", "mode", "timeformat", "timerepresentation", "timezone"},
    "attributes": {"class", "mode"},
    "attribute": {"id", "title", "type"},
    "nodes": {"count"},
    "node": {"id", "label", "intervals"},
    "edges": {"count"},
    "edge": {"source", "target", "weight", "intervals"},
    "attvalues": set(),
    "attvalue": {"for", "value"},
    "color": {"r", "g", "b"},
    "size": {"value"},
}
"""What of GEXF 1.3 (gexf.xsd, dynamics.xsd, viz.xsd) is used."""


@pytest.fixture(params=sorted(WRITERS))
def opened(request, tmp_path):
    """Write the frames in one of the formats, and read them with networkx."""
    write, read = WRITERS[request.param]

    def open_(frames, run):
        path = tmp_path / f"network.{request.param}"
        path.unlink(missing_ok=True)
        write(frames, run, path)
        return read(path)

    return open_


def stands(frames):
    """Return the clusters of a campaign in which each account stands."""
    found = {}
    for row in frames["comments"].iter_rows(named=True):
        if row["campaign_id"] and row["cluster_id"] and row["account"]:
            found.setdefault(row["account"], set()).add(row["cluster_id"])
    return found


def by_account(graph):
    return networkx.relabel_nodes(graph, networkx.get_node_attributes(graph, "account"))


def test_five_accounts_are_joined_each_to_each_with_all_that_is_known(build, opened):
    frames, run = build(5)
    graph = by_account(opened(frames, run))
    members = frames["accounts"].filter(pl.col("campaign_id").is_not_null())
    assert set(graph) == set(members["account"])
    node = graph.nodes["x:000000"]
    assert (node["label"], node["campaign"], node["tier"], node["score"], node["n_comments"]) == (
        *("citizen00000000", "c00000000000a", "high", 0.9, 3),
    )
    assert node["created"] == "2023-08-18T09:00:00Z"
    clusters = stands(frames)
    pairs = {frozenset(pair) for pair in itertools.combinations(clusters, 2) if clusters[pair[0]] & clusters[pair[1]]}
    assert {frozenset(edge) for edge in graph.edges} == pairs
    edge = graph.edges["x:000000", "x:000001"]
    assert (edge["weight"], edge["n_shared_clusters"], edge["shares"], edge["is_link"]) == (3.0, 3, "texts", True)
    assert (edge["first"], edge["last"]) == ("2023-08-30T09:00:00Z", "2023-08-30T23:00:03Z")
    assert not graph.edges["x:000001", "x:000002"]["is_link"]


def test_both_formats_hold_the_same(build, tmp_path):
    frames, run = build(30)
    write_gexf(frames, run, tmp_path / "a.gexf")
    write_graphml(frames, run, tmp_path / "a.graphml")
    gexf, graphml = networkx.read_gexf(tmp_path / "a.gexf"), networkx.read_graphml(tmp_path / "a.graphml")
    for name, node in gexf.nodes(data=True):
        viz = node.pop("viz")
        assert graphml.nodes[name] == node | {"size": viz["size"]} | {key: viz["color"][key] for key in "rgb"}
    assert {frozenset(edge): data for *edge, data in gexf.edges(data=True)} == {
        frozenset(edge): data for *edge, data in graphml.edges(data=True)
    }


def test_five_thousand_accounts_make_a_linear_number_of_edges_and_say_so(build, opened):
    frames, run = build(5_000)
    graph = by_account(opened(frames, run))
    assert graph.number_of_nodes() == 10_000
    n_standing = sum(map(len, stands(frames).values()))
    assert graph.number_of_edges() <= NEXT * n_standing
    # Nobody is made a hub, and nobody stands alone.
    degrees = dict(graph.degree).values()
    assert min(degrees) >= NEXT
    assert max(degrees) <= 2 * NEXT * 3
    assert networkx.number_connected_components(graph) == 2


def test_what_was_left_undrawn_is_said_in_the_file(build, tmp_path):
    frames, run = build(WHOLE_MAX + 1)
    write_gexf(frames, run, tmp_path / "a.gexf")
    write_graphml(frames, run, tmp_path / "a.graphml")
    for name in ("a.gexf", "a.graphml"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "Of 6 clusters, 6 with more than 20 accounts" in text
        assert "A person must decide." in text


@pytest.mark.parametrize("seed", range(5))
def test_what_an_edge_says_is_exact_however_few_are_drawn(build, seed):
    """A slow twin counts by sets; clusters of both sizes and kinds, of members drawn at random."""
    frames, _ = build(60)
    comments = frames["comments"].with_columns(
        cluster_id=pl.when(pl.col("cluster_id").str.ends_with("2")).then(
            pl.lit("u") + pl.col("cluster_id").str.slice(1)
        ).otherwise("cluster_id")
    ).sample(fraction=0.5, seed=seed, shuffle=True)  # fmt: skip
    frames |= {"comments": comments}
    found = network(frames)
    names = dict(zip(found.nodes["id"], found.nodes["account"], strict=True))
    clusters = stands(frames)
    linked = {(row["account_a"], row["account_b"]) for row in frames["links"].iter_rows(named=True)}
    for row in found.edges.iter_rows(named=True):
        pair = names[row["source"]], names[row["target"]]
        shared = clusters.get(pair[0], set()) & clusters.get(pair[1], set())
        assert row["n_shared_clusters"] == (3 if pair in linked else len(shared))
        assert row["is_link"] == (pair in linked)
        kinds = {cluster[0] for cluster in shared}
        assert (
            row["shares"]
            == {
                frozenset("t"): "texts",
                frozenset("u"): "addresses",
                frozenset("tu"): "texts and addresses",
                frozenset(): "texts outside the campaigns",
            }[frozenset(kinds)]
        )
        times = comments.filter(pl.col("account").is_in(list(pair)), pl.col("cluster_id").is_in(list(shared)))
        assert (row["first"], row["last"]) == (times["created_at"].min(), times["created_at"].max())
    drawn = {(names[row["source"]], names[row["target"]]) for row in found.edges.iter_rows(named=True)}
    for cluster in set().union(*clusters.values()):
        members = sorted(account for account, held in clusters.items() if cluster in held)
        pairs = set(itertools.combinations(members, 2))
        assert len(members) > WHOLE_MAX or pairs <= drawn


def test_the_elements_of_gexf_are_lawful(build, tmp_path):
    write_gexf(*build(7), tmp_path / "a.gexf")
    root = ElementTree.parse(tmp_path / "a.gexf").getroot()
    assert root.get("version") == "1.3"
    for element in root.iter():
        assert element.tag.startswith((GEXF, VIZ))
        assert set(element.attrib) <= LAWFUL[element.tag.partition("}")[2]]
    for kind, columns in (("node", NODE_COLUMNS), ("edge", EDGE_COLUMNS)):
        declared = root.findall(f"{GEXF}graph/{GEXF}attributes[@class='{kind}']/{GEXF}attribute")
        assert {column.get("id"): column.get("type") for column in declared} == columns
    graph = root.find(f"{GEXF}graph")
    assert [child.tag.removeprefix(GEXF) for child in graph] == ["attributes", "attributes", "nodes", "edges"]
    assert int(graph.find(f"{GEXF}nodes").get("count")) == len(graph.findall(f"{GEXF}nodes/{GEXF}node")) == 14
    assert int(graph.find(f"{GEXF}edges").get("count")) == len(graph.findall(f"{GEXF}edges/{GEXF}edge"))


def test_times_are_intervals_of_gephi(build, tmp_path):
    write_gexf(*build(5), tmp_path / "a.gexf")
    graph = ElementTree.parse(tmp_path / "a.gexf").getroot().find(f"{GEXF}graph")
    assert (graph.get("mode"), graph.get("timeformat"), graph.get("timezone")) == ("dynamic", "dateTime", "UTC")
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"
    for element in itertools.chain(graph.iter(f"{GEXF}node"), graph.iter(f"{GEXF}edge")):
        first, last = re.fullmatch(rf"<\[({moment}), ({moment})\]>", element.get("intervals")).groups()
        assert first <= last


def test_without_times_the_graph_is_static(build, opened, tmp_path):
    frames, run = build(5)
    frames |= {"comments": frames["comments"].with_columns(created_at=pl.lit(None, pl.Datetime("us", "UTC")))}
    assert opened(frames, run | {"span": {"start": None, "end": None}}).number_of_edges() == 20
    write_gexf(frames, run, tmp_path / "a.gexf")
    graph = ElementTree.parse(tmp_path / "a.gexf").getroot().find(f"{GEXF}graph")
    assert graph.get("mode") == "static"
    assert graph.get("timeformat") is None
    assert not graph.findall(f".//{GEXF}node[@intervals]")


def test_nothing_found_is_a_graph_without_nodes(empty, opened):
    graph = opened(*empty)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (0, 0)


def test_sources_are_grey_and_named_so(build, opened):
    frames, run = build(5)
    is_first = pl.col("account") == "x:000000"
    role = pl.when(is_first).then(pl.lit("source")).otherwise("role")
    frames |= {"accounts": frames["accounts"].with_columns(role=role)}
    graph = by_account(opened(frames, run))
    nodes = {name: graph.nodes[name] for name in ("x:000000", "x:000001", "x:000002", "x:100000")}
    colours = {name: str(node.get("viz", {}).get("color") or [node.get(key) for key in "rgb"])
               for name, node in nodes.items()}  # fmt: skip
    assert nodes["x:000000"]["role"] == "source"
    assert len(set(colours.values())) == 3
    assert colours["x:000001"] == colours["x:000002"] != colours["x:100000"]


def hostile_everywhere(frames, text):
    """Put a text also where the builder has ids: into the accounts, which stay apart by their numbers."""
    for name, columns in (("comments", ["account"]), ("accounts", ["account"]), ("links", ["account_a", "account_b"])):
        frames[name] = frames[name].with_columns((pl.lit(text) + pl.col(column)).alias(column) for column in columns)
    return frames


def acts(text):
    return any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or 0x202A <= ord(c) <= 0x202E for c in text)


def test_hostile_names_change_nothing_but_what_is_shown(hostile, build, hostile_text, opened):
    frames, run = hostile(hostile_text)
    found = opened(hostile_everywhere(frames, hostile_text), run)
    benign = opened(*build(6, 6))
    assert (found.number_of_nodes(), found.number_of_edges()) == (benign.number_of_nodes(), benign.number_of_edges())
    for _, node in found.nodes(data=True):
        assert not any(acts(value) for value in node.values() if isinstance(value, str))
        assert node["label"]


def test_what_xml_forbids_is_replaced_and_lone_surrogates_end_nothing(build, opened):
    frames, run = build(5)
    frames["accounts"] = frames["accounts"].with_columns(author_handle=pl.lit("a\ufffe\uffff\x00\"'<&>]]>b"))
    graph = opened(frames, run | {"version": "0.1\ud800", "settings_digest": "\udfff"})
    assert {node["label"] for _, node in graph.nodes(data=True)} == {"a\ufffd\ufffd\\x00\"'<&>]]>b"}


def test_accounts_whose_names_look_alike_stay_apart(build, opened):
    frames, run = build(5)
    shown = {"x:000000": "x:\x00", "x:000001": "x:\x01", "x:000002": "x:\ufffe", "x:000003": "x:\uffff"}
    for name, columns in (("comments", ["account"]), ("accounts", ["account"]), ("links", ["account_a", "account_b"])):
        frames[name] = frames[name].with_columns(pl.col(columns).replace(shown))
    assert opened(frames, run).number_of_nodes() == 10


@pytest.mark.parametrize("write", [write_gexf, write_graphml])
def test_equal_input_gives_equal_bytes_in_any_order_of_rows(build, tmp_path, write):
    frames, run = build(30)
    write(frames, run, tmp_path / "a")
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in frames.items()}
    write(shuffled | {"campaigns": frames["campaigns"]}, run, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
