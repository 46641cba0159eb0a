import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { definingCell, definitionLine } from './functionDefinition';
import { codeCells } from './notebookCells';

/**
 * Write the tag of a function above its `def`, in the cell that defines it.
 *
 * A tag of the same kind above another function is taken away. Undo takes back both. Returns false if no cell
 * defines the function.
 */
export function tagFunction(panel: NotebookPanel, kind: string, name: string): boolean {
  const chosen = definingCell(panel, name);
  if (chosen === undefined) {
    return false;
  }
  for (const cell of codeCells(panel)) {
    const source = cell.sharedModel.getSource();
    const changed = withTag(source, kind, cell === chosen ? name : null);
    if (changed !== source) {
      replaceSource(cell, source, changed);
    }
  }
  return true;
}

/** Return a cell's source with the tag of a kind above one function, and above no other. */
export function withTag(source: string, kind: string, name: string | null): string {
  const tag = new RegExp(`^\\s*#+\\s*modelop\\.${kind}\\s*$`, 'i');
  const lines = source.split('\n').filter(line => !tag.test(line));
  const definition = name === null ? -1 : definitionLine(lines.join('\n'), name);
  if (definition < 0) {
    return lines.join('\n');
  }
  let first = definition;
  while (first > 0 && lines[first - 1].startsWith('@')) {
    first -= 1;
  }
  lines.splice(first, 0, `# modelop.${kind}`);
  return lines.join('\n');
}

/** Replace the part of a source that differs, which keeps the cursor where it is. */
function replaceSource(cell: ICodeCellModel, before: string, after: string): void {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) {
    start += 1;
  }
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) {
    end += 1;
  }
  cell.sharedModel.updateSource(start, before.length - end, after.slice(start, after.length - end));
}
