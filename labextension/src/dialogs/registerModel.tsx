import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Preview, Registration, RegistrationRequest, ValueQuery } from '../api/types';
import { Badge, ErrorMessage, TextButton } from '../components/primitives';
import type { KernelValues, ValueFacts } from '../jupyter/kernelValues';
import type { IModelOp } from '../state/context';
import { ModelOpContext, useModelOp } from '../state/context';
import { askUntilDone, disableAccept, launchFormDialog } from './formDialog';
import type { ChosenFunctions, IFileChoice } from './registrationFields';
import { RegistrationDifferences } from './registrationDifferences';
import {
  EditedCells,
  FileChoices,
  FrozenValues,
  FUNCTION_KINDS,
  FunctionChoices,
  RequirementsField,
  ValueFiles
} from './registrationFields';
import { TextField } from './textField';
import { useDebouncedFetch } from './useDebouncedFetch';

/** The source of a model: a notebook, with its executed cells if its kernel has run any; else a path. */
export type RegistrationSource = Pick<
  RegistrationRequest,
  'notebook' | 'cells' | 'current' | 'kernel' | 'path'
>;

/** Where the dialog's model comes from. */
export interface IRegistrationOptions {
  readonly name: string;
  readonly source: RegistrationSource;
  /** Run cells of the notebook, by their ids, and return its source then. */
  readonly runCells: (ids: readonly string[]) => Promise<RegistrationSource>;
  /** Ask the kernel of the notebook for the values of variables. */
  readonly readValues: (query: ValueQuery) => Promise<KernelValues>;
  /** Have the kernel write a value to a file, as a preview says. */
  readonly saveValue: (expression: string) => Promise<ValueFacts>;
}

/** What the dialog has registered; `functions` are those that were chosen in it. */
export interface IRegistered {
  readonly registration: Registration;
  readonly functions: ChosenFunctions;
}

/** The values of the form: the request, and what the user decided against the suggestions. */
interface IFormValues {
  readonly request: RegistrationRequest;
  readonly files: ReadonlyMap<string, IFileChoice>;
  readonly infers?: boolean;
  readonly frozen: ReadonlyMap<string, boolean>;
  readonly valueFiles: ReadonlyMap<string, boolean>;
}

/** What was fetched for a request: its preview, and the kernel's values that this asks for. */
interface IFetched {
  readonly request: RegistrationRequest;
  readonly preview: Preview;
  readonly read: KernelValues;
}

/** A preview with its packages resolved, and the one that was shown before. */
interface IResolved {
  readonly of: Preview;
  readonly preview: Preview;
}

/** Show the registration dialog with a preview, and register the model; return null on cancel. */
export async function registerDialog(
  context: IModelOp,
  options: IRegistrationOptions
): Promise<IRegistered | null> {
  const { client, trans } = context;
  const first: IFormValues = {
    request: { ...options.source, name: options.name },
    files: new Map(),
    frozen: new Map(),
    valueFiles: new Map()
  };
  return askUntilDone(
    async (before: IFormValues | null, error) => {
      const form = new RegisterForm(context, options, before ?? first, error);
      const dialog: Dialog<IFormValues> = new Dialog({
        title: trans.__('Register a model'),
        body: form,
        buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Register') })],
        focusNodeSelector: 'input'
      });
      form.onRefusal = refusal => disableAccept(dialog.node, refusal);
      const { button, value } = await launchFormDialog(dialog);
      return button.accept ? value : null;
    },
    async ({ request }) => {
      const registration = await client.register({ ...request, is_settled: true });
      return { registration, functions: request.functions ?? {} };
    }
  );
}

