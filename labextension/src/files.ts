import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { ListFolder } from './components/picker';

/** Let the person choose a file of the server; null when it was called off. */
export async function chooseFile(
  manager: IDocumentManager,
  browser: IDefaultFileBrowser | null,
  title: string
): Promise<string | null> {
  const chosen = await FileDialog.getOpenFiles({
    manager,
    title,
    defaultPath: browser?.model.path
  });
  return chosen.value?.[0]?.path ?? null;
}

/** Return what lists a folder of the server: folders first, each by name. */
export function lister(contents: Contents.IManager): ListFolder {
  return async path => {
    const { content } = await contents.get(path, { type: 'directory', content: true });
    return (content as Contents.IModel[])
      .map(({ name, path: its, type }) => ({ name, path: its, isFolder: type === 'directory' }))
      .sort(
        (one, other) =>
          Number(other.isFolder) - Number(one.isFolder) || one.name.localeCompare(other.name)
      );
  };
}
