"""Disambiguation: which entity a mention names, decided by what else the document says.

Stages that stand between finding mentions and marking them: short forms and short names (`abbreviations`,
`short_names`), evidence of words and of other mentions (`context`, `coherence`), one score (`score`), and what it leads
to (`resolve`). All they need of the graph is in `senses`, arrays of the linker's index.
"""
