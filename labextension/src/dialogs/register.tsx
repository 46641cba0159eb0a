import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Badge, Problem } from '../components/parts';
import type { IModelOp } from '../context';
import { ModelOpContext, useModelOp } from '../context';
import { bytes } from '../format';
import type { AssetRole, Preview, Registration, RegistrationWish, RoleLine } from '../types';

/** What is registered: a notebook with the cells that were run, or a file or folder. */
export type Subject = Pick<RegistrationWish, 'notebook' | 'cells' | 'path'>;

/** Show what registering would record, and do it; null when it was called off. */
export async function registerDialog(
  context: IModelOp,
  subject: Subject,
  name: string
): Promise<Registration | null> {
  const { client, trans } = context;
  let wish: RegistrationWish = { ...subject, name };
  let error: Error | null = null;
  for (;;) {
    const dialog: Dialog<RegistrationWish> = new Dialog({
      title: trans.__('Register a model'),
      body: new RegisterForm(context, wish, error),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Register') })],
      focusNodeSelector: 'input'
    });
    dialog.addClass('jp-modelop-dialog');
    const answer = await dialog.launch();
    if (!answer.button.accept || answer.value === null) {
      return null;
    }
    try {
      return await client.register(answer.value);
    } catch (reason) {
      // Nothing that was typed is lost: the form comes again, with the reason.
      wish = answer.value;
      error = reason as Error;
    }
  }
}

class RegisterForm extends ReactWidget implements Dialog.IBodyWidget<RegistrationWish> {
  constructor(
    private readonly _context: IModelOp,
    private _wish: RegistrationWish,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
  }

  getValue(): RegistrationWish {
    return this._wish;
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          wish={this._wish}
          error={this._error}
          onChange={wish => {
            this._wish = wish;
          }}
        />
      </ModelOpContext.Provider>
    );
  }
}

function Form(props: {
  wish: RegistrationWish;
  error: Error | null;
  onChange: (wish: RegistrationWish) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const [wish, setWish] = React.useState(props.wish);
  const [preview, setPreview] = React.useState<Preview | null>(null);
  const [error, setError] = React.useState<Error | null>(props.error);
  const [roles, setRoles] = React.useState<readonly RoleLine[]>([]);
  const change = (next: RegistrationWish) => {
    setWish(next);
    props.onChange(next);
  };
  React.useEffect(() => {
    void client.roles().then(setRoles, () => undefined);
  }, [client]);
  React.useEffect(() => {
    let isGone = false;
    const timer = window.setTimeout(async () => {
      try {
        const found = await client.preview(wish);
        if (!isGone) {
          setPreview(found);
          setError(null);
        }
      } catch (reason) {
        if (!isGone) {
          setError(reason as Error);
        }
      }
    }, 250);
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, [client, wish]);
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Name')}</span>
        <input
          type="text"
          className="jp-mod-styled"
          value={wish.name}
          spellCheck={false}
          onChange={event => change({ ...wish, name: event.target.value })}
        />
      </label>
      <label className="jp-modelop-field">
        <span>{trans.__('Description')}</span>
        <input
          type="text"
          className="jp-mod-styled"
          value={wish.description ?? ''}
          onChange={event => change({ ...wish, description: event.target.value || undefined })}
        />
      </label>
      {error && <Problem error={error} />}
      {preview && <PreviewParts preview={preview} wish={wish} roles={roles} onChange={change} />}
    </>
  );
}

function PreviewParts(props: {
  preview: Preview;
  wish: RegistrationWish;
  roles: readonly RoleLine[];
  onChange: (wish: RegistrationWish) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { preview, wish } = props;
  const kinds = ['init', 'score', 'metrics', 'train'] as const;
  const given = new Map((wish.assets ?? []).map(each => [each.path, each.role ?? null]));
  const set = (path: string, role: AssetRole | null | undefined) => {
    const next = new Map(given);
    if (role === undefined) {
      next.delete(path);
    } else {
      next.set(path, role);
    }
    const assets = [...next].map(([each, its]) => ({ path: each, role: its }));
    props.onChange({ ...wish, assets });
  };
  return (
    <div className="jp-modelop-preview">
      <div className="jp-modelop-row">
        {kinds
          .filter(kind => preview.entry_points[kind])
          .map(kind => (
            <Badge key={kind} kind="plain" text={`${kind}: ${preview.entry_points[kind]}`} />
          ))}
        {kinds.every(kind => !preview.entry_points[kind]) && (
          <Badge kind="warn" text={trans.__('no function is tagged')} />
        )}
        <span className="jp-modelop-muted">
          {preview.created
            ? trans.__('a new model')
            : preview.changes.length === 0
              ? trans.__('nothing changes')
              : preview.changes.join(', ')}
        </span>
      </div>
      {preview.warnings.map(each => (
        <p key={each} className="jp-modelop-warn">
          {each}
        </p>
      ))}
      {preview.missing.map(each => (
        <p key={`${each.asset} ${each.line}`} className="jp-modelop-warn">
          {trans.__(
            '%1 is imported (line %2), and no requirement provides it',
            each.module,
            each.line
          )}
        </p>
      ))}
      {preview.proposals.length > 0 && (
        <fieldset>
          <legend>{trans.__('Files that may belong to it')}</legend>
          {preview.proposals.map(each => (
            <div key={each.path} className="jp-modelop-row">
              <label>
                <input
                  type="checkbox"
                  checked={given.has(each.path)}
                  onChange={event => set(each.path, event.target.checked ? each.role : undefined)}
                />{' '}
                {each.path}
              </label>
              <span className="jp-modelop-muted">
                {each.reason}, {bytes(each.size)}
              </span>
              <select
                className="jp-mod-styled"
                aria-label={trans.__('Role of %1', each.path)}
                disabled={!given.has(each.path)}
                value={given.get(each.path) ?? each.role}
                onChange={event => set(each.path, event.target.value as AssetRole)}
              >
                {props.roles.map(role => (
                  <option key={role.role} value={role.role}>
                    {role.label}
                  </option>
                ))}
              </select>
            </div>
          ))}
        </fieldset>
      )}
      {preview.source !== null && (
        <details open={true}>
          <summary>{trans.__('Source that is registered')}</summary>
          <pre tabIndex={0} className="jp-modelop-source">
            {preview.source}
          </pre>
        </details>
      )}
    </div>
  );
}
