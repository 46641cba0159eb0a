"""The style sheet of the views; every view contains it.

Colours with a meaning are mixed with the text colour around them: legible on light and dark. JupyterLab
has such colours for each theme; elsewhere, where one colour is for all backgrounds, more of the text
colour is in them.
"""

from __future__ import annotations

import re

_SHEET = """
.modelop-view {
  color: var(--jp-ui-font-color1, inherit);
  font-family: var(--jp-ui-font-family, system-ui, sans-serif);
  font-size: var(--jp-ui-font-size1, 13px);
  line-height: 1.5;
  max-width: 72rem;
  padding: 2px 0 4px;
}
.modelop-view .mo-head { margin: 2px 0 6px; }
.modelop-view .mo-head strong { font-size: 1.1em; }
.modelop-view .mo-badge {
  border: 1px solid currentColor; border-radius: 9px; display: inline-block;
  font-size: 0.85em; font-weight: 600; line-height: 1.3; margin: 0 4px; padding: 0 8px;
}
.modelop-view .mo-detail, .modelop-view .mo-muted { color: var(--jp-ui-font-color2, inherit); }
.modelop-view .mo-good { --mo-hue: var(--jp-success-color1, color-mix(in srgb, #388e3c 65%, currentColor)); }
.modelop-view .mo-bad { --mo-hue: var(--jp-error-color1, color-mix(in srgb, #d32f2f 65%, currentColor)); }
.modelop-view .mo-warn { --mo-hue: var(--jp-warn-color1, color-mix(in srgb, #e65100 65%, currentColor)); }
.modelop-view .mo-busy { --mo-hue: var(--jp-brand-color1, color-mix(in srgb, #1976d2 65%, currentColor)); }
.modelop-view .mo-good, .modelop-view .mo-bad, .modelop-view .mo-warn, .modelop-view .mo-busy {
  color: var(--mo-hue);
  color: color-mix(in srgb, var(--mo-hue) 70%, var(--jp-ui-font-color0, currentColor));
}
.modelop-view a:any-link {
  color: var(--jp-content-link-color, var(--vscode-textLink-foreground, LinkText)); text-decoration: underline;
}
.modelop-view .mo-title { font-weight: 600; margin: 10px 0 2px; }
.modelop-view .mo-note { margin: 6px 0; overflow-wrap: anywhere; }
.modelop-view .mo-note.mo-bad, .modelop-view .mo-note.mo-warn {
  border-left: 3px solid currentColor; padding: 1px 8px;
}
.modelop-view .mo-report { margin: 6px 0; }
.modelop-view .mo-copy { display: none; }
.modelop-view .mo-scroll { max-width: 100%; overflow-x: auto; }
.modelop-view table {
  border: 0; border-collapse: collapse; font-size: inherit; margin: 0; table-layout: auto; width: auto;
}
.modelop-view table th, .modelop-view table td {
  border: 0; max-width: 44rem; overflow-wrap: break-word; padding: 2px 18px 2px 0;
  text-align: left; vertical-align: top; white-space: normal;
}
.modelop-view table thead, .modelop-view table tbody tr, .modelop-view table tbody tr:hover { background: none; }
.modelop-view .mo-facts th, .modelop-view .mo-tree th {
  color: var(--jp-ui-font-color2, inherit); font-weight: 400; white-space: nowrap;
}
.modelop-view .mo-facts th { white-space: normal; }
.modelop-view .mo-facts td { overflow-wrap: anywhere; }
.modelop-view .mo-table thead th {
  border-bottom: 1px solid var(--jp-border-color1, #8889);
  color: var(--jp-ui-font-color2, inherit); font-weight: 600;
}
.modelop-view .mo-table tbody td { border-bottom: 1px solid var(--jp-border-color3, #8884); }
.modelop-view table .mo-num { font-variant-numeric: tabular-nums; text-align: right; }
.modelop-view table .mo-short { white-space: nowrap; }
.modelop-view .mo-table tbody .mo-tree td { border-bottom: 0; }
.modelop-view .mo-tree .mo-tree, .modelop-view .mo-tree .mo-table { margin: 0 0 4px; }
.modelop-view .mo-value { font-variant-numeric: tabular-nums; }
.modelop-view code {
  background: none; color: inherit; font-family: var(--jp-code-font-family, monospace);
  font-size: 0.95em; padding: 0;
}
.modelop-view details { margin: 8px 0 2px; }
.modelop-view summary { cursor: pointer; font-weight: 600; }
.modelop-view pre {
  background: none; border: 1px solid var(--jp-border-color2, #8886); border-radius: 2px; color: inherit;
  font-family: var(--jp-code-font-family, monospace); font-size: 0.95em; line-height: 1.35;
  margin: 4px 0; max-height: 24em; overflow: auto; padding: 6px 10px; white-space: pre;
}
.modelop-view .mo-figures { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 8px 0; }
.modelop-view .mo-figures div { min-width: 5.5rem; }
.modelop-view .mo-figures strong { display: block; font-size: 1.35em; font-weight: 600; line-height: 1.25; }
.modelop-view .mo-charted { display: inline-block; margin: 8px 18px 4px 0; max-width: 100%; vertical-align: top; }
.modelop-view .mo-chart { margin: 0; }
.modelop-view .mo-chart figcaption { font-weight: 600; overflow-wrap: anywhere; }
.modelop-view .mo-chart img { display: block; height: auto; max-width: 100%; }
.modelop-view .mo-legend { display: flex; flex-wrap: wrap; gap: 2px 14px; max-width: 460px; }
.modelop-view .mo-legend i { border-radius: 2px; display: inline-block; height: 9px; margin-right: 5px; width: 9px; }
.modelop-view details.mo-more { margin: 2px 0; }
.modelop-view .mo-more summary { color: var(--jp-ui-font-color2, inherit); font-weight: 400; }
.modelop-view .mo-bar {
  background: var(--jp-layout-color3, #8884); border-radius: 2px; height: 4px; margin: 4px 0;
  max-width: 30rem; overflow: hidden;
}
.modelop-view .mo-bar div { background: var(--jp-brand-color1, #1976d2); height: 100%; }
"""

# Thrice the class, so that JupyterLab's rules for tables in outputs do not win.
STYLE = re.sub(r"\s+", " ", _SHEET).strip().replace(".modelop-view ", ".modelop-view" * 3 + " ")
