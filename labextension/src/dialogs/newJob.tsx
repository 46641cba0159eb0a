import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { AssetRole, JobDraft, JobKind, JobRequest } from '../api/types';
import { ErrorMessage, TextButton } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { ModelOpContext, useModelOp } from '../state/context';
import { useModel } from '../state/queries';
import { ConnectionField, hasQuery, isQuery, pathOf } from './connectionField';
import { EngineField, lacksAddress } from './engineField';
import type { ListFolder } from './filePicker';
import { FilePicker } from './filePicker';
import { disableAccept, launchFormDialog } from './formDialog';
import { TextField } from './textField';
import { useDebouncedFetch } from './useDebouncedFetch';

/** The result of the new job dialog. */
export interface INewJob {
  /** The initial values of the next dialog. */
  readonly draft: JobDraft;
  readonly request: JobRequest;
  /** Whether to insert a cell with the job's magic, instead of submitting the job. */
  readonly asCell: boolean;
}

export interface INewJobOptions {
  readonly model: string;
  readonly kind: JobKind;
  /** The initial values of the form. */
  readonly initial: Partial<JobDraft>;
  /** Lists the files that may be an input. */
  readonly list: ListFolder;
  /** Whether a notebook is open that a cell can be inserted into. */
  readonly canInsertCell: boolean;
  /** The folder of that notebook, to which the paths in the cell are relative. */
  readonly folder: string;
}

const COMMON_OPTIONS = ['kind', 'model', 'inputs', 'parameters'] as const;

/** The other options of each kind of job; the server rejects options of another kind. */
const OPTIONS: Readonly<Record<JobKind, readonly (keyof JobDraft)[]>> = {
  batch: [
    'output',
    'schemas',
    'max_errors',
    'limit',
    'timeout',
    'record_timeout',
    'memory',
    'workers',
    'format',
    'engine'
  ],
  metrics: ['output', 'reference', 'timeout', 'memory', 'format', 'engine'],
  train: ['format', 'engine']
};

/** The roles of assets that are offered as inputs, beside queries. */
const DATA_ROLES: readonly AssetRole[] = [
  'TEST_DATA',
  'BASELINE_DATA',
  'COMPARATOR_DATA',
  'TRAINING_DATA'
];

/** Show the dialog of a new job, with an error of the previous attempt; return null on cancel. */
export async function newJobDialog(
  context: IModelOp,
  options: INewJobOptions,
  error: Error | null = null
): Promise<INewJob | null> {
  const { trans } = context;
  const { model, kind, canInsertCell } = options;
  const titles: Record<JobKind, string> = {
    batch: trans.__('Run a batch with %1', model),
    metrics: trans.__('Run the metrics of %1', model),
    train: trans.__('Train %1', model)
  };
  const insertButton = Dialog.createButton({
    label: trans.__('Insert as cell'),
    className: 'jp-modelop-quiet',
    actions: ['cell']
  });
  const form = new JobForm(context, options, error);
  const dialog = new Dialog<JobDraft>({
    title: titles[kind],
    body: form,
    buttons: [
      Dialog.cancelButton(),
      ...(canInsertCell ? [insertButton] : []),
      Dialog.okButton({ label: trans.__('Run') })
    ],
    defaultButton: canInsertCell ? 2 : 1,
    focusNodeSelector: 'button, input'
  });
  form.onDraft = draft => disableAccept(dialog.node, reasonNotToRun(draft, trans));
  const { button, value: draft } = await launchFormDialog(dialog);
  if (!button.accept || draft === null) {
    return null;
  }
  return { draft, request: requestOf(draft), asCell: button.actions.includes('cell') };
}

/** Return what is missing in a draft; null if nothing is. */
function reasonNotToRun(draft: JobDraft, trans: TranslationBundle): string | null {
  if (draft.inputs.length === 0) {
    return trans.__('Run waits for an input: choose a file or an asset');
  }
  if (hasQuery(draft) && !draft.connection) {
    return trans.__('Enter the connection of the query');
  }
  return lacksAddress(draft.engine) ? trans.__('Enter the address of the cluster') : null;
}

