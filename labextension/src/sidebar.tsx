import { ReactWidget, SidePanel } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { AccordionPanel } from '@lumino/widgets';
import * as React from 'react';
import { Problem } from './components/parts';
import type { Changes } from './changes';
import type { IModelOp } from './context';
import { ModelOpContext, useModelOp } from './context';
import { modelopIcon } from './icons';
import { EnvironmentsSection } from './sections/environments';
import { JobsSection } from './sections/jobs';
import { KernelsSection } from './sections/kernels';
import { ModelsSection } from './sections/models';
import { SIDEBAR_ID } from './tokens';

/** The panel at the side: models, jobs, environments and kernels, one section each. */
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
    this.header.addWidget(new Section(context, `${SIDEBAR_ID}-connection`, '', Away));
    this.header.setHidden(context.changes.isConnected);
    context.changes.connectionChanged.connect(this._onConnection, this);
    const sections: [string, string, () => JSX.Element][] = [
      ['models', trans.__('Models'), ModelsSection],
      ['jobs', trans.__('Jobs'), JobsSection],
      ['environments', trans.__('Environments'), EnvironmentsSection],
      ['kernels', trans.__('Kernels'), KernelsSection]
    ];
    for (const [id, title, component] of sections) {
      this.addWidget(new Section(context, `${SIDEBAR_ID}-${id}`, title, component));
    }
    // What is looked at most has most of the room, until JupyterLab restores what a person has made of it.
    const content = this.content as AccordionPanel;
    content.collapse(2);
    content.collapse(3);
    content.setRelativeSizes([5, 3, 1.5, 1]);
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    // Who comes by a shortcut goes on from here with Tab.
    this.content.node.querySelector<HTMLElement>('button:enabled')?.focus();
  }

  private _onConnection(_: Changes, isThere: boolean): void {
    this.header.setHidden(isThere);
  }
}

/** What is said as long as the server is away. */
function Away(): JSX.Element {
  const { trans } = useModelOp();
  return (
    <div role="alert" className="jp-modelop-away">
      {trans.__('The server does not answer. What is shown may be old; trying again…')}
    </div>
  );
}

/** A component of ours as a widget of Lumino's. */
export class Section extends ReactWidget {
  constructor(
    private readonly _context: IModelOp,
    id: string,
    title: string,
    private readonly _component: () => JSX.Element
  ) {
    super();
    this.id = id;
    this.title.label = title;
    this.addClass('jp-modelop-widget');
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Guard>
          <this._component />
        </Guard>
      </ModelOpContext.Provider>
    );
  }
}

/** Shows what a component could not show, in its place, so that the others go on. */
class Guard extends React.Component<{ children: React.ReactNode }, { error: Error | null }> {
  state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  render(): React.ReactNode {
    return this.state.error ? <Problem error={this.state.error} /> : this.props.children;
  }
}
