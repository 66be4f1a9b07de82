Sizes = tuple[int, int, int, int, int, int, int]
Place = tuple[int, int, int, int]

def take_at_most(numbers: int) -> int: ...

class Correction:
    def __init__(
        self,
        layout: Sizes,
        query: Place,
        key: Place,
        value: Place,
        table: int,
        scaling: float,
        is_causal: bool,
        threads: int,
    ) -> None: ...
    def write(self, added: int, before: int) -> None: ...
    def correct(self, output: Place, sums: Place) -> None: ...
    def correct_gradients(
        self,
        output: Place,
        sums: Place,
        grad: Place,
        grad_query: Place,
        grad_key: Place,
        grad_value: Place,
        grad_table: int,
        grad_added: int,
    ) -> None: ...
