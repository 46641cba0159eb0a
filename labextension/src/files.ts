import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { FileDialog } from '@jupyterlab/filebrowser';

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