/** Return the request body of a draft: the options of its kind that are set. */
function requestOf(draft: JobDraft): JobRequest {
  const names = [...COMMON_OPTIONS, ...OPTIONS[draft.kind]];
  if (hasQuery(draft)) {
    names.push('connection');
  }
  const isSet = names.filter(name => draft[name] !== undefined);
  return Object.fromEntries(isSet.map(name => [name, draft[name]])) as JobRequest;
}

class JobForm extends ReactWidget implements Dialog.IBodyWidget<JobDraft> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _options: INewJobOptions,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
    const { model, kind, initial } = _options;
    this._draft = { inputs: [], ...initial, model, kind };
  }

  getValue(): JobDraft {
    return this._draft;
  }

  /** Called with the draft, now and whenever it changes. */
  set onDraft(callback: (draft: JobDraft) => void) {
    this._onDraft = callback;
    callback(this._draft);
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          options={this._options}
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
  options: INewJobOptions;
  draft: JobDraft;
  error: Error | null;
  onChange: (draft: JobDraft) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const { kind, folder } = props.options;
  const [draft, setDraft] = React.useState(props.draft);
  const { data: line, error } = useDebouncedFetch(
    draft.inputs.length > 0 ? () => client.magicLine(requestOf(draft), folder) : null,
    [client, draft, folder],
    { delay: 150, initialError: null }
  );
  // The line of a job that was refused may be right: its error stays until something is changed.
  const [refusal, setRefusal] = React.useState(props.error);
  const problem = error ?? refusal;
  const change = (values: Partial<JobDraft>) => {
    setRefusal(null);
    const next = { ...draft, ...values };
    setDraft(next);
    props.onChange(next);
  };
  return (
    <>
      <Inputs options={props.options} draft={draft} onChange={inputs => change({ inputs })} />
      {draft.inputs.length === 0 && (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {trans.__('Run waits for an input: choose a file or an asset')}
        </p>
      )}
      {hasQuery(draft) && (
        <ConnectionField
          connection={draft.connection}
          onChange={connection => change({ connection })}
        />
      )}
      {kind !== 'train' && (
        <TextField
          label={trans.__('Output')}
          placeholder={trans.__('A file (default: kept with the job)')}
          value={draft.output ?? ''}
          onChange={value => change({ output: value || undefined })}
        />
      )}
      {kind === 'batch' && <BatchFields draft={draft} onChange={change} />}
      <EngineField engine={draft.engine} onChange={engine => change({ engine })} />
      <Parameters draft={draft} onChange={parameters => change({ parameters })} />
      {problem && (
        <ErrorMessage
          error={problem}
          onOptions={([, format]) => change({ format: format as JobDraft['format'] })}
        />
      )}
      {draft.format && (
        <div className="jp-modelop-row">
          <span>{trans.__('Input is read as %1', draft.format)}</span>
          <TextButton
            label={trans.__('Read it as its name says')}
            onClick={() => change({ format: undefined })}
          />
        </div>
      )}
      {line && (
        <div className="jp-modelop-field">
          <span>{trans.__('Equivalent cell')}</span>
          <code className="jp-modelop-line">{line}</code>
        </div>
      )}
    </>
  );
}

