"""The categories of the MeSH tree: the first letter and digits of a tree number, used as entity types.

Names are those of the MeSH tree's second level (U.S. National Library of Medicine), lower-cased.
"""

import re

CATEGORY_LABELS = {
    "A03": "digestive system",
    "A10": "tissues",
    "A11": "cells",
    "A12": "fluids and secretions",
    "A14": "stomatognathic system",
    "A15": "hemic and immune systems",
    "C01": "infections",
    "C04": "neoplasms",
    "C05": "musculoskeletal diseases",
    "C06": "digestive system diseases",
    "C07": "stomatognathic diseases",
    "C08": "respiratory tract diseases",
    "C09": "otorhinolaryngologic diseases",
    "C10": "nervous system diseases",
    "C11": "eye diseases",
    "C12": "urogenital diseases",
    "C14": "cardiovascular diseases",
    "C15": "hemic and lymphatic diseases",
    "C16": "congenital, hereditary, and neonatal diseases and abnormalities",
    "C17": "skin and connective tissue diseases",
    "C18": "nutritional and metabolic diseases",
    "C19": "endocrine system diseases",
    "C20": "immune system diseases",
    "C21": "disorders of environmental origin",
    "C22": "animal diseases",
    "C23": "pathological conditions, signs and symptoms",
    "C24": "occupational diseases",
    "C25": "chemically-induced disorders",
    "C26": "wounds and injuries",
    "D01": "inorganic chemicals",
    "D02": "organic chemicals",
    "D03": "heterocyclic compounds",
    "D04": "polycyclic compounds",
    "D05": "macromolecular substances",
    "D06": "hormones, hormone substitutes, and hormone antagonists",
    "D08": "enzymes and coenzymes",
    "D09": "carbohydrates",
    "D10": "lipids",
    "D12": "amino acids, peptides, and proteins",
    "D13": "nucleic acids, nucleotides, and nucleosides",
    "D20": "complex mixtures",
    "D23": "biological factors",
    "D25": "biomedical and dental materials",
    "D26": "pharmaceutical preparations",
    "D27": "chemical actions and uses",
    "E01": "diagnosis",
    "E02": "therapeutics",
    "E04": "surgical procedures, operative",
    "E05": "investigative techniques",
    "F01": "behavior and behavior mechanisms",
    "F02": "psychological phenomena",
    "F03": "mental disorders",
    "F04": "behavioral disciplines and activities",
    "G01": "physical phenomena",
    "G02": "chemical phenomena",
    "G03": "metabolism",
    "G04": "cell physiological phenomena",
    "G05": "genetic phenomena",
    "G06": "microbiological phenomena",
    "G07": "physiological phenomena",
    "G08": "reproductive and urinary physiological phenomena",
    "G09": "circulatory and respiratory physiological phenomena",
    "G10": "digestive system and oral physiological phenomena",
    "G11": "musculoskeletal and neural physiological phenomena",
    "G12": "immune system phenomena",
    "G13": "integumentary system physiological phenomena",
    "G14": "ocular physiological phenomena",
    "G15": "plant physiological phenomena",
    "G16": "biological phenomena",
    "H01": "natural science disciplines",
    "H02": "health occupations",
    "I01": "social sciences",
    "I02": "education",
    "I03": "human activities",
    "J01": "technology, industry, and agriculture",
    "K01": "humanities",
    "L01": "information science",
    "M01": "persons",
    "N01": "population characteristics",
    "N02": "health care facilities, workforce, and services",
    "N03": "health care economics and organizations",
    "N04": "health services administration",
    "N05": "health care quality, access, and evaluation",
    "N06": "environment and public health",
}

_CATEGORY = re.compile(r"[A-Z]\d\d(?=\.|$)")  # one entry of the source is cut off in mid-number


def categories(tree_numbers: str) -> list[str]:
    """Find the categories of an entity.

    Args:
        tree_numbers: Tree numbers joined by `|`, such as "C04.588.033|C23.888"; may be empty.

    Returns:
        The distinct categories in order, such as ["C04", "C23"].
    """
    found = (_CATEGORY.match(number) for number in tree_numbers.split("|"))
    return list(dict.fromkeys(match.group() for match in found if match))


def category_label(category: str) -> str:
    """Name a category in words; one that the table does not know keeps its code."""
    return CATEGORY_LABELS.get(category, category)
