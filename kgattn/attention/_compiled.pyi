Sizes = tuple[int, int, int, int, int, int, int]
Place = tuple[int, int, int, int]

def take_at_most(numbers: int) -> int: ...
def write(layout: Sizes, value: Place, added: int, before: int) -> None: ...
def correct(
    layout: Sizes,
    query: Place,
    key: Place,
    value: Place,
    output: Place,
    sums: Place,
    table: int,
    before: int,
    scaling: float,
    is_causal: bool,
    keeps_sums: bool,
    threads: int,
) -> None: ...
