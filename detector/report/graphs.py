"""The network of accounts as GEXF 1.3 and GraphML, written as a stream: what Gephi and its kind open.

GEXF carries the times as intervals, so that Gephi's timeline plays the campaign. They stand in the attribute
`intervals`, which Gephi reads since 0.9.3 and networkx passes over: it knows no times of day in GEXF and would refuse
the file. The same times stand in the columns `first` and `last` of both formats.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from detector.report.charts import FAMILIES, FURTHER, ORDINARY
from detector.report.escape import visible, xml
from detector.report.findings import Row
from detector.report.network import NEXT, WHOLE_MAX, Network, network
from detector.report.words import CAUTION, counted

NODE_COLUMNS = {
    **dict.fromkeys(("account", "platform", "campaign", "tier", "role"), "string"),
    "score": "double",
    **dict.fromkeys(("n_comments", "n_campaign_comments"), "long"),
    **dict.fromkeys(("created", "first", "last"), "string"),
}
EDGE_COLUMNS = {
    "n_shared_clusters": "long",
    "shares": "string",
    "is_link": "boolean",
    **dict.fromkeys(("q", "median_gap_s"), "double"),
    **dict.fromkeys(("first", "last"), "string"),
}
"""The columns of the nodes and edges, with their types, which have the same names in both formats."""
_SIZE, _GROWTH = 4.0, 16.0
"""Size of a node of score 0, and how much a score of 1 adds."""
_FLUSH_ROWS = 4096


def write_gexf(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any], path: Path) -> None:
    """Write the accounts of the campaigns, and what joins them, as GEXF 1.3; equal input gives equal bytes.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`.
    path
        The file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    found = network(frames)
    is_timed = found.nodes["first"].null_count() < found.nodes.height
    timed = ' timeformat="dateTime" timerepresentation="interval" timezone="UTC"' if is_timed else ""
    day = f' lastmodifieddate="{str(run["span"]["end"])[:10]}"' if run["span"]["end"] else ""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
        f"<meta{day}>\n<creator>spamouflage-detector {xml(str(run['version']))}</creator>\n"
        f"<description>{_about(found, run)}</description>\n</meta>\n"
        f'<graph defaultedgetype="undirected" idtype="string" mode="{"dynamic" if is_timed else "static"}"{timed}>\n'
        f"{_gexf_columns('node', NODE_COLUMNS)}{_gexf_columns('edge', EDGE_COLUMNS)}"
        f'<nodes count="{found.nodes.height}">\n'
    )
    colour = _colours(frames["campaigns"])
    _stream(
        path,
        head,
        (_gexf_node(row, colour(row)) for row in found.nodes.iter_rows(named=True)),
        f'</nodes>\n<edges count="{found.edges.height}">\n',
        (_gexf_edge(row) for row in found.edges.iter_rows(named=True)),
        "</edges>\n</graph>\n</gexf>\n",
    )


def write_graphml(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any], path: Path) -> None:
    """Write the accounts of the campaigns, and what joins them, as GraphML; equal input gives equal bytes.

    Parameters and errors are those of `write_gexf`.
    """
    found = network(frames)
    shown = {"label": "string", **dict.fromkeys("rgb", "int"), "size": "double"}
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        f"<desc>{_about(found, run)}</desc>\n{_graphml_keys('node', NODE_COLUMNS | shown)}"
        f"{_graphml_keys('edge', EDGE_COLUMNS | {'weight': 'double'})}"
        '<graph id="network" edgedefault="undirected">\n'
    )
    colour = _colours(frames["campaigns"])
    _stream(
        path,
        head,
        (_graphml_node(row, colour(row)) for row in found.nodes.iter_rows(named=True)),
        "",
        (_graphml_edge(row) for row in found.edges.iter_rows(named=True)),
        "</graph>\n</graphml>\n",
    )


def _stream(path: Path, head: str, nodes: Iterable[str], between: str, edges: Iterable[str], foot: str) -> None:
    with path.open("wb") as file:
        waiting: list[str] = []
        for piece in chain([head], nodes, [between], edges, [foot]):
            waiting.append(piece)
            if len(waiting) == _FLUSH_ROWS:
                file.write("".join(waiting).encode())
                waiting.clear()
        file.write("".join(waiting).encode())


def _about(found: Network, run: Mapping[str, Any]) -> str:
    told = (
        "Accounts in the campaigns that a scan reported, and what joins them: texts and addresses that both spread. "
        f"The weight of an edge is their number. Of {counted(found.n_clusters, 'cluster')}, "
        f"{found.n_thinned:,} with more than {WHOLE_MAX} accounts: there each account is joined to the {NEXT} that "
        "posted next, not to all, so that degree, density and centrality mean nothing there. An account of role source "
        f"wrote first what others copied, and is no member. {CAUTION} Settings {run['settings_digest']}."
    )
    return xml(visible(told))


def _colours(campaigns: pl.DataFrame) -> Callable[[Row], tuple[int, int, int]]:
    """Return what colours a node: its campaign; sources, who are no members, are grey."""
    known = dict(zip(campaigns["campaign_id"], FAMILIES, strict=False))

    def colour(node: Row) -> tuple[int, int, int]:
        code = ORDINARY if node["role"] == "source" else known.get(node["campaign"], FURTHER)
        red, green, blue = bytes.fromhex(code[1:])
        return red, green, blue

    return colour


def _size(node: Row) -> str:
    return _value(_SIZE + _GROWTH * (node["score"] or 0.0))


def _value(value: object) -> str:
    """Return a value as both formats write it; text from strangers is visible and lawful."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat()}Z"
    return f"{value:.9g}" if isinstance(value, float) else xml(visible(str(value)))


def _gexf_columns(kind: str, columns: Mapping[str, str]) -> str:
    rows = "".join(f'<attribute id="{name}" title="{name}" type="{dtype}"/>\n' for name, dtype in columns.items())
    return f'<attributes class="{kind}" mode="static">\n{rows}</attributes>\n'


def _gexf_values(row: Row, columns: Mapping[str, str]) -> str:
    values = (f'<attvalue for="{name}" value="{_value(row[name])}"/>' for name in columns if row[name] is not None)
    return f"<attvalues>{''.join(values)}</attvalues>"


def _interval(row: Row) -> str:
    if row["first"] is None:
        return ""
    # Without a zone, which the graph names for all: not every version of Gephi reads one here.
    first, last = (time.replace(tzinfo=None).isoformat(timespec="milliseconds") for time in (row["first"], row["last"]))
    return f' intervals="&lt;[{first}, {last}]&gt;"'


def _gexf_node(row: Row, colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return (
        f'<node id="{row["id"]}" label="{_value(row["label"])}"{_interval(row)}>{_gexf_values(row, NODE_COLUMNS)}'
        f'<viz:color r="{red}" g="{green}" b="{blue}"/><viz:size value="{_size(row)}"/></node>\n'
    )


def _gexf_edge(row: Row) -> str:
    return (
        f'<edge source="{row["source"]}" target="{row["target"]}" weight="{row["n_shared_clusters"]}.0"'
        f"{_interval(row)}>{_gexf_values(row, EDGE_COLUMNS)}</edge>\n"
    )


def _graphml_keys(kind: str, columns: Mapping[str, str]) -> str:
    return "".join(
        f'<key id="{kind}_{name}" for="{kind}" attr.name="{name}" attr.type="{dtype}"/>\n'
        for name, dtype in columns.items()
    )


def _graphml_values(kind: str, row: Row, columns: Mapping[str, str]) -> Iterator[str]:
    for name in columns:
        if row[name] is not None:
            yield f'<data key="{kind}_{name}">{_value(row[name])}</data>'


def _graphml_node(row: Row, colour: tuple[int, int, int]) -> str:
    shown = {"label": row["label"], **dict(zip("rgb", colour, strict=True))}
    values = "".join(_graphml_values("node", row | shown, NODE_COLUMNS | dict.fromkeys(shown, "")))
    return f'<node id="{row["id"]}">{values}<data key="node_size">{_size(row)}</data></node>\n'


def _graphml_edge(row: Row) -> str:
    values = "".join(_graphml_values("edge", row, EDGE_COLUMNS))
    weight = f'<data key="edge_weight">{row["n_shared_clusters"]}.0</data>'
    return f'<edge source="{row["source"]}" target="{row["target"]}">{values}{weight}</edge>\n'
