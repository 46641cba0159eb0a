import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { JobRecord, Sample } from '../../api/types';
import { runSample } from '../../jupyter/sampleRun';
import { CommandIDs } from '../../tokens';
import { servicesWith } from '../services';

const JSON_FORM: Sample['form'] = { origin: 'none', name: '', fields: [], records: [{}] };
const JOB = { id: 'job-1' } as JobRecord;

/** Return services that keep what was submitted, and which jobs were opened. */
function recording(sample: Sample) {
  const submitJob = jest.fn(async () => JOB);
  const ask = jest.fn(async () => sample);
  const kernelCode = async () => ({ python: 'python', tables: 'tables' });
  const context = servicesWith({ sample: ask, submitJob, kernelCode });
  const opened = jest.fn();
  context.commands.addCommand(CommandIDs.openJob, { execute: opened });
  return { context, submitJob, ask, opened };
}

/** Return a kernel that answers an expression with some data. */
function kernelWith(data: Record<string, unknown>): Kernel.IKernelConnection {
  const content = { status: 'ok', user_expressions: { value: { status: 'ok', data } } };
  const requestExecute = jest.fn(() => ({ done: Promise.resolve({ content }) }));
  const statusChanged = new Signal<object, Kernel.Status>({});
  return { requestExecute, status: 'idle', statusChanged } as unknown as Kernel.IKernelConnection;
}

describe('runSample', () => {
  it('runs on the first records of the test data at once', async () => {
    const { context, submitJob, opened } = recording({ test_data: 't.json', form: JSON_FORM });
    await runSample(context, 'm', null);

    expect(submitJob).toHaveBeenCalledWith({
      kind: 'batch',
      model: 'm',
      inputs: [{ asset: 't.json' }],
      limit: 5
    });
    expect(opened.mock.calls[0][0]).toEqual({ job: 'job-1' });
  });

  it('asks the kernel for its data frames without running a cell', async () => {
    const { context, submitJob, ask, opened } = recording({ test_data: null, form: JSON_FORM });
    const tables = [{ name: 'df', records: [{ x: 1 }] }];
    const kernel = kernelWith({ 'application/json': tables });
    const done = runSample(context, 'm', kernel);
    const run = await screen.findByRole('button', { name: 'Run', hidden: true });
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);
    await done;

    expect(ask).toHaveBeenLastCalledWith('m', tables);
    expect(kernel.requestExecute).toHaveBeenCalledWith(
      expect.objectContaining({ code: '', silent: true, store_history: false })
    );
    expect(submitJob).toHaveBeenCalledWith({
      kind: 'batch',
      model: 'm',
      inputs: [{ records: [{}] }]
    });
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('shows the form again with what was typed when the job is refused', async () => {
    const { context, submitJob, opened } = recording({ test_data: null, form: JSON_FORM });
    submitJob.mockRejectedValueOnce(new Error('the disk is full'));
    const done = runSample(context, 'm', null);
    const field = await screen.findByLabelText('Records as JSON');
    fireEvent.change(field, { target: { value: '{"x": 7}' } });
    fireEvent.click(screen.getByRole('button', { name: 'Run', hidden: true }));
    await screen.findByText('the disk is full');
    expect(screen.getByLabelText('Records as JSON')).toHaveValue('{"x": 7}');
    fireEvent.click(screen.getByRole('button', { name: 'Cancel', hidden: true }));
    await done;

    expect(opened).not.toHaveBeenCalled();
  });
});
