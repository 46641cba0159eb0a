import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { IChange } from '../../api/changes';
import type { IPage, JobDetail, JobSummary, JobRecord } from '../../api/types';
import { notifyJobEnds } from '../../jupyter/jobNotifications';
import type { IModelOp } from '../../state/context';

const { rows } = jest.requireActual<IPage<JobSummary>>('../../../../tests/wire/jobs.json');
const ENDED = rows.find(({ record }) => record.status === 'COMPLETE')!.record;
const RUNNING: JobRecord = { ...ENDED, status: 'RUNNING', result: 'UNKNOWN', ended: null };

describe('notifyJobEnds', () => {
  let notifiesJobEnds: boolean;
  let shown: string | null;
  let isAwaited: boolean;
  let record: JobRecord;
  let changed: Signal<object, IChange>;

  /** Report a change of the only job, whose record is now this. */
  async function change(next: JobRecord): Promise<void> {
    record = next;
    changed.emit({ topics: ['jobs'], jobs: [] });
    await new Promise(resolve => setTimeout(resolve));
  }

  function messages(): string[] {
    return Notification.manager.notifications.map(({ message }) => message);
  }

  beforeEach(() => {
    Notification.manager.dismiss();
    [notifiesJobEnds, isAwaited, shown] = [true, false, null];
    changed = new Signal<object, IChange>({});
    const context = {
      client: {
        jobs: async () => ({ rows: [{ record, progress: null }], offset: 0, total: 1 }),
        job: async () => ({ is_awaited: isAwaited }) as JobDetail
      },
      changes: { changed },
      preferences: {
        get notifiesJobEnds() {
          return notifiesJobEnds;
        }
      },
      trans: nullTranslator.load('modelop-jupyter')
    };
    notifyJobEnds(
      context as unknown as IModelOp,
      async () => undefined,
      job => job === shown
    );
  });

  it('notifies of the end of a job that was running', async () => {
    await change(RUNNING);
    await change(ENDED);
    await change(ENDED);

    expect(messages()).toEqual([
      `${ENDED.kind} ${ENDED.model}@${ENDED.snapshot}: ${ENDED.state.text}`
    ]);
  });

  it('does not notify of a job that a cell waits for', async () => {
    isAwaited = true;
    await change(RUNNING);
    await change(ENDED);

    expect(messages()).toEqual([]);
  });

  it('does not notify of a job whose page is in view', async () => {
    shown = ENDED.id;
    await change(RUNNING);
    await change(ENDED);

    expect(messages()).toEqual([]);
  });

  it('does not notify of a job that had ended before', async () => {
    await change(ENDED);
    await change(ENDED);

    expect(messages()).toEqual([]);
  });

  it('does not notify where the setting is off', async () => {
    notifiesJobEnds = false;
    await change(RUNNING);
    await change(ENDED);

    expect(messages()).toEqual([]);
  });
});
