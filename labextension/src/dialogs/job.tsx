import { Dialog } from '@jupyterlab/apputils';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Problem } from '../components/parts';
import type { ListFolder } from '../components/picker';
import { FilePicker } from '../components/picker';
import type { IModelOp } from '../context';
import { ModelOpContext, useLive, useModelOp } from '../context';
import { wishOf } from '../draft';
import type { JobDraft, JobKind } from '../types';
import { launched, setWaiting } from './launch';

/** What the form of a new job came to. */
export interface IJobChoice {
  readonly draft: JobDraft;
  /** Whether the line is wanted in a cell instead of a job. */
  readonly asCell: boolean;
}

/** Where the form gets its files from, and where it begins. */
export interface IJobStart {
  readonly model: string;
  readonly kind: JobKind;
  /** What was chosen the last time. */
  readonly last: Partial<JobDraft>;
  /** Lists the files that may be an input. */
  readonly list: ListFolder;
  /** Whether there is a notebook that could take the line as a cell. */
  readonly canInsert: boolean;
  /** The folder of the notebook that the line would be for. */
  readonly folder: string;
}

const DATA_ROLES = ['TEST_DATA', 'BASELINE_DATA', 'COMPARATOR_DATA', 'TRAINING_DATA'];

/** Ask for all that a new job needs; null when it was called off. */
export async function jobDialog(
  context: IModelOp,
  start: IJobStart,
  error: Error | null = null
): Promise<IJobChoice | null> {
  const { trans } = context;
  const titles: Record<JobKind, string> = {
    batch: trans.__('Run %1 over a batch', start.model),
    metrics: trans.__('Run the metrics of %1', start.model),
    train: trans.__('Train %1', start.model)
  };
  const cell = Dialog.createButton({
    label: trans.__('Insert as cell'),
    className: 'jp-modelop-quiet',
    actions: ['cell']
  });
  const form = new JobForm(context, start, error);
  const dialog = new Dialog<JobDraft>({
    title: titles[start.kind],
    body: form,
    buttons: [
      Dialog.cancelButton(),
      ...(start.canInsert ? [cell] : []),
      Dialog.okButton({ label: trans.__('Run') })
    ],
    defaultButton: start.canInsert ? 2 : 1,
    focusNodeSelector: 'button, input'
  });
  form.onDraft = draft =>
    setWaiting(dialog.node, draft.inputs.length > 0 ? null : trans.__('Choose an input first'));
  const answer = await launched(dialog);
  if (!answer.button.accept || answer.value === null) {
    return null;
  }
  return { draft: answer.value, asCell: answer.button.actions.includes('cell') };
}

class JobForm extends ReactWidget implements Dialog.IBodyWidget<JobDraft> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _start: IJobStart,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
    const { model, kind, last } = _start;
    this._draft = { inputs: [], ...last, model, kind };
  }

  getValue(): JobDraft {
    return this._draft;
  }

  /** Called with what is chosen, now and whenever that changes. */
  set onDraft(called: (draft: JobDraft) => void) {
    this._onDraft = called;
    called(this._draft);
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          start={this._start}
          draft={this._draft}
          error={this._error}
          onChange={draft => {
            this._draft = draft;
            this._onDraft(draft);
          }}
        />
      </ModelOpContext.Provider>
    );
  }

  private _draft: JobDraft;
  private _onDraft: (draft: JobDraft) => void = () => undefined;
}

