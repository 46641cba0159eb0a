import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { FormField, RecordForm } from '../api/types';
import { IconButton, TextButton } from '../components/primitives';
import { useModelOp } from '../state/context';
import type { IFieldProblem, ITypedRecords } from './recordFields';
import { MOST_RECORDS } from './recordFields';

/** Where records are typed: a table of the form's fields, or JSON where it has none. */
export function RecordsField(props: {
  form: RecordForm;
  typed: ITypedRecords;
  problems: readonly IFieldProblem[];
  onChange: (typed: ITypedRecords) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { form, typed, problems, onChange } = props;
  return (
    <>
      <p className="jp-modelop-muted">{origin(form, trans)}</p>
      {form.fields.length > 0 ? (
        <RecordTable
          form={form}
          texts={typed.texts}
          problems={problems}
          onChange={texts => onChange({ ...typed, texts })}
        />
      ) : (
        <textarea
          className="jp-mod-styled jp-modelop-json"
          aria-label={trans.__('Records as JSON')}
          aria-invalid={problems.length > 0}
          rows={6}
          spellCheck={false}
          value={typed.json}
          onChange={event => onChange({ ...typed, json: event.target.value })}
        />
      )}
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
