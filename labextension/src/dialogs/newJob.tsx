import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobDraft, JobKind, JobRequest } from '../api/types';
import { ErrorMessage, TextButton } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { ModelOpContext, useModelOp } from '../state/context';
import { ConnectionField, hasQuery } from './connectionField';
import { lacksAddress } from './engineField';
import { ExpectationFields } from './expectationFields';
import type { ListFolder } from './filePicker';
import { disableAccept, launchFormDialog } from './formDialog';
import { InputFields } from './inputFields';
import type { Mistakes } from './limitFields';
import { LimitFields } from './limitFields';
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
    'retry',
    'retry_on',
    'cpu_time',
    'memory',
    'workers',
    'format',
    'engine'
  ],
  metrics: ['output', 'reference', 'timeout', 'cpu_time', 'memory', 'expect', 'format', 'engine'],
  train: ['format', 'engine']
};

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
  form.onDraft = (draft, mistakes) =>
    disableAccept(dialog.node, reasonNotToRun(draft, mistakes, trans));
  const { button, value: draft } = await launchFormDialog(dialog);
  if (!button.accept || draft === null) {
    return null;
  }
  return { draft, request: requestOf(draft), asCell: button.actions.includes('cell') };
}

/** Return what is missing or wrong in a draft; null if nothing is. */
function reasonNotToRun(
  draft: JobDraft,
  mistakes: Mistakes,
  trans: TranslationBundle
): string | null {
  if (draft.inputs.length === 0) {
    return trans.__('Run waits for an input: choose a file or an asset');
  }
  if (hasQuery(draft) && !draft.connection) {
    return trans.__('Enter the connection of the query');
  }
  if (lacksAddress(draft.engine)) {
    return trans.__('Enter the address of the cluster');
  }
  return [...mistakes.values()][0] ?? null;
}

/** Return the request body of a draft: the options of its kind that are set. */
function requestOf(draft: JobDraft): JobRequest {
  const names = [...COMMON_OPTIONS, ...OPTIONS[draft.kind]];
  if (hasQuery(draft)) {
    names.push('connection');
  }
  if (draft.kind === 'metrics' && draft.expect) {
    names.push('against');
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

  /** Called with the draft and what is wrong in its fields, now and whenever they change. */
  set onDraft(callback: (draft: JobDraft, mistakes: Mistakes) => void) {
    this._onDraft = callback;
    callback(this._draft, new Map());
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          options={this._options}
          draft={this._draft}
          error={this._error}
          onChange={(draft, mistakes) => {
            this._draft = draft;
            this._onDraft(draft, mistakes);
          }}
        />
      </ModelOpContext.Provider>
    );
  }

  private _draft: JobDraft;
  private _onDraft: (draft: JobDraft, mistakes: Mistakes) => void = () => undefined;
}

function Form(props: {
  options: INewJobOptions;
  draft: JobDraft;
  error: Error | null;
  onChange: (draft: JobDraft, mistakes: Mistakes) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const { kind, folder } = props.options;
  const [draft, setDraft] = React.useState(props.draft);
  const [mistakes, setMistakes] = React.useState<Mistakes>(new Map());
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
    setDraft(before => ({ ...before, ...values }));
  };
  const onMistake = (name: keyof JobDraft, mistake: string | null) =>
    setMistakes(before => {
      const others = [...before].filter(([other]) => other !== name);
      return new Map(mistake === null ? others : [...others, [name, mistake]]);
    });
  React.useEffect(() => props.onChange(draft, mistakes), [draft, mistakes]);
  return (
    <>
      <InputFields
        {...props.options}
        legend={trans.__('Input')}
        inputs={draft.inputs}
        takesQueries={true}
        onChange={inputs => change({ inputs })}
      />
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
      {kind === 'batch' && <SchemasField draft={draft} onChange={change} />}
      <Parameters
        draft={draft}
        isInvalid={mistakes.has('parameters')}
        onChange={parameters => change({ parameters })}
        onMistake={mistake => onMistake('parameters', mistake)}
      />
      {kind === 'metrics' && <ExpectationFields draft={draft} onChange={change} />}
      <LimitFields draft={draft} mistakes={mistakes} onChange={change} onMistake={onMistake} />
      {[...mistakes.values()].map(mistake => (
        <p key={mistake} className="jp-modelop-muted jp-mod-error" role="status">
          {mistake}
        </p>
      ))}
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

function SchemasField(props: {
  draft: JobDraft;
  onChange: (values: Partial<JobDraft>) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { draft } = props;
  return (
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
  );
}

function Parameters(props: {
  draft: JobDraft;
  isInvalid: boolean;
  onChange: (parameters: JobDraft['parameters']) => void;
  onMistake: (mistake: string | null) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const [text, setText] = React.useState(
    props.draft.parameters ? JSON.stringify(props.draft.parameters) : ''
  );
  const change = (value: string) => {
    setText(value);
    const parsed = value.trim() === '' ? undefined : parseObject(value);
    props.onMistake(
      parsed === null ? trans.__('Parameters: enter an object such as {"threshold": 0.5}') : null
    );
    props.onChange(parsed ?? undefined);
  };
  return (
    <TextField
      label={trans.__('Parameters')}
      placeholder={trans.__('{"threshold": 0.5}')}
      value={text}
      isInvalid={props.isInvalid}
      onChange={change}
    />
  );
}

/** Parse a JSON object; null for any other text. */
function parseObject(text: string): JobDraft['parameters'] | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as JobDraft['parameters']) : null;
  } catch {
    return null;
  }
}
