"""Asks our graph algorithms, igraph and networkx the same, and compares: see scripts/graph-oracle.

    graph_oracle.py PROGRAM [--random N]

PROGRAM is the example graph_answers of crates/network. Paths and cuts are not unique: their number is compared, and each is
checked to be one. Conventions that differ: a vertex without an edge is a biconnected component for nobody here, and is left out where
igraph counts it; a loop is in none; neighbours have no cut, and the edges between them are paths of their own, which igraph
leaves out when told to.
"""

import argparse
import collections
import importlib.resources
import json
import os
import pathlib
import random
import subprocess
import sys

import igraph
import networkx


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--random", type=int, default=3000)
    arguments = parser.parse_args()
    graphs = []
    for name, network in packaged():
        graphs.append((name, *network))
    real = len(graphs)
    failures = []
    folder = os.environ.get("BANBURY_TOPOLOGY_ZOO")
    if folder:
        files = sorted(pathlib.Path(folder).glob("*.graphml"))
        if not files:
            print(f"graph-oracle: {folder} (BANBURY_TOPOLOGY_ZOO) has no GraphML file", file=sys.stderr)
            return 1
        for file, graph in zip(files, read_by_us(arguments.program, files)):
            failures += against_reader(file, graph)
            graphs.append((file.name, graph["vertices"], graph["edges"]))
    else:
        print("graph-oracle: BANBURY_TOPOLOGY_ZOO is not set: the Zoo's own GraphML files were not read, only topohub's copy")
    chance = random.Random(1)
    graphs += [(f"random {number}", *random_graph(chance)) for number in range(arguments.random)]
    asked = [ask(chance, vertices, edges) for _, vertices, edges in graphs]
    answers = answer(arguments.program, asked)
    counts = collections.Counter()
    passed = 0
    for (name, *_), question, found in zip(graphs, asked, answers):
        differences = [f"{name}: {text}" for text in compare(question, found, counts)]
        failures += differences
        passed += not differences
    for line in failures[:50]:
        print(line)
    if len(failures) > 50:
        print(f"... and {len(failures) - 50} more")
    print(f"{real} networks of topohub, {len(graphs) - real - arguments.random} GraphML files, {arguments.random} random graphs; compared: "
          + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    print(f"graph-oracle: {passed} passed, {len(graphs) - passed} failed")
    return 1 if failures else 0


def packaged():
    """The real networks in the package topohub: name, vertices and edges."""
    data = importlib.resources.files("topohub") / "data"
    for folder in ("topozoo", "sndlib"):
        for file in sorted((data / folder).iterdir(), key=lambda file: file.name):
            network = json.loads(file.read_text())
            number = {node["id"]: at for at, node in enumerate(network["nodes"])}
            yield f"{folder}/{file.name}", (len(number), [[number[edge["source"]], number[edge["target"]]] for edge in network["edges"]])


def read_by_us(program, files):
    done = subprocess.run([program, "GRAPHML", *map(str, files)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def against_reader(file, graph):
    """Whether our reader and networkx' see the same network, names aside."""
    theirs = networkx.MultiGraph(networkx.read_graphml(file, force_multigraph=True))
    ours = networkx.MultiGraph()
    ours.add_nodes_from(range(graph["vertices"]))
    ours.add_edges_from(graph["edges"])

    def shape(graph):
        simple = networkx.Graph(graph)
        simple.remove_edges_from(list(networkx.selfloop_edges(simple)))
        return (len(graph), graph.number_of_edges(), sorted(degree for _, degree in graph.degree()),
                sorted(map(len, networkx.connected_components(graph))), sorted(map(len, networkx.biconnected_components(simple))))

    return [] if shape(ours) == shape(theirs) else [f"{file.name}: read as another network than networkx reads"]


def random_graph(chance):
    vertices = chance.randint(1, 24)
    edges = [[chance.randrange(vertices), chance.randrange(vertices)] for _ in range(chance.randint(0, vertices * 2))]
    return vertices, edges


def ask(chance, vertices, edges):
    pairs = [chance.sample(range(vertices), 2) for _ in range(4)] if vertices > 1 else []
    return {"vertices": vertices, "edges": edges, "capacities": [chance.randint(0, 20) for _ in edges], "pairs": pairs}


def answer(program, asked):
    text = "".join(json.dumps(question) + "\n" for question in asked)
    done = subprocess.run([program], input=text, check=True, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(asked):
        raise SystemExit(f"graph-oracle: {len(asked)} graphs were asked about and {len(answers)} answered")
    return answers


def compare(question, found, counts):
    """What differs, in words."""
    count, edges = question["vertices"], [tuple(edge) for edge in question["edges"]]
    theirs = igraph.Graph(n=count, edges=edges)
    multi = networkx.MultiGraph()
    multi.add_nodes_from(range(count))
    multi.add_edges_from(edges)
    simple = networkx.Graph()
    simple.add_nodes_from(range(count))
    for (a, b), capacity in zip(edges, question["capacities"]):
        if a != b:
            known = simple.edges[a, b]["capacity"] if simple.has_edge(a, b) else 0
            simple.add_edge(a, b, capacity=known + capacity)
    checks = [
        ("components", partition(enumerate(found["parts"])),
         [set(map(frozenset, theirs.connected_components())), set(map(frozenset, networkx.connected_components(multi)))]),
        ("articulation points", found["articulation_points"],
         [sorted(theirs.articulation_points()), sorted(networkx.articulation_points(simple))]),
        ("bridges", found["bridges"], [sorted(theirs.bridges())]),
        ("bridges by their ends", sorted(tuple(sorted(edges[edge])) for edge in found["bridges"]),
         [sorted(tuple(sorted(edge)) for edge in networkx.bridges(multi))]),
        ("biconnected components", biconnected(found["biconnected"], edges),
         [{frozenset(part) for part in theirs.biconnected_components() if len(part) > 1},
          set(map(frozenset, networkx.biconnected_components(simple)))]),
    ]
    for (a, b), pair in zip(question["pairs"], found["pairs"]):
        direct = edges.count((a, b)) + edges.count((b, a))
        checks += [
            ("vertex-disjoint paths", len(pair["vertex_paths"]), [theirs.vertex_disjoint_paths(a, b, neighbors="ignore") + direct]),
            ("edge-disjoint paths", len(pair["edge_paths"]), [theirs.edge_disjoint_paths(a, b)]),
            ("flows", pair["flow"], [round(theirs.maxflow_value(a, b, capacity=question["capacities"])) if edges else 0,
                                     networkx.maximum_flow_value(simple, a, b) if edges else 0]),
            ("paths that are none", bad_paths(pair, a, b, edges), [[]]),
        ]
        if pair["cut"] is None or direct:
            checks.append(("neighbours without a cut", pair["cut"] is None, [direct > 0]))
        else:
            there = networkx.has_path(simple, a, b)
            checks.append(("smallest vertex cuts", len(pair["cut"]), [theirs.vertex_connectivity(a, b, neighbors="negative"),
                                                                    len(networkx.minimum_node_cut(simple, a, b)) if there else 0]))
            rest = simple.copy()
            rest.remove_nodes_from(pair["cut"])
            checks.append(("cuts that separate", not networkx.has_path(rest, a, b), [True]))
    differences = []
    for what, ours, others in checks:
        counts[what] += 1
        differences += [f"{what}: {ours}, not {other}: {json.dumps(question)}" for other in others if ours != other]
    return differences


def partition(numbered):
    parts = collections.defaultdict(set)
    for member, part in numbered:
        parts[part].add(member)
    return set(map(frozenset, parts.values()))


def biconnected(of_edges, edges):
    """The vertices of each component of edges."""
    parts = collections.defaultdict(set)
    for edge, part in enumerate(of_edges):
        if part is not None:
            parts[part].update(edges[edge])
    return set(map(frozenset, parts.values()))


def bad_paths(pair, a, b, edges):
    """What is wrong with the paths: they lead elsewhere, use what is not there, or share what they must not."""
    bad = []
    there = collections.Counter(tuple(sorted(edge)) for edge in edges)
    inner, used = [], collections.Counter()
    for path in pair["vertex_paths"]:
        if path[0] != a or path[-1] != b or len(set(path)) != len(path):
            bad.append(path)
        inner += path[1:-1]
        used.update(tuple(sorted(step)) for step in zip(path, path[1:]))
    if len(set(inner)) != len(inner) or any(count > there[step] for step, count in used.items()):
        bad.append(pair["vertex_paths"])
    every = [edge for path in pair["edge_paths"] for edge in path]
    if len(set(every)) != len(every):
        bad.append(pair["edge_paths"])
    for path in pair["edge_paths"]:
        at = a
        for edge in path:
            if at not in edges[edge]:
                bad.append(path)
                break
            at = edges[edge][1] if edges[edge][0] == at else edges[edge][0]
        if at != b:
            bad.append(path)
    return bad


if __name__ == "__main__":
    sys.exit(main())
