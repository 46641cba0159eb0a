import { MenuSvg } from '@jupyterlab/ui-components';
import type { ModelSummary } from '../api/types';
import type { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/** Open the menu of a model below its button, which gets the focus back when the menu is closed. */
export function openModelMenu(
  { commands }: IModelOp,
  { name, entry_points: points }: ModelSummary,
  button: HTMLElement
): void {
  const menu = new MenuSvg({ commands });
  menu.addClass('jp-modelop-menu');
  const add = (command: string, args: Record<string, string> = {}) =>
    menu.addItem({ command, args: { model: name, ...args } });
  const separate = () => menu.addItem({ type: 'separator' });
  if (points.train !== null) {
    add(CommandIDs.newJob, { kind: 'train' });
  }
  if (points.score !== null) {
    add(CommandIDs.checkModel);
    add(CommandIDs.challengeModel);
    add(CommandIDs.deploy);
  }
  add(CommandIDs.buildEnvironment);
  separate();
  add(CommandIDs.openModel);
  add(CommandIDs.openJobs);
  separate();
  add(CommandIDs.openKernel, { as: 'notebook' });
  add(CommandIDs.openKernel, { as: 'console' });
  separate();
  add(CommandIDs.addAsset);
  add(CommandIDs.exportModel);
  add(CommandIDs.removeModel);
  menu.aboutToClose.connect(() => {
    button.focus();
    // The item that was chosen is run after the menu is closed.
    window.setTimeout(() => menu.dispose());
  });
  const { left, bottom } = button.getBoundingClientRect();
  menu.open(left, bottom);
  menu.activateNextItem();
}