function Form(props: {
  start: IJobStart;
  draft: JobDraft;
  error: Error | null;
  onChange: (draft: JobDraft) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const { start } = props;
  const [draft, setDraft] = React.useState(props.draft);
  const [line, setLine] = React.useState('');
  const [error, setError] = React.useState(props.error);
  const change = (part: Partial<JobDraft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    props.onChange(next);
  };
  React.useEffect(() => {
    let isGone = false;
    if (draft.inputs.length === 0) {
      setLine('');
      return;
    }
    const timer = window.setTimeout(async () => {
      try {
        const found = await client.line(wishOf(draft), start.folder);
        if (!isGone) {
          setLine(found);
          setError(null);
        }
      } catch (reason) {
        if (!isGone) {
          setError(reason as Error);
        }
      }
    }, 150);
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, [client, draft, start.folder]);
  return (
    <>
      <Inputs start={start} draft={draft} onChange={inputs => change({ inputs })} />
      {draft.inputs.length === 0 && (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {trans.__('Choose an input first')}
        </p>
      )}
      {start.kind !== 'train' && (
        <Field
          label={trans.__('Output')}
          hint={trans.__('A file; without one the job keeps it')}
          value={draft.output ?? ''}
          onChange={value => change({ output: value || undefined })}
        />
      )}
      {start.kind === 'batch' && <BatchFields draft={draft} onChange={change} />}
      <Parameters draft={draft} onChange={parameters => change({ parameters })} />
      {error && <Problem error={error} />}
      {line && (
        <div className="jp-modelop-field">
          <span>{trans.__('The same as a cell')}</span>
          <code className="jp-modelop-line">{line}</code>
        </div>
      )}
    </>
  );
}

function Inputs(props: {
  start: IJobStart;
  draft: JobDraft;
  onChange: (inputs: JobDraft['inputs']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { start, draft } = props;
  const assets = useLive(`model ${start.model}`, ['models'], client => client.model(start.model));
  const data = (assets.value?.assets ?? []).filter(each => DATA_ROLES.includes(each.role));
  const name = (each: JobDraft['inputs'][number]) => ('path' in each ? each.path : each.asset);
  const [isChoosing, setChoosing] = React.useState(draft.inputs.length === 0);
  const another = React.useRef<HTMLButtonElement>(null);
  const wasChoosing = React.useRef(isChoosing);
  React.useEffect(() => {
    // The list that had the focus is gone: who goes by keyboard goes on here.
    if (wasChoosing.current && !isChoosing) {
      another.current?.focus();
    }
    wasChoosing.current = isChoosing;
  }, [isChoosing]);
  return (
    <fieldset>
      <legend>{trans.__('Input')}</legend>
      <ul className="jp-modelop-list">
        {draft.inputs.map((each, index) => (
          <li key={index} className="jp-modelop-row">
            <span className="jp-modelop-name">{name(each)}</span>
            <button
              type="button"
              className="jp-modelop-link"
              aria-label={trans.__('Leave out %1', name(each))}
              onClick={() => props.onChange(draft.inputs.filter((_, at) => at !== index))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {isChoosing ? (
        <FilePicker
          list={start.list}
          start={start.folder}
          onPick={path => {
            setChoosing(false);
            props.onChange([...draft.inputs, { path }]);
          }}
        />
      ) : (
        <button
          type="button"
          ref={another}
          className="jp-modelop-button jp-mod-styled jp-mod-reject"
          onClick={() => setChoosing(true)}
        >
          {trans.__('Another file…')}
        </button>
      )}
      {data
        .filter(each => !draft.inputs.some(given => name(given) === each.path))
        .map(each => (
          <button
            key={each.path}
            type="button"
            className="jp-modelop-button jp-mod-styled jp-mod-reject"
            onClick={() => props.onChange([...draft.inputs, { asset: each.path }])}
          >
            {trans.__('Asset %1', each.path)}
          </button>
        ))}
    </fieldset>
  );
}

function BatchFields(props: {
  draft: JobDraft;
  onChange: (part: Partial<JobDraft>) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { draft } = props;
  const limit = draft.max_errors;
  const most =
    limit === undefined ? '' : 'percent' in limit ? `${limit.percent}%` : `${limit.count}`;
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Check against schemas')}</span>
        <HTMLSelect
          value={draft.schemas ?? ''}
          onChange={event =>
            props.onChange({ schemas: (event.target.value || undefined) as JobDraft['schemas'] })
          }
        >
          <option value="">{trans.__('no')}</option>
          <option value="in">{trans.__('input')}</option>
          <option value="out">{trans.__('output')}</option>
          <option value="both">{trans.__('both')}</option>
        </HTMLSelect>
      </label>
      <Field
        label={trans.__('Workers')}
        hint={trans.__('1, or auto for one per core')}
        value={draft.workers === undefined ? '' : String(draft.workers)}
        onChange={value => props.onChange({ workers: workerCount(value) })}
      />
      <Field
        label={trans.__('Stop after errors')}
        hint="100 or 1%"
        value={most}
        onChange={value => props.onChange({ max_errors: errorLimit(value) })}
      />
      <Field
        label={trans.__('Only the first records')}
        hint={trans.__('all')}
        value={draft.limit === undefined ? '' : String(draft.limit)}
        onChange={value => props.onChange({ limit: /^[1-9]\d*$/.test(value) ? +value : undefined })}
      />
    </>
  );
}

function workerCount(text: string): JobDraft['workers'] {
  const word = text.trim().toLowerCase();
  return word === 'auto' ? 'auto' : /^[1-9]\d{0,2}$/.test(word) ? Number(word) : undefined;
}

function errorLimit(text: string): JobDraft['max_errors'] {
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (found === null) {
    return undefined;
  }
  return found[2] ? { percent: Number(found[1]) } : { count: Math.floor(Number(found[1])) };
}

function Parameters(props: {
  draft: JobDraft;
  onChange: (parameters: JobDraft['parameters']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const [text, setText] = React.useState(
    props.draft.parameters ? JSON.stringify(props.draft.parameters) : ''
  );
  const [isBad, setBad] = React.useState(false);
  const change = (value: string) => {
    setText(value);
    if (value.trim() === '') {
      setBad(false);
      props.onChange(undefined);
      return;
    }
    try {
      const found = JSON.parse(value);
      const isObject = typeof found === 'object' && found !== null && !Array.isArray(found);
      setBad(!isObject);
      if (isObject) {
        props.onChange(found);
      }
    } catch {
      setBad(true);
    }
  };
  return (
    <Field
      label={trans.__('Parameters')}
      hint='{"threshold": 0.5}'
      value={text}
      isBad={isBad}
      onChange={change}
    />
  );
}

function Field(props: {
  label: string;
  hint: string;
  value: string;
  isBad?: boolean;
  onChange: (value: string) => void;
}): JSX.Element {
  // What is typed stays as typed, be it not (yet) a value.
  const [text, setText] = React.useState(props.value);
  return (
    <label className="jp-modelop-field">
      <span>{props.label}</span>
      <input
        type="text"
        className="jp-mod-styled"
        placeholder={props.hint}
        spellCheck={false}
        aria-invalid={props.isBad}
        value={text}
        onChange={event => {
          setText(event.target.value);
          props.onChange(event.target.value);
        }}
      />
    </label>
  );
}
