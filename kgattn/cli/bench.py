"""`kgattn bench`: what biased attention costs, on this machine."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from kgattn.speed.report import KernelRow, SpeedReport

DEFAULT_SIZES = "16x128x8,4x512x16"
SWEEP_LENGTHS = (64, 128, 256, 512)


def bench(
    model: Annotated[str, typer.Option(help="minilm, bert-tiny, a folder, or a hub name.")] = "minilm",
    graph: Annotated[
        Path | None, typer.Option(help="Graph folder, or file, to inject; left out, a random graph of 10,000 entities.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language code, or an installed spaCy pipeline.")] = "en",
    sizes: Annotated[str, typer.Option(help="Batch x tokens x mentions; several with commas between.")] = DEFAULT_SIZES,
    repeats: Annotated[int, typer.Option(min=1, help="Rounds of each measurement.")] = 7,
    threads: Annotated[
        int, typer.Option(min=1, help="CPU threads; with 1 the clock is its CPU time, which other work disturbs least.")
    ] = 1,
    sweep: Annotated[bool, typer.Option(help="Also time attention alone, over lengths.")] = True,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Also write a JSON report here.")] = None,
) -> None:
    """Time biased against plain: equality first, interleaved, medians and quartiles of paired ratios."""
    import torch
    from rich.console import Console
    from rich.progress import Progress

    from kgattn.graph import KnowledgeGraph
    from kgattn.linking.pipelines import resolve_pipeline
    from kgattn.speed.kernels import Shape
    from kgattn.speed.suite import Size, Suite
    from kgattn.training.precision import training_device

    parsed = tuple(Size.parse(size.strip()) for size in sizes.split(","))
    loaded = None if graph is None else KnowledgeGraph.load(graph, language=resolve_pipeline(language).lang or "xx")
    shapes = tuple(Shape(4, 12, length, 32, 8) for length in SWEEP_LENGTHS) if sweep else ()
    torch.set_num_threads(threads)
    suite = Suite(model, loaded, parsed, repeats, sweep=shapes)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("measuring", total=len(suite))
        report = suite.run(training_device(), lambda: progress.advance(task))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(_steps_table(report))
    if report.kernels:
        console.print(_kernels_table(report.kernels))
    if output is not None:
        report.write(output)
        typer.echo(f"report: {output}")


def _steps_table(report: "SpeedReport") -> "Table":
    from rich.table import Table

    from kgattn.speed.report import STEP_HEADER, step_rows

    table = Table(title=f"{report.model}: ratios to plain ({report.clock})", title_justify="left")
    for number, name in enumerate(STEP_HEADER):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for cells in step_rows(report.to_json(), quartiles=False):
        table.add_row(*cells)
    return table


def _kernels_table(rows: "tuple[KernelRow, ...]") -> "Table":
    from rich.table import Table

    names = list(dict.fromkeys(timing.name for row in rows for timing in row.timings[1:]))
    table = Table(title="attention alone: ratios to plain", title_justify="left")
    table.add_column("shape")
    for name in ("plain ms", *names):
        table.add_column(name, justify="right")
    for row in rows:
        ratios = {timing.name: f"{timing.ratio:.2f}" for timing in row.timings}
        kind = "forward and backward" if row.backward else "forward"
        table.add_row(
            f"{row.shape}, {kind}", f"{row.timings[0].milliseconds:.1f}", *(ratios.get(name, "–") for name in names)
        )
    return table
