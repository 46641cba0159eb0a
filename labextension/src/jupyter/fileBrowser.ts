import { PathExt } from '@jupyterlab/coreutils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { ListFolder } from '../dialogs/filePicker';

/** Show JupyterLab's file dialog; return the path of the chosen file, null on cancel. */
export async function chooseFile(
  manager: IDocumentManager,
  browser: IDefaultFileBrowser | null,
  title: string
): Promise<string | null> {
  const result = await FileDialog.getOpenFiles({
    manager,
    title,
    defaultPath: browser?.model.path
  });
  return result.value?.[0]?.path ?? null;
}

/** Return the folder of the current notebook, that of the server where there is none. */
export function notebookFolder(tracker: INotebookTracker | null): string {
  const panel = tracker?.currentWidget ?? null;
  return panel === null ? '' : PathExt.dirname(panel.context.path);
}

/** Return a function that lists a folder of the server. */
export function folderLister(contents: Contents.IManager): ListFolder {
  return async folder => {
    const { content } = await contents.get(folder, { type: 'directory', content: true });
    return (content as Contents.IModel[]).map(({ name, path, type, size }) => ({
      name,
      path,
      isFolder: type === 'directory',
      size
    }));
  };
}
