#!/usr/bin/env python3
"""Counts articulation points and bridges of the Topology Zoo's graphs with networkx, as an oracle for Banbury's own.

Usage: oracle.py FOLDER > topology-zoo.json     (needs networkx; parallel links are no bridges, loops are left out)
"""
import json
import pathlib
import sys

import networkx as nx

counts = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.graphml")):
    graph = nx.MultiGraph(nx.read_graphml(path, force_multigraph=True))
    nodes, edges = graph.number_of_nodes(), graph.number_of_edges()
    graph.remove_edges_from(list(nx.selfloop_edges(graph, keys=True)))
    counts[path.stem] = {
        "nodes": nodes,
        "edges": edges,
        "articulation_points": len(set(nx.articulation_points(nx.Graph(graph)))),
        "bridges": len(list(nx.bridges(graph))),
    }
lines = [f"  {json.dumps(name)}: {json.dumps(count)}" for name, count in counts.items()]
print("{\n" + ",\n".join(lines) + "\n}")
