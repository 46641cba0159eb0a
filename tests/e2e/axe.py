"""axe-core, which knows what keeps people with a screen reader, without a mouse or with weak eyes out."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "labextension/node_modules/axe-core/axe.min.js"
_RUN = """
async place => {
    const found = await axe.run(place, {resultTypes: ['violations']});
    return found.violations
        .filter(each => each.impact === 'serious' || each.impact === 'critical')
        .flatMap(each => each.nodes.map(node =>
            `${each.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}
"""


def serious_issues(page: Page, place: str, *, without: str | None = None) -> list[str]:
    """Return what is serious or critical in a part of the page, in axe's words.

    Elements that match the selector ``without`` are left out, with what they hold.
    """
    if not page.evaluate("'axe' in window"):
        # JupyterLab's loader of modules would keep the script to itself.
        page.evaluate(f"() => {{ const define = undefined; {SCRIPT.read_text()} }}")
    context: object = place if without is None else {"include": [place], "exclude": [without]}
    found: list[str] = page.evaluate(_RUN, context)
    return found