class RegisterForm extends ReactWidget implements Dialog.IBodyWidget<IFormValues> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _options: IRegistrationOptions,
    private _values: IFormValues,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
  }

  getValue(): IFormValues {
    return this._values;
  }

  /** Called with the reason why nothing can be registered now, and with null when it can. */
  onRefusal: (refusal: string | null) => void = () => undefined;

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          options={this._options}
          values={this._values}
          error={this._error}
          onChange={values => {
            this._values = values;
          }}
          onRefusal={refusal => this.onRefusal(refusal)}
        />
      </ModelOpContext.Provider>
    );
  }
}

function Form(props: {
  options: IRegistrationOptions;
  values: IFormValues;
  error: Error | null;
  onChange: (values: IFormValues) => void;
  onRefusal: (refusal: string | null) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const [values, setValues] = React.useState(props.values);
  const { request, files } = values;
  const { data: fetched, error } = useDebouncedFetch<IFetched>(
    async () => {
      const made = await client.preview(request);
      const read = made.unread ? await props.options.readValues(made.unread) : {};
      return { request, preview: made, read };
    },
    [client, request],
    { delay: 250, initialError: null }
  );
  // The preview of what was refused may be right: its error stays until something is changed.
  const [refused, setRefused] = React.useState(props.error);
  const problem = error ?? refused;
  const preview = fetched?.preview ?? null;
  // Resolving takes seconds: it begins when the form rests, and the rest is shown meanwhile.
  const isOpen = preview?.diff && preview.unresolved;
  const { data: resolved, error: unresolved } = useDebouncedFetch<IResolved>(
    isOpen
      ? async () => ({
          of: preview,
          preview: await client.preview({ ...fetched!.request, resolves: true })
        })
      : null,
    [client, fetched],
    { delay: 750, initialError: null }
  );
  const isResolved = resolved !== null && resolved.of === preview;
  const latest = React.useRef(values);
  const set = (next: IFormValues) => {
    latest.current = next;
    setValues(next);
    props.onChange(next);
  };
  // Of what is in the form by then: while cells run or a value is written, other fields may change.
  const choose = (next: (now: IFormValues) => Partial<IFormValues>) => {
    setRefused(null);
    set(withSuggestions({ ...latest.current, ...next(latest.current) }, preview));
  };
  const change = (next: Partial<RegistrationRequest>) =>
    choose(now => ({ request: { ...now.request, ...next } }));
  const refusal = preview?.refusal ?? null;
  // With what is shown, not some time after it: what is chosen or typed in between would be undone.
  React.useLayoutEffect(() => {
    const next = withSuggestions(withRead(latest.current, fetched?.read ?? {}), preview);
    if (JSON.stringify(next.request) !== JSON.stringify(latest.current.request)) {
      set(next);
    }
    props.onRefusal(refusal);
  }, [fetched]);
  // Values that the kernel is asked for, or that are ticked by now, may mend it.
  const isMended = preview?.refusal_code === 'unresolved_name' && fetched?.request !== request;
  return (
    <>
      <NameField preview={preview} name={request.name} onChange={name => change({ name })} />
      <TextField
        label={trans.__('Description')}
        value={request.description ?? ''}
        hasSpellCheck={true}
        onChange={text => change({ description: text || undefined })}
      />
      <TextField
        label={trans.__('Python')}
        placeholder={
          request.path === undefined
            ? trans.__('This notebook’s Python, or a version like 3.12')
            : trans.__('That of the files, or a version like 3.12')
        }
        value={request.python ?? ''}
        onChange={text => change({ python: text || undefined })}
      />
      {preview?.python_to_install && (
        <label>
          <input
            type="checkbox"
            checked={request.installs_python ?? false}
            onChange={event => change({ installs_python: event.target.checked || undefined })}
          />{' '}
          {trans.__(
            'Python %1 is not on this machine: have uv install it',
            preview.python_to_install
          )}
        </label>
      )}
      <TextField
        label={trans.__('Packages as of')}
        placeholder={trans.__('Today, a day like 2024-01-31, or git for the last commit')}
        value={request.as_of ?? ''}
        onChange={text => change({ as_of: text || undefined })}
      />
      {problem && <ErrorMessage error={problem} />}
      {preview?.refusal && !isMended && (
        <div className="jp-modelop-problem jp-mod-error" role="alert">
          {refusalText(preview, request.frozen ?? [], request.value_files ?? {}, trans)}
        </div>
      )}
      {preview && (
        <>
          <FunctionChoices
            preview={preview}
            chosen={request.functions ?? {}}
            onChoose={(kind, name) => change({ functions: { ...request.functions, [kind]: name } })}
          />
          <EditedCells
            preview={preview}
            onRun={async ids =>
              change({ ...(await props.options.runCells(ids)), values: undefined })
            }
          />
          <FrozenValues
            preview={preview}
            taken={request.frozen ?? []}
            onTake={(name, isTaken) =>
              choose(now => ({ frozen: new Map(now.frozen).set(name, isTaken) }))
            }
          />
          <ValueFiles
            preview={preview}
            taken={request.value_files ?? {}}
            onTake={(name, isTaken) =>
              choose(now => ({ valueFiles: new Map(now.valueFiles).set(name, isTaken) }))
            }
            onSave={async ({ name, saving }) => {
              const file = await props.options.saveValue(saving);
              // Other fields may have changed while the kernel wrote.
              set(withRead(latest.current, { [name]: { reason: '', file } }));
            }}
          />
          <RequirementsField
            preview={preview}
            hasNotebook={request.path === undefined}
            isOfKernel={request.kernel !== undefined}
            isOfDay={request.as_of !== undefined && request.as_of !== 'now'}
            isTaken={request.infers ?? false}
            onTake={infers => choose(() => ({ infers }))}
          />
          <FileChoices
            preview={preview}
            choices={files}
            onChoose={(path, choice) =>
              choose(now => ({ files: new Map(now.files).set(path, choice) }))
            }
          />
          <PreviewDetails
            preview={preview}
            infers={request.infers ?? false}
            resolved={isResolved ? resolved.preview : null}
            isResolving={Boolean(isOpen) && !isResolved && unresolved === null}
          />
        </>
      )}
    </>
  );
}

/** Return why nothing can be registered, in the form's own words where a choice in it mends that. */
function refusalText(
  preview: Preview,
  frozen: readonly string[],
  loaded: Readonly<Record<string, string>>,
  trans: TranslationBundle
): string {
  const code = preview.refusal_code;
  if (code === 'no_source' && preview.options.some(({ kind }) => kind !== 'init')) {
    return trans.__('No function is tagged. Choose the one that a job shall call.');
  }
  if (code === 'smart_tag' && preview.options.some(({ is_tagged: isTagged }) => isTagged)) {
    return trans.__('More than one function is tagged. Choose the one that a job shall call.');
  }
  const unsaved = (preview.value_files ?? []).filter(({ name }) => !(name in loaded));
  if (code === 'unresolved_name' && unsaved.length > 0) {
    return trans.__(
      'The model needs %1. Save each as a file, which the module loads.',
      unsaved.map(({ name }) => name).join(', ')
    );
  }
  const unticked = (preview.frozen ?? []).filter(({ name }) => !frozen.includes(name));
  if (code === 'unresolved_name' && unticked.length > 0) {
    return trans.__(
      'The model needs %1. Tick the value, or save it as a file and load it in init.',
      unticked.map(({ name }) => name).join(', ')
    );
  }
  return preview.refusal ?? '';
}

/** Return the form's values with what the kernel has told of its variables. */
function withRead(values: IFormValues, read: KernelValues): IFormValues {
  const { request } = values;
  return Object.keys(read).length > 0
    ? { ...values, request: { ...request, values: { ...request.values, ...read } } }
    : values;
}

/** Return the form's values with the files, requirements and literals that are suggested or chosen. */
function withSuggestions(values: IFormValues, preview: Preview | null): IFormValues {
  if (preview === null) {
    return values;
  }
  const assets = preview.proposals
    .filter(({ path, is_suggested: isSuggested }) => values.files.get(path)?.isTaken ?? isSuggested)
    .map(({ path, role }) => ({ path, role: values.files.get(path)?.role ?? role }));
  const plan = preview.requirements;
  const infers = plan !== null && (values.infers ?? plan.is_suggested);
  const frozen = (preview.frozen ?? [])
    .filter(({ name }) => values.frozen.get(name) ?? true)
    .map(({ name }) => name);
  const loaded = (preview.value_files ?? [])
    .filter(({ name, is_there: isThere }) => isThere && (values.valueFiles.get(name) ?? true))
    .map(({ name, path }) => [name, path]);
  const valueFiles = loaded.length > 0 ? Object.fromEntries(loaded) : undefined;
  const request = { ...values.request, assets, infers, frozen, value_files: valueFiles };
  return { ...values, request };
}

/** The field of the name, and the model that may be meant by it. */
function NameField(props: {
  preview: Preview | null;
  name: string;
  onChange: (name: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  // The field keeps its text as it is typed: another key makes it anew.
  const [taken, setTaken] = React.useState(props.name);
  const similar = props.preview?.similar;
  return (
    <>
      <TextField
        key={taken}
        label={trans.__('Name')}
        value={props.name}
        onChange={props.onChange}
      />
      {similar && props.preview?.name === props.name && (
        <div className="jp-modelop-row jp-modelop-warn">
          <span>{trans.__('This will be a new model. Do you mean %1?', similar)}</span>
          <TextButton
            label={trans.__('Use %1', similar)}
            onClick={() => {
              setTaken(similar);
              props.onChange(similar);
            }}
          />
        </div>
      )}
    </>
  );
}

/** What the registration would record: entry points, changes, and the source. */
function PreviewDetails(props: {
  preview: Preview;
  infers: boolean;
  /** The same with its packages resolved, null until they are. */
  resolved: Preview | null;
  isResolving: boolean;
}): JSX.Element {
  const { trans } = useModelOp();
  const { preview, infers, resolved, isResolving } = props;
  const { diff } = resolved ?? preview;
  const entryPoints = FUNCTION_KINDS.filter(kind => preview.entry_points[kind]);
  const hasJob = entryPoints.some(kind => kind !== 'init');
  const edits = preview.edited.map(({ number }) => `cell ${number} was edited since it ran`);
  // The edited cells are shown with their diffs.
  const warnings = preview.warnings.filter(text => !edits.some(edit => text.startsWith(edit)));
  return (
    <div className="jp-modelop-preview">
      <div className="jp-modelop-row">
        {entryPoints.map(kind => (
          <Badge key={kind} kind="plain" text={`${kind}: ${preview.entry_points[kind]}`} />
        ))}
        {!hasJob && <Badge kind="warn" text={trans.__('no function that a job can call')} />}
        <span className="jp-modelop-muted">
          {preview.created
            ? trans.__('a new model')
            : preview.changes.length === 0
              ? trans.__('no changes')
              : preview.changes.join(', ')}
        </span>
      </div>
      {warnings.map(warning => (
        <p key={warning} className="jp-modelop-warn">
          {warning}
        </p>
      ))}
      {(infers ? [] : preview.missing).map(({ asset, line, module }) => (
        <p key={`${asset} ${line} ${module}`} className="jp-modelop-warn">
          {trans.__('%1 is imported (line %2), but no requirement provides it', module, line)}
        </p>
      ))}
      {diff && preview.changes.length > 0 && (
        <RegistrationDifferences
          diff={diff}
          preview={resolved ?? preview}
          isResolving={isResolving}
        />
      )}
      {preview.source !== null && (
        <details open={preview.created || preview.changes.length === 0}>
          <summary>{trans.__('Source to be registered')}</summary>
          <pre tabIndex={0} className="jp-modelop-source">
            {preview.source}
          </pre>
        </details>
      )}
    </div>
  );
}
