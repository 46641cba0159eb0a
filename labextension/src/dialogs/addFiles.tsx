import { Dialog } from '@jupyterlab/apputils';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { AssetRole } from '../api/types';
import type { IModelOp } from '../state/context';
import { ModelOpContext, useModelOp } from '../state/context';
import { useRoles } from '../state/queries';
import { launchFormDialog } from './formDialog';

/** Files, each with a role, and the model that gets them. */
export interface IFilesToAdd {
  readonly model: string;
  readonly files: readonly { readonly path: string; readonly role: AssetRole }[];
}

/** Ask which model gets files and in which roles, beginning with `initial`; return null on cancel. */
export async function addFilesDialog(
  context: IModelOp,
  models: readonly string[],
  initial: IFilesToAdd
): Promise<IFilesToAdd | null> {
  const { trans } = context;
  const { button, value } = await launchFormDialog(
    new Dialog<IFilesToAdd>({
      title: trans._n(
        'Add %1 file to a model',
        'Add %1 files to a model',
        initial.files.length,
        initial.files.length
      ),
      body: new FilesForm(context, models, initial),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Add') })],
      focusNodeSelector: 'select'
    })
  );
  return button.accept ? value : null;
}

class FilesForm extends ReactWidget implements Dialog.IBodyWidget<IFilesToAdd> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _models: readonly string[],
    private _value: IFilesToAdd
  ) {
    super();
    this.addClass('jp-modelop-form');
  }

  getValue(): IFilesToAdd {
    return this._value;
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          models={this._models}
          initial={this._value}
          onChange={value => {
            this._value = value;
          }}
        />
      </ModelOpContext.Provider>
    );
  }
}

function Form(props: {
  models: readonly string[];
  initial: IFilesToAdd;
  onChange: (value: IFilesToAdd) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const roles = useRoles();
  const [value, setValue] = React.useState(props.initial);
  const change = (next: IFilesToAdd) => {
    setValue(next);
    props.onChange(next);
  };
  const setRole = (path: string, role: AssetRole) =>
    change({
      ...value,
      files: value.files.map(file => (file.path === path ? { path, role } : file))
    });
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Model')}</span>
        <HTMLSelect
          value={value.model}
          onChange={event => change({ ...value, model: event.target.value })}
        >
          {props.models.map(name => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </HTMLSelect>
      </label>
      <fieldset>
        <legend>{trans.__('Files and their roles')}</legend>
        {value.files.map(({ path, role }) => (
          <label key={path} className="jp-modelop-field">
            <span className="jp-modelop-name" title={path}>
              {path}
            </span>
            <HTMLSelect
              aria-label={trans.__('Role of %1', path)}
              value={role}
              onChange={event => setRole(path, event.target.value as AssetRole)}
            >
              {(roles.data ?? [{ role, label: role }]).map(choice => (
                <option key={choice.role} value={choice.role}>
                  {choice.label}
                </option>
              ))}
            </HTMLSelect>
          </label>
        ))}
      </fieldset>
    </>
  );
}
