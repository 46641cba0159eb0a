import type { TranslationBundle } from '@jupyterlab/translation';
import type { FormField, RecordForm } from '../api/types';

/** How many records a form has at most. */
export const MOST_RECORDS = 5;

/** What is typed into a form: the texts of the fields of each record, or records as JSON. */
export interface ITypedRecords {
  readonly texts: readonly (readonly string[])[];
  readonly json: string;
}

/** A field that cannot be used as it is; `record` counts from 0, `name` is null for JSON. */
export interface IFieldProblem {
  readonly record: number;
  readonly name: string | null;
  readonly text: string;
}

const WHOLE = /^[+-]?[0-9]+$/;
const NUMBER = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i;

/** Return what a form shows at first. */
export function initialTexts({ fields, records }: RecordForm): ITypedRecords {
  const rows = records as readonly Record<string, unknown>[];
  const texts = rows.map(record => fields.map(field => textOf(field, record[field.name])));
  return { texts, json: JSON.stringify(rows[0] ?? {}) };
}

/** Return the records that were typed, and what is wrong with them. */
export function readRecords(
  { fields }: RecordForm,
  typed: ITypedRecords,
  trans: TranslationBundle
): { records: unknown[]; problems: IFieldProblem[] } {
  const problems: IFieldProblem[] = [];
  if (fields.length === 0) {
    const result = readJson(typed.json, trans);
    const value = 'value' in result ? result.value : null;
    const records = Array.isArray(value) ? value : [value];
    if ('problem' in result) {
      problems.push({ record: 0, name: null, text: result.problem });
    } else if (records.length < 1 || records.length > MOST_RECORDS) {
      const text = trans.__('type 1 to %1 records', MOST_RECORDS);
      problems.push({ record: 0, name: null, text });
    }
    return { records, problems };
  }
  const records = typed.texts.map((texts, record) =>
    Object.fromEntries(
      fields.map((field, index) => {
        const result = readField(field, texts[index], trans);
        if ('problem' in result) {
          problems.push({ record, name: field.name, text: result.problem });
        }
        return [field.name, 'value' in result ? result.value : null];
      })
    )
  );
  return { records, problems };
}

/**
 * Return the value of what was typed into a field, or what to type.
 *
 * The widget panel does the same in `domain/samples.py`: `tests/data/record_fields.json` has the cases of both.
 */
export function readField(
  field: FormField,
  text: string,
  trans: TranslationBundle
): { value: unknown } | { problem: string } {
  const { kind, choices } = field;
  const stripped = text.trim();
  if (stripped === '' && field.is_nullable) {
    return { value: null };
  }
  if (choices && choices.length > 0) {
    return choices.includes(text) ? { value: text } : { problem: trans.__('choose a value') };
  }
  switch (kind) {
    case 'text':
      return { value: text };
    case 'boolean':
      return stripped === 'true' || stripped === 'false'
        ? { value: stripped === 'true' }
        : { problem: trans.__('choose true or false') };
    case 'json':
      return readJson(text, trans);
    default:
      return readNumber(stripped, kind === 'integer', trans);
  }
}

function readNumber(
  text: string,
  isWhole: boolean,
  trans: TranslationBundle
): { value: number } | { problem: string } {
  if ((isWhole ? WHOLE : NUMBER).test(text)) {
    const value = Number(text);
    // JSON of a browser has no more digits.
    return WHOLE.test(text) && !Number.isSafeInteger(value)
      ? { problem: trans.__('type a number with at most 15 digits') }
      : { value };
  }
  if (isWhole) {
    return {
      problem: text
        ? trans.__("type a whole number instead of '%1'", text)
        : trans.__('type a whole number')
    };
  }
  return {
    problem: text
      ? trans.__("type a number, such as 1.5 instead of '%1'", text)
      : trans.__('type a number, such as 1.5')
  };
}

function readJson(
  text: string,
  trans: TranslationBundle
): { value: unknown } | { problem: string } {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { problem: trans.__('type JSON, such as {"x": 1.5} or [1, 2]') };
  }
}

function textOf({ kind }: FormField, value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  return typeof value === 'string' && kind !== 'json' ? value : JSON.stringify(value);
}
