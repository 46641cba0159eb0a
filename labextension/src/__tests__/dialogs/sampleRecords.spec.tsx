import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { RecordForm } from '../../api/types';
import { sampleRecordsDialog } from '../../dialogs/sampleRecords';
import { servicesWith, shown } from '../services';

// In jsdom the content of a dialog counts as hidden.
const RUN = { name: 'Run', hidden: true };

const FORM: RecordForm = {
  origin: 'schema',
  name: 'in.avsc',
  fields: [
    { name: 'x', kind: 'number', is_nullable: false },
    { name: 'active', kind: 'boolean', is_nullable: false },
    { name: 'plan', kind: 'text', is_nullable: true, choices: ['a', 'b'] }
  ],
  records: [{ active: true }]
};

const open = (form: RecordForm, error: Error | null = null) =>
  shown(() => sampleRecordsDialog(servicesWith({}), { model: 'm', form, error }));

function type(label: string, value: string): void {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

describe('sampleRecordsDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(screen.queryByText('Run m on sample records')).toBeNull());
  });

  it('waits until each field has a value of its kind', async () => {
    const answer = await open(FORM);
    const run = await screen.findByRole('button', RUN);
    expect(screen.getByText('The fields are those of the schema in.avsc.')).toBeInTheDocument();
    await waitFor(() => expect(run).toBeDisabled());
    const waits = 'Run waits for x of record 1: type a number, such as 1.5.';
    expect(screen.getByRole('status', { hidden: true })).toHaveTextContent(waits);
    expect(run).toHaveAttribute('title', waits);
    expect(screen.getByLabelText('x of record 1')).toHaveAttribute('aria-invalid', 'true');
    expect(screen.getByLabelText('active of record 1')).toHaveValue('true');
    type('x of record 1', '2.5');
    type('active of record 1', 'false');
    type('plan of record 1', 'b');
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);

    expect((await answer())?.records).toEqual([{ x: 2.5, active: false, plan: 'b' }]);
  });

  it('takes up to five records, and gives one back', async () => {
    const answer = await open({ ...FORM, records: [{ x: 1, active: true }] });
    const add = await screen.findByRole('button', { name: 'Add a record', hidden: true });
    for (let records = 2; records <= 5; records++) {
      fireEvent.click(add);
      type(`x of record ${records}`, String(records));
    }
    expect(screen.queryByRole('button', { name: 'Add a record', hidden: true })).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Remove record 1', hidden: true }));
    fireEvent.click(screen.getByRole('button', RUN));

    const records = (await answer())?.records as { x: number }[];
    expect(records.map(({ x }) => x)).toEqual([2, 3, 4, 5]);
  });

  it('takes JSON where nothing names the fields', async () => {
    const answer = await open({ origin: 'none', name: '', fields: [], records: [{}] });
    type('Records as JSON', '{"x": ');
    const run = screen.getByRole('button', RUN);
    await waitFor(() => expect(run).toBeDisabled());
    type('Records as JSON', '[{"x": 1}, {"x": 2}]');
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);

    expect((await answer())?.records).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('is shown again with the error of a job that was refused', async () => {
    await open({ ...FORM, records: [{ x: 1, active: true }] }, new Error('the disk is full'));

    expect(await screen.findByText('the disk is full')).toBeInTheDocument();
    expect(screen.getByLabelText('x of record 1')).toHaveValue('1');
  });
});
