"""A slow, obvious matcher in plain Python: a dictionary of forms, and every span of every document looked up in it.

It shares with the linker what an atom is and which case an alias asks for; it knows nothing of tries, hashes, caches,
batches and arrays.
"""

import math
import re
from collections import Counter, defaultdict
from itertools import pairwise

from kgattn.linking.atoms import UPPER, first_letter, joins_left, joins_right, pieces, tidy
from kgattn.linking.lexicon import read_lexicon
from kgattn.linking.persons import having_surnames, surname
from kgattn.linking.policy import CaseRule, case_rule
from kgattn.linking.variants import FACTORS, variants_of


class ReferenceMatcher:
    """Longest aliases, leftmost first, with their candidates."""

    def __init__(self, graph, config, stop_words, language="en"):
        self.config = config
        self.uses = defaultdict(list)  # folded pieces -> (rule, alias in pieces, entity, weight)
        self.first_pieces = set()
        ends = Counter(graph.triples[:, [0, 2]].ravel().tolist())
        lexicon = read_lexicon(language, stop_words, config)
        all_names = zip([*graph.labels, *graph.alias_texts], having_surnames(graph, lexicon), strict=True)
        surnames = {name: surname(name) for name, has_one in all_names if has_one and "surname" in config.variants}
        stop_words = lexicon.stop_words
        for row, (entity, label) in enumerate(zip(graph.entity_ids, graph.labels, strict=True)):
            names = [label, *graph.aliases(entity)]
            for alias in names:
                bare = re.fullmatch("the (.*)", alias)  # documents of the tests are English where there are articles
                if alias != label and "article" in config.variants and language == "en" and bare and bare[1] in names:
                    continue
                rule = case_rule(alias, config, stop_words)
                if rule is None or not 0 < len(pieces(alias)) <= config.max_alias_atoms:
                    continue
                base = config.label_weight if alias == label else config.alias_weight
                forms = {alias: 1.0, **variants_of(alias, frozenset(config.variants), language)}
                if alias in surnames:
                    forms.setdefault(surnames[alias], FACTORS["surname"])
                for form, share in forms.items():
                    cased, own = pieces(form), case_rule(form, config, stop_words)
                    if form != alias and (own is None or not 0 < len(cased) <= config.max_alias_atoms):
                        continue
                    asked = CaseRule.EXACT if own == CaseRule.EXACT else rule  # an acronym always asks for its capitals
                    folded = tuple(tidy(piece.casefold()) for piece in cased)
                    weight = share * base * (1 + math.log1p(ends[row]))
                    self.uses[folded].append((asked, cased, entity, weight, form != alias))
                    self.first_pieces.add(folded[0])

    def candidates(self, surface):
        """(entity, prior) of each entity an alias, or else a variant, of which is the surface, likeliest first."""
        cased, capital = pieces(surface), first_letter(tidy(surface)) == UPPER
        by_alias, by_variant = defaultdict(float), defaultdict(float)
        for rule, alias, entity, weight, is_variant in self.uses.get(
            tuple(tidy(piece.casefold()) for piece in cased), ()
        ):
            admitted = {
                CaseRule.ANY: True,
                CaseRule.CAPITAL: capital,
                CaseRule.EXACT: alias == cased,
                CaseRule.CAPITAL_OR_EXACT: capital or alias == cased,
            }[rule]
            if admitted:
                weights = by_variant if is_variant else by_alias
                weights[entity] = max(weights[entity], weight)
        weights = by_alias or by_variant
        total = sum(weights.values())
        ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        return [(entity, weight / total) for entity, weight in ranked][: self.config.max_candidates]

    def link(self, doc):
        """(first token, one past the last, candidates) of each mention."""
        text, tokens = doc.text, list(doc)
        inside = [  # whether a token touches the next one inside a word
            not token.whitespace_ and joins_right(token.text) and joins_left(after.text)
            for token, after in pairwise(tokens)
        ] + [False]
        found, start = [], 0
        while start < len(tokens):
            found_here = None
            if pieces(tokens[start].text) and not (start and inside[start - 1]):
                found_here = self._longest(text, tokens, inside, start)
            if found_here is not None:
                found.append(found_here)
                start = found_here[1]
            else:
                start += 1
        return found

    def _longest(self, text, tokens, inside, start):
        begin, longest = tokens[start].idx, None
        for end in range(start + 1, len(tokens) + 1):
            token = tokens[end - 1]
            surface = text[begin : token.idx + len(token)]
            atoms = pieces(surface)
            # A token may still merge with the next one, so its last atom may be any.
            dead = len(atoms) > self.config.max_alias_atoms
            dead = dead or (not inside[end - 1] and tidy(atoms[0].casefold()) not in self.first_pieces)
            if dead or token.text.count("\n") > 1:
                break
            if not inside[end - 1] and pieces(token.text):
                candidates = self.candidates(surface)
                if candidates:
                    longest = (start, end, candidates)
        return longest
