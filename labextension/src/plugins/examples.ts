import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import type { Example } from '../api/types';
import { commandArgs } from '../jupyter/commandArgs';
import { modelopIcon } from '../jupyter/icons';
import { pythonKernel } from '../jupyter/pythonKernel';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const examples: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:examples',
  description: 'Opens example notebooks from the launcher, the palette and the sidebar.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ILauncher, ICommandPalette, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { client, trans } = context;
    const { contents, kernelspecs } = app.serviceManager;
    const category = trans.__('ModelOp');
    const known = new Map<string, Example>();

    const open = async (name: string, folder: string): Promise<unknown> => {
      const [{ path }] = await Promise.all([
        client.copyExample(name, contents.localPath(folder)),
        kernelspecs.ready
      ]);
      void browser?.model.refresh();
      const kernel = { name: pythonKernel(kernelspecs.specs) };
      // The launcher gives its place to the widget that is returned.
      return app.commands.execute('docmanager:open', { path, kernel });
    };

    const choose = async (): Promise<string | null> => {
      const { chooseExample } = await import('../dialogs/chooseExample');
      return chooseExample((await client.examples()).examples, trans);
    };

    app.commands.addCommand(CommandIDs.openExample, {
      label: args => {
        const title = known.get(String(args['name']))?.title;
        return title ? trans.__('Example: %1', title) : trans.__('Open an example…');
      },
      caption: args => known.get(String(args['name']))?.summary ?? '',
      icon: modelopIcon,
      describedBy: commandArgs({}, { name: 'string', cwd: 'string' }),
      execute: async args => {
        try {
          const name = (args['name'] as string | undefined) ?? (await choose());
          const folder = (args['cwd'] as string | undefined) ?? browser?.model.path ?? '';
          return name === null ? undefined : await open(name, folder);
        } catch (error) {
          const { message, hint } = error as Error & { hint?: string | null };
          Notification.error([message, hint].filter(Boolean).join('. '));
          return undefined;
        }
      }
    });
    palette?.addItem({ command: CommandIDs.openExample, category });
    if (launcher !== null) {
      const addCards = async (): Promise<void> => {
        await app.restored;
        const list = await client.examples();
        list.examples.forEach((example, rank) => {
          known.set(example.name, example);
          const args = { name: example.name };
          launcher.add({ command: CommandIDs.openExample, args, category, rank });
        });
      };
      addCards().catch((reason: Error) =>
        console.warn(`${examples.id}: no cards in the launcher (${reason.message})`)
      );
    }
  }
};
