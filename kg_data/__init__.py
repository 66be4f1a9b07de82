"""Knowledge graphs for kgattn: one builder a source, the bundled graph, the toy graph and the demo corpora.

Every builder is a function `build(source)` in a module of its own: it takes the folder of the raw data and returns a
`kgattn.graph.KnowledgeGraph` that knows its licence and its sources. `python -m kg_data list` names them all.
The library never imports this package.
"""
