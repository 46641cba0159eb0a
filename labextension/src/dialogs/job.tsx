import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Problem } from '../components/parts';
import type { IModelOp } from '../context';
import { ModelOpContext, useLive, useModelOp } from '../context';
import type { JobKind, JobWish } from '../types';

/** What the form of a new job came to. */
export interface IJobChoice {
  readonly wish: JobWish;
  /** Whether the line is wanted in a cell instead of a job. */
  readonly asCell: boolean;
}

/** Where the form gets its files from, and where it begins. */
export interface IJobStart {
  readonly model: string;
  readonly kind: JobKind;
  /** What was chosen the last time. */
  readonly last: Partial<JobWish>;
  /** Lets the person choose a file of the server; null when it was called off. */
  readonly chooseFile: () => Promise<string | null>;
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
    displayType: 'default',
    actions: ['cell']
  });
  const dialog = new Dialog<JobWish>({
    title: titles[start.kind],
    body: new JobForm(context, start, error),
    buttons: [Dialog.cancelButton(), cell, Dialog.okButton({ label: trans.__('Run') })],
    defaultButton: 2,
    focusNodeSelector: 'input, button'
  });
  dialog.addClass('jp-modelop-dialog');
  const answer = await dialog.launch();
  if (!answer.button.accept || answer.value === null) {
    return null;
  }
  return { wish: answer.value, asCell: answer.button.actions.includes('cell') };
}

class JobForm extends ReactWidget implements Dialog.IBodyWidget<JobWish> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _start: IJobStart,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
    const { model, kind, last } = _start;
    this._wish = { inputs: [], ...last, model, kind };
  }

  getValue(): JobWish {
    return this._wish;
  }

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          start={this._start}
          wish={this._wish}
          error={this._error}
          onChange={wish => {
            this._wish = wish;
          }}
        />
      </ModelOpContext.Provider>
    );
  }

  private _wish: JobWish;
}

function Form(props: {
  start: IJobStart;
  wish: JobWish;
  error: Error | null;
  onChange: (wish: JobWish) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const { start } = props;
  const [wish, setWish] = React.useState(props.wish);
  const [line, setLine] = React.useState('');
  const [error, setError] = React.useState(props.error);
  const change = (part: Partial<JobWish>) => {
    const next = { ...wish, ...part };
    setWish(next);
    props.onChange(next);
  };
  React.useEffect(() => {
    let isGone = false;
    if (wish.inputs.length === 0) {
      setLine('');
      return;
    }
    const timer = window.setTimeout(async () => {
      try {
        const found = await client.line(wish, start.folder);
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
  }, [client, wish, start.folder]);
  return (
    <>
      <Inputs start={start} wish={wish} onChange={inputs => change({ inputs })} />
      {start.kind !== 'train' && (
        <Field
          label={trans.__('Output')}
          hint={trans.__('A file; without one the job keeps it')}
          value={wish.output ?? ''}
          onChange={value => change({ output: value || undefined })}
        />
      )}
      {start.kind === 'batch' && <BatchFields wish={wish} onChange={change} />}
      <Parameters wish={wish} onChange={parameters => change({ parameters })} />
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
  wish: JobWish;
  onChange: (inputs: JobWish['inputs']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { start, wish } = props;
  const assets = useLive(`model ${start.model}`, ['models'], client => client.model(start.model));
  const data = (assets.value?.assets ?? []).filter(each => DATA_ROLES.includes(each.role));
  const name = (each: JobWish['inputs'][number]) => ('path' in each ? each.path : each.asset);
  const choose = async () => {
    const path = await start.chooseFile();
    if (path !== null) {
      props.onChange([...wish.inputs, { path }]);
    }
  };
  return (
    <fieldset>
      <legend>{trans.__('Input')}</legend>
      <ul className="jp-modelop-list">
        {wish.inputs.map((each, index) => (
          <li key={index} className="jp-modelop-row">
            <span className="jp-modelop-name">{name(each)}</span>
            <button
              type="button"
              className="jp-modelop-link"
              aria-label={trans.__('Leave out %1', name(each))}
              onClick={() => props.onChange(wish.inputs.filter((_, at) => at !== index))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        className="jp-modelop-button jp-mod-styled jp-mod-reject"
        onClick={() => void choose()}
      >
        {trans.__('Choose a file…')}
      </button>
      {data
        .filter(each => !wish.inputs.some(given => name(given) === each.path))
        .map(each => (
          <button
            key={each.path}
            type="button"
            className="jp-modelop-button jp-mod-styled jp-mod-reject"
            onClick={() => props.onChange([...wish.inputs, { asset: each.path }])}
          >
            {trans.__('Asset %1', each.path)}
          </button>
        ))}
    </fieldset>
  );
}

function BatchFields(props: {
  wish: JobWish;
  onChange: (part: Partial<JobWish>) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { wish } = props;
  const limit = wish.max_errors;
  const most =
    limit === undefined ? '' : 'percent' in limit ? `${limit.percent}%` : `${limit.count}`;
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Check against schemas')}</span>
        <select
          className="jp-mod-styled"
          value={wish.schemas ?? ''}
          onChange={event =>
            props.onChange({ schemas: (event.target.value || undefined) as JobWish['schemas'] })
          }
        >
          <option value="">{trans.__('no')}</option>
          <option value="in">{trans.__('input')}</option>
          <option value="out">{trans.__('output')}</option>
          <option value="both">{trans.__('both')}</option>
        </select>
      </label>
      <Field
        label={trans.__('Stop after errors')}
        hint="100 or 1%"
        value={most}
        onChange={value => props.onChange({ max_errors: errorLimit(value) })}
      />
      <Field
        label={trans.__('Only the first records')}
        hint={trans.__('all')}
        value={wish.limit === undefined ? '' : String(wish.limit)}
        onChange={value => props.onChange({ limit: /^[1-9]\d*$/.test(value) ? +value : undefined })}
      />
    </>
  );
}

function errorLimit(text: string): JobWish['max_errors'] {
  const found = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (found === null) {
    return undefined;
  }
  return found[2] ? { percent: Number(found[1]) } : { count: Math.floor(Number(found[1])) };
}

function Parameters(props: {
  wish: JobWish;
  onChange: (parameters: JobWish['parameters']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const [text, setText] = React.useState(
    props.wish.parameters ? JSON.stringify(props.wish.parameters) : ''
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
