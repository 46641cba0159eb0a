import { Dialog } from '@jupyterlab/apputils';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Badge, Problem } from '../components/parts';
import type { IModelOp } from '../context';
import { ModelOpContext, useModelOp } from '../context';
import { bytes } from '../format';
import type { AssetRole, Preview, Registration, RegistrationWish, RoleLine } from '../types';
import { launched } from './launch';

/** What is registered: a notebook with the cells that were run, or a file or folder. */
export type Subject = Pick<RegistrationWish, 'notebook' | 'cells' | 'current' | 'path'>;

/** What the form came to: what is registered, and whether its requirements are inferred then. */
interface IChoice {
  readonly wish: RegistrationWish;
  readonly infers: boolean;
}

/** Show what registering would record, and do it; null when it was called off. */
export async function registerDialog(
  context: IModelOp,
  subject: Subject,
  name: string
): Promise<Registration | null> {
  const { client, trans } = context;
  let choice: IChoice = { wish: { ...subject, name }, infers: false };
  let error: Error | null = null;
  for (;;) {
    const dialog: Dialog<IChoice> = new Dialog({
      title: trans.__('Register a model'),
      body: new RegisterForm(context, choice, error),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Register') })],
      focusNodeSelector: 'input'
    });
    const answer = await launched(dialog);
    if (!answer.button.accept || answer.value === null) {
      return null;
    }
    choice = answer.value;
    try {
      const done = await client.register(choice.wish);
      if (choice.infers) {
        await client.infer(choice.wish.name, true);
      }
      return done;
    } catch (reason) {
      // Nothing that was typed is lost: the form comes again, with the reason.
      error = reason as Error;
    }
  }
}

class RegisterForm extends ReactWidget implements Dialog.IBodyWidget<IChoice> {
  constructor(
    private readonly _context: IModelOp,
    private _choice: IChoice,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
  }

  getValue(): IChoice {
    return this._choice;
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          choice={this._choice}
          error={this._error}
          onChange={choice => {
            this._choice = choice;
          }}
        />
      </ModelOpContext.Provider>
    );
  }
}

function Form(props: {
  choice: IChoice;
  error: Error | null;
  onChange: (choice: IChoice) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const [choice, setChoice] = React.useState(props.choice);
  const { wish, infers } = choice;
  const [preview, setPreview] = React.useState<Preview | null>(null);
  const [error, setError] = React.useState<Error | null>(props.error);
  const [roles, setRoles] = React.useState<readonly RoleLine[]>([]);
  const set = (next: IChoice) => {
    setChoice(next);
    props.onChange(next);
  };
  const change = (next: RegistrationWish) => set({ wish: next, infers });
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
      <label className="jp-modelop-field">
        <span>{trans.__('Python')}</span>
        <input
          type="text"
          className="jp-mod-styled"
          placeholder={trans.__('that of this notebook; or a version, like 3.12')}
          value={wish.python ?? ''}
          spellCheck={false}
          onChange={event => change({ ...wish, python: event.target.value || undefined })}
        />
      </label>
      {error && <Problem error={error} />}
      {preview && preview.missing.length > 0 && (
        <Missing
          preview={preview}
          infers={infers}
          onInfers={value => set({ wish, infers: value })}
        />
      )}
      {preview && <PreviewParts preview={preview} wish={wish} roles={roles} onChange={change} />}
      {/* What was ticked can be unticked, also where it is why there is nothing to show. */}
      {!preview &&
        (wish.assets ?? []).map(({ path }) => (
          <label key={path} className="jp-modelop-row">
            <input
              type="checkbox"
              checked={true}
              onChange={() =>
                change({ ...wish, assets: wish.assets?.filter(each => each.path !== path) })
              }
            />{' '}
            {path}
          </label>
        ))}
    </>
  );
}

/** What is imported and required by nothing, and the offer to write it down. */
function Missing(props: {
  preview: Preview;
  infers: boolean;
  onInfers: (value: boolean) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  return (
    <div className="jp-modelop-warn">
      {props.preview.missing.map(each => (
        <p key={`${each.asset} ${each.line} ${each.module}`}>
          {trans.__(
            '%1 is imported (line %2), and no requirement provides it',
            each.module,
            each.line
          )}
        </p>
      ))}
      <label>
        <input
          type="checkbox"
          checked={props.infers}
          onChange={event => props.onInfers(event.target.checked)}
        />{' '}
        {trans.__('Add them to its requirements, in the versions that are installed here')}
      </label>
    </div>
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
              <HTMLSelect
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
              </HTMLSelect>
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