function Inputs(props: {
  options: INewJobOptions;
  draft: JobDraft;
  onChange: (inputs: JobDraft['inputs']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { options, draft } = props;
  const model = useModel(options.model);
  const assets = (model.data?.assets ?? []).filter(
    ({ role, path }) =>
      (DATA_ROLES.includes(role) || isQuery(path)) &&
      !draft.inputs.some(input => pathOf(input) === path)
  );
  const [isChoosing, setChoosing] = React.useState(draft.inputs.length === 0);
  const addButton = React.useRef<HTMLButtonElement>(null);
  const wasChoosing = React.useRef(isChoosing);
  React.useEffect(() => {
    // The list that had the focus is removed; keyboard users continue here.
    if (wasChoosing.current && !isChoosing) {
      addButton.current?.focus();
    }
    wasChoosing.current = isChoosing;
  }, [isChoosing]);
  return (
    <fieldset>
      <legend>{trans.__('Input')}</legend>
      <ul className="jp-modelop-list">
        {draft.inputs.map((input, index) => (
          <li key={index} className="jp-modelop-row">
            <span className="jp-modelop-name">{pathOf(input)}</span>
            <button
              type="button"
              className="jp-modelop-link"
              aria-label={trans.__('Remove %1', pathOf(input))}
              onClick={() => props.onChange(draft.inputs.filter(other => other !== input))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {isChoosing ? (
        <FilePicker
          list={options.list}
          initialFolder={options.folder}
          onPick={path => {
            setChoosing(false);
            props.onChange([...draft.inputs, { path }]);
          }}
        />
      ) : (
        <button
          type="button"
          ref={addButton}
          className="jp-modelop-button jp-mod-styled jp-mod-reject"
          onClick={() => setChoosing(true)}
        >
          {trans.__('Add another file…')}
        </button>
      )}
      {assets.map(({ path }) => (
        <button
          key={path}
          type="button"
          className="jp-modelop-button jp-mod-styled jp-mod-reject"
          onClick={() => props.onChange([...draft.inputs, { asset: path }])}
        >
          {trans.__('Asset %1', path)}
        </button>
      ))}
    </fieldset>
  );
}

function BatchFields(props: {
  draft: JobDraft;
  onChange: (values: Partial<JobDraft>) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { draft } = props;
  const max = draft.max_errors;
  const maxErrors = max === undefined ? '' : 'percent' in max ? `${max.percent}%` : `${max.count}`;
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
      <TextField
        label={trans.__('Workers')}
        placeholder={trans.__('1, or auto for one per core')}
        value={draft.workers === undefined ? '' : String(draft.workers)}
        onChange={value => props.onChange({ workers: parseWorkers(value) })}
      />
      <TextField
        label={trans.__('Maximum errors')}
        placeholder={trans.__('100 or 1%')}
        value={maxErrors}
        onChange={value => props.onChange({ max_errors: parseMaxErrors(value) })}
      />
      <TextField
        label={trans.__('Maximum records')}
        placeholder={trans.__('all')}
        value={draft.limit === undefined ? '' : String(draft.limit)}
        onChange={value => props.onChange({ limit: /^[1-9]\d*$/.test(value) ? +value : undefined })}
      />
    </>
  );
}

/** Parse a number of workers; undefined for an invalid text. */
function parseWorkers(text: string): JobDraft['workers'] {
  const word = text.trim().toLowerCase();
  return word === 'auto' ? 'auto' : /^[1-9]\d{0,2}$/.test(word) ? Number(word) : undefined;
}

/** Parse a number or percentage of errors; undefined for an invalid text. */
function parseMaxErrors(text: string): JobDraft['max_errors'] {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (match === null) {
    return undefined;
  }
  return match[2] ? { percent: Number(match[1]) } : { count: Math.floor(Number(match[1])) };
}

function Parameters(props: {
  draft: JobDraft;
  onChange: (parameters: JobDraft['parameters']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const [text, setText] = React.useState(
    props.draft.parameters ? JSON.stringify(props.draft.parameters) : ''
  );
  const [isInvalid, setInvalid] = React.useState(false);
  const change = (value: string) => {
    setText(value);
    if (value.trim() === '') {
      setInvalid(false);
      props.onChange(undefined);
      return;
    }
    try {
      const parsed = JSON.parse(value);
      const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
      setInvalid(!isObject);
      if (isObject) {
        props.onChange(parsed);
      }
    } catch {
      setInvalid(true);
    }
  };
  return (
    <TextField
      label={trans.__('Parameters')}
      placeholder={trans.__('{"threshold": 0.5}')}
      value={text}
      isInvalid={isInvalid}
      onChange={change}
    />
  );
}
