import type { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IModelOp } from '../state/context';
import { ModelOpContext } from '../state/context';

/** The body of a dialog that asks for what to send to the server. */
export class RequestForm<R> extends ReactWidget implements Dialog.IBodyWidget<R> {
  constructor(
    private readonly _context: IModelOp,
    private _request: R,
    private readonly _fields: (onChange: (request: R) => void) => JSX.Element
  ) {
    super();
    this.addClass('jp-modelop-form');
  }

  getValue(): R {
    return this._request;
  }

  /** Called with what is chosen, now and whenever it changes. */
  set onRequest(callback: (request: R) => void) {
    this._onRequest = callback;
    callback(this._request);
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        {this._fields(request => {
          this._request = request;
          this._onRequest(request);
        })}
      </ModelOpContext.Provider>
    );
  }

  private _onRequest: (request: R) => void = () => undefined;
}
