import { Dialog, Notification, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { addFilesDialog } from '../dialogs/addFiles';
import type { IModelOp } from '../state/context';

/** Return the paths of the files that are selected in the current file browser; folders are left out. */
export function selectedPaths(browsers: IFileBrowserFactory | null): string[] {
  const items = browsers?.tracker.currentWidget?.selectedItems() ?? [];
  return [...items].filter(({ type }) => type !== 'directory').map(({ path }) => path);
}

/** Ask which model gets files and in which roles, and add them; files that are refused are named. */
export async function addFiles(context: IModelOp, paths: readonly string[]): Promise<void> {
  const { client, changes, expansionState, trans } = context;
  const { rows } = await client.models({ limit: 1000 });
  if (rows.length === 0) {
    await showDialog({
      title: trans.__('Add to model'),
      body: trans.__('There is no model yet. Register a notebook first.'),
      buttons: [Dialog.okButton()]
    });
    return;
  }
  const newest = rows.reduce((one, other) => (one.modified < other.modified ? other : one));
  const files = await client.guessRoles(paths);
  const names = rows.map(({ name }) => name);
  const chosen = await addFilesDialog(context, names, { model: newest.name, files });
  if (chosen === null) {
    return;
  }
  const refusals: string[] = [];
  for (const { path, role } of chosen.files) {
    try {
      await client.addAsset(chosen.model, path, role);
    } catch (error) {
      refusals.push((error as Error).message);
    }
  }
  const added = chosen.files.length - refusals.length;
  if (added > 0) {
    expansionState.expandPart(chosen.model, 'assets');
    Notification.success(
      trans._n('%1 file was added to %2', '%1 files were added to %2', added, added, chosen.model)
    );
  }
  if (refusals.length > 0) {
    void showErrorMessage(trans.__('Not all files were added'), refusals.join('\n'));
  }
  await changes.refresh();
}
