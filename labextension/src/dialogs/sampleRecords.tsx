import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { FormField, RecordForm } from '../api/types';
import { ErrorMessage, IconButton, TextButton } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { ModelOpContext, useModelOp } from '../state/context';
import { disableAccept, launchFormDialog } from './formDialog';
import type { IFieldProblem, ITypedRecords } from './recordFields';
import { initialTexts, MOST_RECORDS, readRecords } from './recordFields';

/** Records that were typed, and their texts, with which the dialog can be shown again. */
export interface ISampleRecords {
  readonly typed: ITypedRecords;
  readonly records: readonly unknown[];
}

/** Show the form in which the records of a first run are typed; return null on cancel. */
export async function sampleRecordsDialog(
  context: IModelOp,
  options: { model: string; form: RecordForm; typed?: ITypedRecords; error?: Error | null }
): Promise<ISampleRecords | null> {
  const { trans } = context;
  const { form, model } = options;
  const body = new RecordsForm(context, form, options.typed, options.error ?? null);
  const dialog: Dialog<ITypedRecords> = new Dialog({
    title: trans.__('Run %1 on sample records', model),
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Run') })],
    focusNodeSelector: 'input, select, textarea'
  });
  body.onRefusal = refusal => disableAccept(dialog.node, refusal);
  const { button, value: typed } = await launchFormDialog(dialog);
  if (!button.accept || typed === null) {
    return null;
  }
  return { typed, records: readRecords(form, typed, trans).records };
}

class RecordsForm extends ReactWidget implements Dialog.IBodyWidget<ITypedRecords> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _form: RecordForm,
    typed: ITypedRecords | undefined,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
    this._typed = typed ?? initialTexts(_form);
  }

  getValue(): ITypedRecords {
    return this._typed;
  }

  /** Called with the reason why the records cannot be used, and with null when they can. */
  onRefusal: (refusal: string | null) => void = () => undefined;

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          form={this._form}
          typed={this._typed}
          error={this._error}
          onChange={typed => {
            this._typed = typed;
          }}
          onRefusal={refusal => this.onRefusal(refusal)}
        />
      </ModelOpContext.Provider>
    );
  }

  private _typed: ITypedRecords;
}

function Form(props: {
  form: RecordForm;
  typed: ITypedRecords;
  error: Error | null;
  onChange: (typed: ITypedRecords) => void;
  onRefusal: (refusal: string | null) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { form, error } = props;
  const [typed, setTyped] = React.useState(props.typed);
  const { problems } = readRecords(form, typed, trans);
  const refusal = problems.length > 0 ? sentence(problems[0], trans) : null;
  React.useEffect(() => props.onRefusal(refusal), [refusal]);
  const change = (next: Partial<ITypedRecords>) => {
    const changed = { ...typed, ...next };
    setTyped(changed);
    props.onChange(changed);
  };
  return (
    <>
      <p className="jp-modelop-muted">{origin(form, trans)}</p>
      {error && <ErrorMessage error={error} />}
      {form.fields.length > 0 ? (
        <RecordTable
          form={form}
          texts={typed.texts}
          problems={problems}
          onChange={texts => change({ texts })}
        />
      ) : (
        <textarea
          className="jp-mod-styled jp-modelop-json"
          aria-label={trans.__('Records as JSON')}
          aria-invalid={problems.length > 0}
          rows={6}
          spellCheck={false}
          value={typed.json}
          onChange={event => change({ json: event.target.value })}
        />
      )}
      <p
        className={refusal === null ? 'jp-modelop-muted' : 'jp-modelop-warn jp-mod-error'}
        role="status"
      >
        {refusal ?? trans.__('The job opens in a tab, with its result.')}
      </p>
    </>
  );
}

/** One row for each field, and one column for each record. */
function RecordTable(props: {
  form: RecordForm;
  texts: ITypedRecords['texts'];
  problems: readonly IFieldProblem[];
  onChange: (texts: ITypedRecords['texts']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { form, texts, problems, onChange } = props;
  const set = (record: number, field: number, text: string) =>
    onChange(
      texts.map((row, each) =>
        each === record ? row.map((old, index) => (index === field ? text : old)) : row
      )
    );
  return (
    <>
      <div className="jp-modelop-scroll">
        <table className="jp-modelop-recordForm">
          <thead>
            <tr>
              <th scope="col">{trans.__('Field')}</th>
              {texts.map((_, record) => (
                <th key={record} scope="col">
                  {trans.__('Record %1', record + 1)}
                  {texts.length > 1 && (
                    <IconButton
                      icon={closeIcon}
                      label={trans.__('Remove record %1', record + 1)}
                      onClick={() => onChange(texts.filter((__, each) => each !== record))}
                    />
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {form.fields.map((field, index) => (
              <tr key={field.name}>
                <th scope="row">
                  {field.name} <span className="jp-modelop-muted">{kindOf(field, trans)}</span>
                </th>
                {texts.map((row, record) => (
                  <td key={record}>
                    <FieldInput
                      field={field}
                      label={trans.__('%1 of record %2', field.name, record + 1)}
                      text={row[index]}
                      isInvalid={problems.some(
                        problem => problem.record === record && problem.name === field.name
                      )}
                      onChange={text => set(record, index, text)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {texts.length < MOST_RECORDS && (
        <div>
          <TextButton
            label={trans.__('Add a record')}
            onClick={() => onChange([...texts, texts[texts.length - 1]])}
          />
        </div>
      )}
    </>
  );
}

function FieldInput(props: {
  field: FormField;
  label: string;
  text: string;
  isInvalid: boolean;
  onChange: (text: string) => void;
}): JSX.Element {
  const { field, label, text, isInvalid, onChange } = props;
  const choices = field.kind === 'boolean' ? ['true', 'false'] : (field.choices ?? []);
  if (choices.length > 0) {
    return (
      <select
        className="jp-mod-styled"
        aria-label={label}
        aria-invalid={isInvalid}
        value={text}
        onChange={event => onChange(event.target.value)}
      >
        <option value=""></option>
        {choices.map(choice => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      type="text"
      className="jp-mod-styled"
      inputMode={field.kind === 'number' || field.kind === 'integer' ? 'decimal' : undefined}
      spellCheck={false}
      aria-label={label}
      aria-invalid={isInvalid}
      value={text}
      onChange={event => onChange(event.target.value)}
    />
  );
}

function origin({ origin: from, name }: RecordForm, trans: TranslationBundle): string {
  switch (from) {
    case 'schema':
      return trans.__('The fields are those of the schema %1.', name);
    case 'table':
      return trans.__('Fields and values are those of the DataFrame %1.', name);
    default:
      return trans.__(
        'Neither a schema nor a DataFrame of the notebook names the fields: type one record as JSON, or a list of at most %1.',
        MOST_RECORDS
      );
  }
}

function kindOf({ kind, is_nullable: isNullable }: FormField, trans: TranslationBundle): string {
  const kinds: Record<FormField['kind'], string> = {
    integer: trans.__('whole number'),
    number: trans.__('number'),
    text: trans.__('text'),
    boolean: trans.__('true or false'),
    json: trans.__('JSON')
  };
  return isNullable ? trans.__('%1, may be empty', kinds[kind]) : kinds[kind];
}

function sentence({ record, name, text }: IFieldProblem, trans: TranslationBundle): string {
  return name === null
    ? trans.__('Run waits for records: %1.', text)
    : trans.__('Run waits for %1 of record %2: %3.', name, record + 1, text);
}
