import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { AssetRole, FunctionKind, Preview, ValueFile } from '../api/types';
import { bytes } from '../components/format';
import { ErrorMessage, TextButton } from '../components/primitives';
import { useModelOp } from '../state/context';
import { useRoles } from '../state/queries';

/** The kinds of functions in the order in which they are shown. */
export const FUNCTION_KINDS: readonly FunctionKind[] = ['score', 'metrics', 'init', 'train'];

/** The functions that the user has chosen, by what they are called as. */
export type ChosenFunctions = Partial<Record<FunctionKind, string | null>>;

/** Whether a file of the list is taken, and as what. */
export interface IFileChoice {
  readonly isTaken: boolean;
  readonly role: AssetRole;
}

/** A choice for each kind of function of which none is tagged, or more than one. */
export function FunctionChoices(props: {
  preview: Preview;
  chosen: ChosenFunctions;
  onChoose: (kind: FunctionKind, name: string | null) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const { options, entry_points: points } = props.preview;
  const open = FUNCTION_KINDS.map(kind => ({
    kind,
    candidates: options.filter(option => option.kind === kind)
  })).filter(({ candidates }) => candidates.length > (candidates[0]?.is_tagged ? 1 : 0));
  if (open.length === 0) {
    return null;
  }
  return (
    <fieldset>
      <legend>{trans.__('Functions')}</legend>
      {open.map(({ kind, candidates }) => (
        <div key={kind} className="jp-modelop-field" role="radiogroup" aria-label={kind}>
          <span>
            {trans.__('Use as %1', kind)}
            <br />
            <span className="jp-modelop-muted">{calledWhen(kind, trans)}</span>
          </span>
          <div className="jp-modelop-row">
            {candidates.map(({ name, where }) => (
              <label key={name}>
                <input
                  type="radio"
                  name={kind}
                  checked={(props.chosen[kind] ?? points[kind]) === name}
                  onChange={() => props.onChoose(kind, name)}
                />{' '}
                {name} <span className="jp-modelop-muted">{where}</span>
              </label>
            ))}
            {!candidates[0].is_tagged && (
              <label>
                <input
                  type="radio"
                  name={kind}
                  checked={!(props.chosen[kind] ?? points[kind])}
                  onChange={() => props.onChoose(kind, null)}
                />{' '}
                {trans.__('none')}
              </label>
            )}
          </div>
        </div>
      ))}
      {Object.values(props.chosen).some(Boolean) && (
        <p className="jp-modelop-muted">
          {trans.__('The tag is written above its def when you register; Undo takes it back.')}
        </p>
      )}
    </fieldset>
  );
}

/** Return when a job calls a function of a kind. */
function calledWhen(kind: FunctionKind, trans: TranslationBundle): string {
  return {
    init: trans.__('once, before all else'),
    score: trans.__('for each record'),
    metrics: trans.__('once, with all records'),
    train: trans.__('once, with all records')
  }[kind];
}

/** The cells of which an older text would be registered, with what was edited since. */
export function EditedCells(props: {
  preview: Preview;
  onRun: (ids: readonly string[]) => Promise<void>;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const [isRunning, setRunning] = React.useState(false);
  const { edited } = props.preview;
  if (edited.length === 0) {
    return null;
  }
  const run = async () => {
    setRunning(true);
    try {
      await props.onRun(edited.map(({ id }) => id));
    } finally {
      setRunning(false);
    }
  };
  return (
    <div className="jp-modelop-warn">
      {edited.map(({ number, id, diff }) => (
        <details key={id}>
          <summary>{trans.__('Cell %1 was edited since it ran', number)}</summary>
          <pre tabIndex={0} className="jp-modelop-source">
            {diff}
          </pre>
        </details>
      ))}
      <div className="jp-modelop-row">
        <span>{trans.__('What ran is registered.')}</span>
        <TextButton
          label={isRunning ? trans.__('Running…') : trans.__('Run them now')}
          disabled={isRunning}
          onClick={() => void run()}
        />
      </div>
    </div>
  );
}

/** The values of the kernel that can stand in the module, each with a checkbox and the lines there. */
export function FrozenValues(props: {
  preview: Preview;
  taken: readonly string[];
  onTake: (name: string, isTaken: boolean) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const values = props.preview.frozen ?? [];
  if (values.length === 0) {
    return null;
  }
  return (
    <fieldset>
      <legend>{trans.__('Values to write into the module')}</legend>
      <p className="jp-modelop-muted">
        {trans.__('The model needs them, and the code that made them reads data.')}
      </p>
      {values.map(({ name, where, expression, source }) => (
        <div key={name}>
          <label>
            <input
              type="checkbox"
              checked={props.taken.includes(name)}
              onChange={event => props.onTake(name, event.target.checked)}
            />{' '}
            {name} <span className="jp-modelop-muted">{`${where}: ${expression}`}</span>
          </label>
          <pre tabIndex={0} className="jp-modelop-source">
            {source}
          </pre>
        </div>
      ))}
    </fieldset>
  );
}

/** The values that files can hold: a button that saves each, a checkbox where that is done. */
export function ValueFiles(props: {
  preview: Preview;
  taken: Readonly<Record<string, string>>;
  onTake: (name: string, isTaken: boolean) => void;
  onSave: (file: ValueFile) => Promise<void>;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const files = props.preview.value_files ?? [];
  if (files.length === 0) {
    return null;
  }
  return (
    <fieldset>
      <legend>{trans.__('Values to save as files')}</legend>
      <p className="jp-modelop-muted">
        {trans.__(
          'The model needs them. They are too big for the module, or have no literal: it loads them.'
        )}
      </p>
      {files.map(file => (
        <ValueFileField
          key={file.name}
          file={file}
          isTaken={file.name in props.taken}
          onTake={isTaken => props.onTake(file.name, isTaken)}
          onSave={() => props.onSave(file)}
        />
      ))}
    </fieldset>
  );
}

function ValueFileField(props: {
  file: ValueFile;
  isTaken: boolean;
  onTake: (isTaken: boolean) => void;
  onSave: () => Promise<void>;
}): JSX.Element {
  const { trans } = useModelOp();
  const [isSaving, setSaving] = React.useState(false);
  const [problem, setProblem] = React.useState<Error | null>(null);
  const { name, where, expression, source, path, size, libraries, replaced } = props.file;
  const made = <span className="jp-modelop-muted">{`${where}: ${expression}`}</span>;
  const save = async () => {
    setSaving(true);
    setProblem(null);
    try {
      await props.onSave();
    } catch (reason) {
      setProblem(new Error(trans.__('%1 cannot be written: %2', path, (reason as Error).message)));
    } finally {
      setSaving(false);
    }
  };
  return (
    <div>
      {props.file.is_there ? (
        <label>
          <input
            type="checkbox"
            checked={props.isTaken}
            onChange={event => props.onTake(event.target.checked)}
          />{' '}
          {trans.__('%1, loaded from %2', name, path)} {made}
        </label>
      ) : (
        <div className="jp-modelop-row">
          <span>
            {name} {made}
          </span>
          <TextButton
            label={isSaving ? trans.__('Saving…') : trans.__('Save as %1', path)}
            disabled={isSaving}
            onClick={() => void save()}
          />
        </div>
      )}
      {problem && <ErrorMessage error={problem} />}
      <p className="jp-modelop-muted">
        {bytes(size)}
        {replaced && `; ${trans.__('it replaces the model’s older value in this file')}`}
        {libraries.length > 0 &&
          `; ${trans.__(
            'a pickle needs the same versions of %1, which the requirements pin',
            libraries.join(', ')
          )}`}
      </p>
      <pre tabIndex={0} className="jp-modelop-source">
        {source}
      </pre>
    </div>
  );
}

/** The requirements that the model imports, and a checkbox to write them. */
export function RequirementsField(props: {
  preview: Preview;
  hasNotebook: boolean;
  isOfKernel: boolean;
  isOfDay: boolean;
  isTaken: boolean;
  onTake: (isTaken: boolean) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const plan = props.preview.requirements;
  if (plan === null) {
    return null;
  }
  const added = plan.inferred.lines.filter(({ state }) => state === 'added');
  return (
    <fieldset>
      <legend>{trans.__('Requirements')}</legend>
      <label>
        <input
          type="checkbox"
          checked={props.isTaken}
          onChange={event => props.onTake(event.target.checked)}
        />{' '}
        {plan.file === null
          ? trans.__('Add to the model’s requirements')
          : trans.__('Add to the requirements, and write them to %1', plan.file)}
      </label>
      {plan.is_declined && <span className="jp-modelop-muted"> {trans.__('left out before')}</span>}
      <ul className="jp-modelop-lines">
        {added.map(({ text, where, remark }) => (
          <li key={text}>
            <code>{text}</code>{' '}
            <span className="jp-modelop-muted">
              {[where && trans.__('needed by %1', where), remark].filter(Boolean).join('; ')}
            </span>
          </li>
        ))}
      </ul>
      <p className="jp-modelop-muted">
        {props.isOfDay
          ? trans.__('The day gives the versions')
          : props.isOfKernel
            ? trans.__(
                'Versions of this notebook’s kernel: Python %1, %2',
                plan.inferred.version,
                plan.inferred.python
              )
            : [
                props.hasNotebook && trans.__('The notebook has no running kernel.'),
                trans.__(
                  'Versions of the Jupyter server’s Python %1, %2',
                  plan.inferred.version,
                  plan.inferred.python
                )
              ]
                .filter(Boolean)
                .join(' ')}
      </p>
      {plan.inferred.notes.map(note => (
        <p key={note} className="jp-modelop-warn">
          {note}
        </p>
      ))}
    </fieldset>
  );
}

/** Checkboxes that add files to the model, each with the role of the asset. */
export function FileChoices(props: {
  preview: Preview;
  choices: ReadonlyMap<string, IFileChoice>;
  onChoose: (path: string, choice: IFileChoice) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const roles = useRoles();
  const { proposals } = props.preview;
  if (proposals.length === 0) {
    return null;
  }
  return (
    <fieldset>
      <legend>{trans.__('Files that may belong to the model')}</legend>
      {proposals.map(proposal => {
        const { path, size, problem } = proposal;
        const reason = proposal.is_declined ? trans.__('left out before') : proposal.reason;
        const { isTaken, role } = props.choices.get(path) ?? {
          isTaken: proposal.is_suggested,
          role: proposal.role
        };
        return (
          <div key={path} className="jp-modelop-row jp-modelop-fileChoice">
            <label>
              <input
                type="checkbox"
                checked={isTaken}
                onChange={event => props.onChoose(path, { isTaken: event.target.checked, role })}
              />{' '}
              {path}
            </label>
            <span className={problem ? 'jp-modelop-bad' : 'jp-modelop-muted'}>
              {problem ?? `${reason}, ${bytes(size)}`}
            </span>
            <HTMLSelect
              aria-label={trans.__('Role of %1', path)}
              disabled={!isTaken}
              value={role}
              onChange={event =>
                props.onChoose(path, { isTaken, role: event.target.value as AssetRole })
              }
            >
              {(roles.data ?? []).map(each => (
                <option key={each.role} value={each.role}>
                  {each.label}
                </option>
              ))}
            </HTMLSelect>
          </div>
        );
      })}
    </fieldset>
  );
}
