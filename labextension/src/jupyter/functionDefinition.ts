import type { ICodeCellModel } from '@jupyterlab/cells';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { codeCells } from './notebookCells';

const NOTEBOOK_FACTORY = 'Notebook';

/**
 * Open a notebook at the cell that defines a function.
 *
 * `cell` is the id of the cell that it was captured from, which is preferred to another that defines it by now.
 * Returns false, and opens nothing, if no cell defines it: the notebook may have changed since registration.
 */
export async function openFunctionDefinition(
  manager: IDocumentManager,
  path: string,
  name: string,
  cell: string | null = null
): Promise<boolean> {
  const isOpen = manager.findWidget(path, NOTEBOOK_FACTORY) !== undefined;
  if (!isOpen && !(await isDefinedIn(manager, path, name))) {
    return false;
  }
  const panel = manager.openOrReveal(path, NOTEBOOK_FACTORY) as NotebookPanel | undefined;
  if (!panel || panel.isDisposed) {
    // Notebook 7 has opened it in another browser tab.
    return panel !== undefined;
  }
  await panel.context.ready;
  await panel.revealed;
  return goToDefinition(panel, name, cell);
}

/** Return the zero-based line of a function's last definition in a source text, -1 without one. */
export function definitionLine(source: string, name: string): number {
  const definition = /^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(/;
  const names = source.split('\n').map(line => definition.exec(line)?.[1]);
  return names.lastIndexOf(name);
}

async function isDefinedIn(
  manager: IDocumentManager,
  path: string,
  name: string
): Promise<boolean> {
  try {
    const { content } = await manager.services.contents.get(path, {
      type: 'notebook',
      content: true
    });
    const cells: { cell_type: string; source: string | string[] }[] = content.cells;
    return cells.some(
      ({ cell_type: type, source }) =>
        type === 'code' && definitionLine([source].flat().join(''), name) >= 0
    );
  } catch {
    // The notebook has been moved or removed since the registration.
    return false;
  }
}

/** Return the cell that defines a function: that of an id or, of several, the one that was run last. */
export function definingCell(
  panel: NotebookPanel,
  name: string,
  id: string | null = null
): ICodeCellModel | undefined {
  const cells = codeCells(panel).filter(
    candidate => definitionLine(candidate.sharedModel.getSource(), name) >= 0
  );
  const captured = cells.find(candidate => candidate.id === id);
  if (captured) {
    return captured;
  }
  return cells.sort((one, other) => (one.executionCount ?? 0) - (other.executionCount ?? 0)).pop();
}

async function goToDefinition(
  panel: NotebookPanel,
  name: string,
  id: string | null
): Promise<boolean> {
  const cell = definingCell(panel, name, id);
  if (cell === undefined) {
    return false;
  }
  const { content } = panel;
  const index = content.widgets.findIndex(widget => widget.model === cell);
  const widget = content.widgets[index];
  content.activeCellIndex = index;
  await content.scrollToCell(widget, 'center');
  await widget.ready;
  const line = definitionLine(cell.sharedModel.getSource(), name);
  widget.editor?.setCursorPosition({ line, column: 0 });
  return true;
}
