import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import type { ComponentWidget } from '../components/componentWidget';
import { chooseModel } from '../dialogs/chooseModel';
import { commandArgs } from '../jupyter/commandArgs';
import { modelopIcon } from '../jupyter/icons';
import { tablesOf } from '../jupyter/kernelFacts';
import { addModelCards } from '../jupyter/launcherCards';
import { MODEL_ROW, rowModel } from '../jupyter/modelRow';
import type { IModelPageOptions } from '../mainArea/model/modelPage';
import { ShownSection } from '../mainArea/model/sections';
import { mainAreaTab, openBeside } from '../mainArea/openBeside';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

type ModelWidget = MainAreaWidget<ComponentWidget>;

export const modelPage: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:model-page',
  description: 'Opens models in the main area: sidebar, palette and launcher.',
  autoStart: true,
  requires: [IModelOp],
  optional: [
    ICommandPalette,
    ILayoutRestorer,
    IEditorServices,
    IDefaultFileBrowser,
    ILauncher,
    INotebookTracker
  ],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    editors: IEditorServices | null,
    browser: IDefaultFileBrowser | null,
    launcher: ILauncher | null,
    notebooks: INotebookTracker | null
  ): void => {
    const { client, trans } = context;
    const tracker = new WidgetTracker<ModelWidget>({ namespace: 'modelop-jupyter-models' });
    const options = new WeakMap<ModelWidget, IModelPageOptions>();
    const upload =
      browser === null ? null : async (file: File) => (await browser.model.upload(file)).path;
    const tables = () =>
      tablesOf(client, notebooks?.currentWidget?.sessionContext.session?.kernel ?? null);

    const open = async (name: string, section: unknown): Promise<ModelWidget> => {
      // Loaded before the look for an open one: a second click while it loads opens no second tab.
      const create = await loadModelPage();
      let widget = tracker.find(each => options.get(each)?.name === name);
      if (widget === undefined) {
        const page = { name, shown: new ShownSection(section), editors, upload, tables };
        widget = create(context, page);
        options.set(widget, page);
        page.shown.changed.connect(() => void tracker.save(widget!));
        await tracker.add(widget);
      } else {
        options.get(widget)?.shown.show(section);
      }
      openBeside(app, widget, 'ModelOp Model');
      return widget;
    };

    app.commands.addCommand(CommandIDs.openModel, {
      label: args =>
        args['isCard']
          ? String(args['model'])
          : args['model'] || args['isRow']
            ? trans.__('Open model')
            : trans.__('Open model…'),
      caption: args =>
        args['model'] ? trans.__('Open the model %1', args['model']) : trans.__('Open a model'),
      icon: modelopIcon,
      describedBy: commandArgs({}, { model: 'string', section: 'string' }),
      execute: async args => {
        const given = args['isRow'] ? rowModel(app) : (args['model'] as string | undefined);
        const model = given ?? (await chooseModel(context, trans.__('Open a model')));
        // The launcher is replaced by the widget that is returned.
        return model === null ? undefined : open(model, args['section']);
      }
    } satisfies CommandRegistry.ICommandOptions);
    palette?.addItem({ command: CommandIDs.openModel, category: trans.__('ModelOp') });
    app.contextMenu.addItem({
      command: CommandIDs.openModel,
      args: { isRow: true },
      selector: MODEL_ROW,
      rank: 0
    });
    if (launcher !== null) {
      addModelCards(context, launcher);
    }
    void restorer?.restore(tracker, {
      command: CommandIDs.openModel,
      args: widget => ({
        model: options.get(widget)?.name ?? '',
        section: options.get(widget)?.shown.current ?? ''
      }),
      name: widget => options.get(widget)?.name ?? ''
    });
  }
};

/** Load the page of a model; return what makes a widget of it. */
async function loadModelPage() {
  const { ModelPage } = await import('../mainArea/model/modelPage');
  const { ComponentWidget } = await import('../components/componentWidget');
  return (context: IModelOp, page: IModelPageOptions): ModelWidget => {
    const { name } = page;
    const content = new ComponentWidget(context, `modelop-jupyter-model-${name}`, name, () =>
      React.createElement(ModelPage, page)
    );
    content.addClass('jp-modelop-jobPanel');
    content.addClass('jp-modelop-modelPanel');
    const widget = mainAreaTab(content, `modelop-jupyter-model-area-${name}`);
    widget.title.caption = context.trans.__('Model %1', name);
    return widget;
  };
}
