import { SidePanel } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { AccordionPanel } from '@lumino/widgets';
import * as React from 'react';
import type { ChangeFeed } from '../api/changes';
import { ComponentWidget } from '../components/componentWidget';
import { modelopIcon } from '../jupyter/icons';
import type { IModelOp } from '../state/context';
import { useModelOp } from '../state/context';
import { SIDEBAR_ID } from '../tokens';
import { DeploymentsSection } from './deployments';
import { EnvironmentsSection } from './environments';
import { JobsSection } from './jobs';
import { KernelsSection } from './kernels';
import { ModelsSection } from './models';

/** The side panel, with a section each for models, jobs, deployments, environments and kernels. */
export class Sidebar extends SidePanel {
  constructor(context: IModelOp) {
    super({ translator: undefined });
    const { trans } = context;
    this.id = SIDEBAR_ID;
    this.title.icon = modelopIcon;
    this.title.caption = trans.__('ModelOp: models, environments, jobs');
    this.addClass('jp-modelop-sidebar');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('ModelOp'));
    this.header.addWidget(
      new ComponentWidget(context, `${SIDEBAR_ID}-connection`, '', ConnectionLost)
    );
    this.header.setHidden(context.changes.isConnected);
    context.changes.connectionChanged.connect(this._onConnectionChanged, this);
    const sections: [string, string, () => JSX.Element][] = [
      ['models', trans.__('Models'), ModelsSection],
      ['jobs', trans.__('Jobs'), JobsSection],
      ['deployments', trans.__('Deployments'), DeploymentsSection],
      ['environments', trans.__('Environments'), EnvironmentsSection],
      ['kernels', trans.__('Kernels'), KernelsSection]
    ];
    for (const [id, title, component] of sections) {
      this.addWidget(new ComponentWidget(context, `${SIDEBAR_ID}-${id}`, title, component));
    }
    // The initial layout, until JupyterLab restores the user's own.
    const content = this.content as AccordionPanel;
    content.collapse(2);
    content.collapse(3);
    content.collapse(4);
    content.setRelativeSizes([5, 3, 2.5, 1.5, 1]);
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    // Keyboard users who open the sidebar by its shortcut continue from here with Tab.
    this.content.node.querySelector<HTMLElement>('button:enabled')?.focus();
  }

  private _onConnectionChanged(_: ChangeFeed, isConnected: boolean): void {
    this.header.setHidden(isConnected);
  }
}

/** The message above the sections while the server does not answer. */
function ConnectionLost(): JSX.Element {
  const { trans } = useModelOp();
  return (
    <div role="alert" className="jp-modelop-connectionLost">
      {trans.__('The server does not answer. The data may be out of date; reconnecting…')}
    </div>
  );
}
