import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { RegistrationWish } from './types';

type Cells = NonNullable<RegistrationWish['cells']>;

const LOAD = '%load_ext modelop_jupyter';

/** Return the code cells that were run, in the order in which they were. */
export function executedCells(panel: NotebookPanel): Cells {
  const found: Cells = [];
  for (const cell of codeCells(panel)) {
    const number = cell.executionCount;
    if (number !== null && number > 0) {
      found.push({ number, source: cell.sharedModel.getSource(), id: cell.id });
    }
  }
  return found.sort((one, other) => one.number - other.number);
}

/**
 * Put a magic's cell below the active one, and above it the one that loads the magics, if need be.
 *
 * Returns where they are.
 */
export function insertMagic(panel: NotebookPanel, source: string): number[] {
  const isLoaded = codeCells(panel).some(cell => cell.sharedModel.getSource().includes(LOAD));
  return [...(isLoaded ? [] : [LOAD]), source].map(each => insertCell(panel, each));
}

/** Do the same, and run them. */
export async function runMagic(panel: NotebookPanel, source: string): Promise<void> {
  const { content, sessionContext } = panel;
  for (const index of insertMagic(panel, source)) {
    content.activeCellIndex = index;
    content.deselectAll();
    await NotebookActions.run(content, sessionContext);
  }
}

function insertCell({ content }: NotebookPanel, source: string): number {
  const model = content.activeCell?.model;
  if (model?.type !== 'code' || model.sharedModel.getSource() !== '') {
    NotebookActions.insertBelow(content);
  }
  content.activeCell?.model.sharedModel.setSource(source);
  return content.activeCellIndex;
}

/** Return the code cells of a notebook, in its order. */
export function codeCells(panel: NotebookPanel): ICodeCellModel[] {
  const cells = panel.content.model?.cells;
  return [...(cells ?? [])].filter(cell => cell.type === 'code') as ICodeCellModel[];
}
