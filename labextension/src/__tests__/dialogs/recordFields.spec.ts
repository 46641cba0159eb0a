import { nullTranslator } from '@jupyterlab/translation';
import type { FormField, RecordForm } from '../../api/types';
import { initialTexts, readField, readRecords } from '../../dialogs/recordFields';

interface ICase {
  readonly field: FormField;
  readonly text: string;
  readonly value?: unknown;
  readonly problem?: string;
}

const CASES = jest.requireActual<ICase[]>('../../../../tests/data/record_fields.json');
const trans = nullTranslator.load('modelop-jupyter');

describe('readField', () => {
  // The widget panel has the same cases.
  it.each(CASES)('of $field.kind: $text', ({ field, text, ...expected }) => {
    expect(readField(field, text, trans)).toEqual(expected);
  });

  it('refuses a number that a browser cannot hold', () => {
    const field: FormField = { name: 'id', kind: 'integer', is_nullable: false };

    expect(readField(field, '12345678901234567890', trans)).toEqual({
      problem: 'type a number with at most 15 digits'
    });
  });
});

describe('readRecords', () => {
  const fields: FormField[] = [
    { name: 'x', kind: 'number', is_nullable: false },
    { name: 'tags', kind: 'json', is_nullable: true }
  ];

  it('gives back what the form begins with', () => {
    const records = [
      { x: 1.5, tags: ['a'] },
      { x: 2, tags: null }
    ];
    const form: RecordForm = { origin: 'schema', name: 's.avsc', fields, records };

    expect(readRecords(form, initialTexts(form), trans)).toEqual({ records, problems: [] });
  });

  it('names the record and the field that cannot be used', () => {
    const form: RecordForm = { origin: 'schema', name: 's.avsc', fields, records: [{}] };
    const typed = { texts: [['1', '{'], ['', '']], json: '' }; // prettier-ignore

    expect(readRecords(form, typed, trans).problems).toEqual([
      { record: 0, name: 'tags', text: 'type JSON, such as {"x": 1.5} or [1, 2]' },
      { record: 1, name: 'x', text: 'type a number, such as 1.5' }
    ]);
  });

  it.each([
    ['{"x": 1}', [{ x: 1 }]],
    ['[{"x": 1}, 2]', [{ x: 1 }, 2]]
  ])('takes JSON where no field is known: %s', (json, expected) => {
    const form: RecordForm = { origin: 'none', name: '', fields: [], records: [{}] };

    expect(readRecords(form, { texts: [], json }, trans)).toEqual({
      records: expected,
      problems: []
    });
  });

  it.each(['', '[]', '[1, 2, 3, 4, 5, 6]'])('refuses other JSON: %s', json => {
    const form: RecordForm = { origin: 'none', name: '', fields: [], records: [{}] };
    const { problems } = readRecords(form, { texts: [], json }, trans);

    expect(problems).toHaveLength(1);
    expect(problems[0].text).toMatch(/^type /);
  });
});
