import type { ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { RegistrationWish } from './types';

type Cells = NonNullable<RegistrationWish['cells']>;

/** Return the code cells that were run, in the order in which they were. */
export function executedCells(panel: NotebookPanel): Cells {
  const found: Cells = [];
  const cells = panel.content.model?.cells;
  for (let index = 0; cells && index < cells.length; index++) {
    const cell = cells.get(index);
    const number = cell.type === 'code' ? (cell as ICodeCellModel).executionCount : null;
    if (number !== null && number > 0) {
      found.push({ number, source: cell.sharedModel.getSource(), id: cell.id });
    }
  }
  return found.sort((one, other) => one.number - other.number);
}

/** Put a cell below the active one, ready to be run. */
export function insertCell(panel: NotebookPanel, source: string): void {
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(source);
}
