"""Words for organisations, in English and the languages whose parties and councils English texts name untranslated."""

_WORDS = """
    academy administration agency alliance army assembly association authority bank board bureau caucus center centre
    chamber club coalition commission committee community confederation conference congress cooperation
    corporation corps council department federation force forces forum foundation front fund group institute
    league legion ministry movement network office organisation organization parliament parti partei partia
    partido partij partito party police service society syndicate tribunal trust union university
"""
ORGANISATIONS = frozenset(_WORDS.split())
