"""The CSS of the panel's widgets, with JupyterLab's colours where there are any."""

from __future__ import annotations

import re

_SHEET = """
.modelop-panel {
  border: 1px solid var(--jp-border-color2, #8886); border-radius: 3px; box-sizing: border-box;
  color: var(--jp-ui-font-color1, inherit); max-width: 60rem; overflow: hidden; padding: 8px 10px;
}
.modelop-panel .widget-box, .modelop-panel .jupyter-widgets { box-sizing: border-box; min-width: 0; }
.modelop-panel .widget-vbox, .modelop-panel .widget-gridbox { overflow: visible; }
.modelop-panel .modelop-row { align-items: center; display: flex; flex-flow: row wrap; gap: 4px 6px; }
.modelop-panel .modelop-fields {
  display: grid; gap: 2px 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr));
}
.modelop-panel .modelop-form, .modelop-panel .modelop-body {
  border-left: 2px solid var(--jp-border-color2, #8886); margin: 2px 0 6px 6px; padding: 2px 0 2px 10px;
}
.modelop-panel .modelop-field {
  align-items: stretch; display: flex; flex-direction: column; height: auto; margin: 2px 0; width: 100%;
}
.modelop-panel .modelop-field > .widget-label {
  color: var(--jp-ui-font-color2, inherit); height: auto; line-height: 1.5; margin: 0;
  max-width: 100%; text-align: left; width: auto;
}
.modelop-panel .modelop-field input, .modelop-panel .modelop-field select {
  flex: 0 0 auto; height: 28px; min-height: 28px; width: 100%;
}
.modelop-panel .modelop-bar { align-items: end; margin-bottom: 4px; }
.modelop-panel .modelop-bar > .modelop-field { flex: 1 1 12rem; max-width: 24rem; width: auto; }
.modelop-panel .modelop-bar > :last-child { margin-left: auto; }
.modelop-panel .modelop-row > .modelop-field { flex: 1 1 10rem; width: auto; }
.modelop-panel .modelop-add { align-items: end; }
.modelop-panel .modelop-asset {
  align-items: center; border-left: 2px solid transparent; display: grid; gap: 0 8px;
  grid-template-columns: minmax(0, 1fr) 6.5rem 1.5rem; padding-left: 6px;
}
.modelop-panel .modelop-asset .modelop-field { align-items: center; flex-flow: row wrap; gap: 0 8px; }
.modelop-panel .modelop-asset .modelop-field > .widget-label {
  color: var(--jp-ui-font-color1, inherit); flex: 1 1 9rem;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.modelop-panel .modelop-asset .modelop-field > select { flex: 1 1 11rem; max-width: 100%; width: auto; }
.modelop-panel .modelop-required { border-left-color: var(--jp-brand-color1, #1976d2); }
.modelop-panel .widget-button { height: 26px; line-height: 24px; padding: 0 10px; width: auto; }
.modelop-panel .modelop-remedies .widget-button {
  height: auto; line-height: 18px; max-width: 100%; padding: 3px 10px; text-align: left; white-space: normal;
}
.modelop-panel .widget-button:focus-visible, .modelop-panel .widget-toggle-button:focus-visible,
.modelop-panel summary:focus-visible {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 1px;
}
.modelop-panel .widget-toggle-button.modelop-fold, .modelop-panel .widget-toggle-button.modelop-fold.mod-active {
  background: none; box-shadow: none; color: inherit; font-weight: 600; height: 28px; line-height: 28px;
  padding: 0 4px 0 0; text-align: left; width: auto;
}
.modelop-panel .widget-button.modelop-link { background: none; box-shadow: none; padding: 0 2px; }
.modelop-panel .widget-button.modelop-link { color: var(--jp-content-link-color, #1976d2); text-align: left; }
.modelop-panel .widget-html, .modelop-panel .widget-html-content { height: auto; line-height: 1.5; margin: 0; max-width: 100%; }
.modelop-panel .modelop-files {
  border: 1px solid var(--jp-border-color2, #8886); max-height: 13rem; overflow: auto; padding: 2px 6px;
}
.modelop-panel .modelop-files > .widget-button {
  display: block; flex: none; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; width: 100%;
}
.modelop-panel .modelop-field > textarea { min-height: 3.5rem; width: 100%; }
.modelop-panel .modelop-job { border-top: 1px solid var(--jp-border-color3, #8884); padding: 2px 0; }
.modelop-panel .widget-output { margin: 0; max-width: 100%; overflow-x: auto; }
.modelop-panel .jp-OutputArea-output { padding-left: 0; }
"""

STYLE = re.sub(r"\s+", " ", _SHEET).strip()
