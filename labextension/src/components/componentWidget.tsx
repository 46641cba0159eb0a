import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import type { IModelOp } from '../state/context';
import { ModelOpContext } from '../state/context';
import { VisibilityContext } from '../state/visibility';
import { ErrorMessage } from './primitives';

/** A Lumino widget that shows a React component of this extension. */
export class ComponentWidget extends ReactWidget {
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
        <VisibilityContext.Provider value={this.isVisible}>
          <ErrorBoundary>
            <this._component />
          </ErrorBoundary>
        </VisibilityContext.Provider>
      </ModelOpContext.Provider>
    );
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
  }

  protected onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.update();
  }
}

/** Shows the error of a component that cannot be rendered. */
class ErrorBoundary extends React.Component<
  { children: React.ReactNode },
  { error: Error | null }
> {
  state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  render(): React.ReactNode {
    return this.state.error ? <ErrorMessage error={this.state.error} /> : this.props.children;
  }
}
