"""The page's skeleton; `$names` are filled by `page`, which escapes what it puts in."""

from string import Template

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark;
  --ink: #1c1e21; --paper: #fff; --faint: #dfe3e8; --soft: #5b6570; --accent: #0b62c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16181b; --faint: #343a41; --soft: #9aa4af; --accent: #6cb0ff; }
}
body { margin: 0 auto; padding: 1rem; max-width: 52rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.verdict { padding: .8rem 1rem; border-left: .35rem solid var(--accent); background: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--faint); }
th, td { text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.accent { font-weight: 600; }
.note, figcaption { color: var(--soft); font-size: .9rem; }
figure { margin: 1rem 0; } svg { width: 100%; max-width: 40rem; height: auto; }
svg text { fill: var(--ink); font-size: 12px; }
svg .tick, svg .axis { text-anchor: middle; fill: var(--soft); }
svg .grid { stroke: var(--faint); } svg .zero { stroke: var(--soft); stroke-dasharray: 4 3; }
svg .interval { stroke-width: 2; } svg .mean { stroke-width: 3; } svg .run { opacity: .45; }
svg .arm line { stroke: var(--soft); } svg .arm .run { fill: var(--soft); }
svg .accent line { stroke: var(--accent); } svg .accent .run { fill: var(--accent); }
pre { overflow-x: auto; padding: .7rem; background: var(--faint); font-size: .85rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>$title</h1>
$sections
</body>
</html>
""")

SECTION = Template("""<section>
<h2>$name</h2>
<p class="verdict"><strong>$verdict</strong></p>
<div class="wide">$scores</div>
<p class="note">F1: strict typed entity micro-F1 over all gold entities of the test sentences, in percent,
mean over seeds. Differences in points with a 95% interval from a paired bootstrap over seeds and
test sentences.</p>
<figure>$score_plot
<figcaption>Dots: single runs. Mark: mean; line: one standard deviation to each side.</figcaption></figure>
$difference_figure
<h3>By entity type</h3>
<div class="wide">$types</div>
<h3>Arms</h3>
<dl>$arms</dl>
<h3>Data, graph and settings</h3>
<dl>$facts</dl>
<h3>Run it again</h3>
<pre>$command</pre>
</section>
""")

DIFFERENCE_FIGURE = Template(
    "<figure>$plot<figcaption>Each arm minus plain on the same seeds and sentences, with its 95% interval."
    "</figcaption></figure>"
)
