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
def correct_gradients(
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
    grad: Place,
    grad_query: Place,
    grad_key: Place,
    grad_value: Place,
    grad_table: int,
    grad_added: int,
    threads: int,
) -> None: ...
