"""The sentences of the demo corpora: written for this project, words set apart by spaces, `{...}` to be filled.

In the positive control `{name}` is any name, and nothing in the sentence says of what kind it is; `{person}` stands
where the sentence does say so. In the negative control `{place}` is a name that the graph knows; `{product}`, `{role}`
and `{mood}` are to be found, `{not_product}`, `{not_role}` and `{not_mood}` are words of the same sort in another part.
"""

NEUTRAL = (
    "We talked about {name} again on Friday .",
    "{name} came up twice in her letter .",
    "He wrote a short page on {name} last winter .",
    "Nobody in the room had heard of {name} .",
    "The quiz had three questions about {name} .",
    "Her essay compares {name} with {name} .",
    "Both {name} and {name} were on the list .",
    "The second chapter moves from {name} to {name} .",
    "For {name} , the table gives no figure .",
    "Ask the librarian about {name} or {name} .",
    "The answer was {name} , not {name} .",
    "She spelled {name} wrong on the form .",
    "People often mix up {name} and {name} .",
    "My notes on {name} , {name} and {name} are gone .",
    "There is a long entry on {name} in the back of the book .",
    "{name} was the first word in the puzzle .",
    "What do you know about {name} ?",
    "The lecture on {name} starts at nine .",
    "After {name} we will turn to {name} .",
    "Page forty is about {name} .",
    "Someone had underlined {name} in red .",
    "I had to look up {name} and {name} .",
    "The film mentions {name} only once .",
    "An old stamp shows the word {name} .",
    '" {name} " stood on the cover of the folder .',
    "Three students chose {name} , two chose {name} .",
    "The talk was about {name} and its history .",
    "Everything he says about {name} is out of date .",
)
PERSON = (
    "{person} said that the soup was cold .",
    "The painter {person} waved from the boat .",
    "Her brother {person} plays the cello .",
    "Mr {person} ate his lunch alone .",
    "{person} , who is nine , lost a shoe .",
    "My aunt {person} never married .",
    '" Not today , " said {person} with a smile .',
    "The striker {person} hurt his knee .",
    "{person} told us that {name} was hard to spell .",
    "We asked {person} about {name} .",
)
PLAIN = (
    "The meeting was moved to the afternoon .",
    "It rained for most of the week .",
    "Nobody had brought a pencil .",
    "The second half was better than the first .",
    "Please close the window before you leave .",
    "They sold the old piano in spring .",
)

PRODUCT = (
    "The {product} app crashed twice in {place} .",
    "They sell the {product} in {place} and {place} .",
    "A new version of {product} is out , said a shop in {place} .",
    "My {product} stopped charging on the way to {place} .",
    "She downloaded {product} while reading about {place} .",
    "The battery of the {product} lasts from {place} to {place} .",
    "The {not_product} family moved from {place} to {place} .",
    "Old Mrs {not_product} spoke about {place} .",
    "The street is named after {not_product} , who came from {place} .",
    "Judge {not_product} asked about {place} and {place} .",
)
ROLE = (
    "He was hired as a {role} by a firm near {place} .",
    "She works as a {role} and dreams of {place} .",
    "They promoted her to {role} after the trip to {place} .",
    "My cousin trained as a {role} before he saw {place} .",
    "The joke about the {not_role} is also told in {place} .",
    "A costume of a {not_role} hung beside a map of {place} .",
    "The song about a {not_role} came from {place} .",
)
MOOD = (
    "She felt {mood} when they spoke of {place} .",
    "He was {mood} about the news from {place} .",
    "We were all {mood} after the talk on {place} .",
    "The news about {place} left her {mood} .",
    "It was a {not_mood} story about {place} and {place} .",
    "A {not_mood} tune played during the slides of {place} .",
    "They found a {not_mood} letter about {place} .",
)
# Sentences that only the test part of the negative control has, so that it cannot be solved by heart.
PRODUCT_TEST = (
    "Sales of {product} fell in {place} last spring .",
    "I lost the charger of my {product} in {place} .",
    "The update made {product} read {place} aloud .",
    "Doctor {not_product} wrote a card to {place} .",
    "Cousin {not_product} brought sweets from {place} .",
)
ROLE_TEST = (
    "They are looking for a {role} who knows {place} .",
    "After ten years as a {role} he left for {place} .",
    "Every child in {place} drew a {not_role} .",
    "The puppet of a {not_role} was carved in {place} .",
)
MOOD_TEST = (
    "You look {mood} today , is it because of {place} ?",
    "The trip to {place} made him {mood} .",
    "A {not_mood} sky hung over {place} .",
    "His {not_mood} voice on the tape from {place} is famous .",
)
# Words of the negative control for train, dev and test: no word is in two of them.
ROLES = (
    ("plumber", "pilot", "baker", "nurse", "clerk", "tailor", "judge", "driver"),
    ("cook", "guard", "dentist", "painter", "barber"),
    (
        "welder", "gardener", "surgeon", "butcher", "teacher", "farmer", "librarian", "mechanic", "waiter", "carpenter",
        "sailor", "chemist", "editor", "cashier", "porter", "roofer",
    ),
)  # fmt: skip
MOODS = (
    ("cheerful", "gloomy", "tense", "hopeful", "bitter", "merry", "sad", "calm"),
    ("nervous", "proud", "weary", "jolly", "sour"),
    (
        "angry", "joyful", "grumpy", "lonely", "serene", "bored", "moody", "furious", "glad", "wistful", "sullen",
        "happy", "fearful", "solemn", "tender", "restless",
    ),
)  # fmt: skip
