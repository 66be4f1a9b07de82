"""The page's skeleton; `$names` are filled by `page`, which escapes what it puts in.

Its security policy has the browser load nothing and run nothing, should something ever slip through.
"""

from string import Template

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --faint: #dfe3e8; --wash: #f3f5f7; --soft: #56606b;
  --accent: #0b62c4; --good: #1a7f4b; --bad: #b3261e; --down: #c2600a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16181b; --faint: #343a41; --wash: #1f2327; --soft: #9aa4af;
    --accent: #6cb0ff; --good: #57c98b; --bad: #ff8a80; --down: #ffab5c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 54rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.5rem; line-height: 1.3; }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem; } h4 { font-size: .95rem; margin: 1.2rem 0 .3rem; }
.verdict { padding: .8rem 1rem; border-left: .35rem solid var(--soft); background: var(--wash); font-size: 1.05rem; }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.warnings { padding: .6rem 1rem; border: 1px solid var(--down); border-radius: .3rem; font-size: .95rem; }
.warnings ul { margin: .3rem 0 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .875rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--faint); text-align: right; white-space: nowrap;
  font-weight: inherit; }
thead th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); padding-left: 0; }
tbody th:first-child { white-space: normal; min-width: 7rem; max-width: 16rem; }
tr.accent, td.accent { font-weight: 600; } tr.accent th { color: var(--accent); }
.note, figcaption { color: var(--soft); font-size: .875rem; } .note { margin: .4rem 0 0; }
figure { margin: 1rem 0; } svg { display: block; width: 100%; max-width: 36rem; height: auto; }
svg text { fill: var(--ink); font-size: 12px; font-family: system-ui, sans-serif; }
svg .tick, svg .axis { text-anchor: middle; fill: var(--soft); } svg .axis.start { text-anchor: start; }
svg .number { text-anchor: end; fill: var(--soft); } svg.heat text { font-size: 10px; }
svg .grid { stroke: var(--faint); } svg .zero { stroke: var(--soft); stroke-dasharray: 4 3; }
svg .interval { stroke-width: 2; } svg .mean { stroke-width: 3; } svg .run { opacity: .45; }
svg .arm line { stroke: var(--soft); } svg .arm .run, svg .arm .dot { fill: var(--soft); }
svg .accent line { stroke: var(--accent); } svg .accent .run, svg .accent .dot { fill: var(--accent); }
svg .accent .label { fill: var(--accent); font-weight: 600; }
svg polyline { fill: none; stroke-width: 1.25; stroke: var(--soft); stroke-dasharray: 3 3; }
svg .plain polyline { stroke: var(--ink); stroke-width: 2; stroke-dasharray: none; }
svg .accent polyline { stroke: var(--accent); stroke-width: 2.5; stroke-dasharray: none; }
svg .plain .dot { fill: var(--ink); } svg .plain .spread { stroke: var(--ink); }
svg .spread { stroke-width: 1; opacity: .6; } svg line.leader { stroke: var(--faint); }
svg .up { fill: var(--accent); stroke: var(--faint); } svg .down { fill: var(--down); stroke: var(--faint); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 1.5rem; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0 1.5rem; }
details { margin: .4rem 0; } summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
mark { background: color-mix(in srgb, var(--accent) 22%, transparent); color: inherit; border-radius: .2rem;
  padding: 0 .15rem; }
.examples { list-style: none; padding: 0; margin: 0; } .examples p { margin: 0; }
.examples li { padding: .5rem 0; border-bottom: 1px solid var(--faint); overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .7rem; background: var(--wash); font-size: .85rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
dl { margin: 0; font-size: .875rem; } dl div { display: flex; gap: 1rem; padding: .1rem 0; }
dt { color: var(--soft); flex: 0 0 17rem; overflow-wrap: anywhere; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { tbody th:first-child { max-width: 9.5rem; }
  dl div { display: block; padding: .25rem 0; } }
</style>
</head>
<body>
<main>
<h1>$title</h1>
$together
$sections
</main>
</body>
</html>
""")

SECTION = Template("""<section>
<h2>$name</h2>
$verdict
$warnings
$scores
$curve
$details
$flow
$gates
$cost
<h3>Arms</h3>
<dl>$arms</dl>
<h3>Run it again</h3>
<pre>$command</pre>
<details><summary>Data, graph, settings and versions</summary>
<dl>$facts</dl></details>
</section>
""")
