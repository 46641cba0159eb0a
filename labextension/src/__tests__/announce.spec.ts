import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { announceEnds } from '../announce';
import type { IChange } from '../changes';
import type { IModelOp } from '../context';
import type { IPage, JobDetail, JobLine, JobRecord } from '../types';

const { rows } = jest.requireActual<IPage<JobLine>>('../../../tests/wire/jobs.json');
const ENDED = rows.find(each => each.record.status === 'COMPLETE')!.record;
const RUNNING: JobRecord = { ...ENDED, status: 'RUNNING', result: 'UNKNOWN', ended: null };

describe('announceEnds', () => {
  let announcesEnds: boolean;
  let isAwaited: boolean;
  let record: JobRecord;
  let changed: Signal<object, IChange>;

  /** Let the page look at the only job, which is now as given. */
  async function look(now: JobRecord): Promise<void> {
    record = now;
    changed.emit({ topics: ['jobs'], jobs: [] });
    await new Promise(resolve => setTimeout(resolve));
  }

  function said(): string[] {
    return Notification.manager.notifications.map(each => each.message);
  }

  beforeEach(() => {
    Notification.manager.dismiss();
    [announcesEnds, isAwaited] = [true, false];
    changed = new Signal<object, IChange>({});
    const context = {
      client: {
        jobs: async () => ({ rows: [{ record, progress: null }], offset: 0, total: 1 }),
        job: async () => ({ is_awaited: isAwaited }) as JobDetail
      },
      changes: { changed },
      preferences: {
        get announcesEnds() {
          return announcesEnds;
        }
      },
      trans: nullTranslator.load('modelop-jupyter')
    };
    announceEnds(context as unknown as IModelOp, async () => undefined);
  });

  it('says that a job has ended that was seen running', async () => {
    await look(RUNNING);
    await look(ENDED);
    await look(ENDED);

    expect(said()).toEqual([`${ENDED.kind} ${ENDED.model}@${ENDED.snapshot}: ${ENDED.result}`]);
  });

  it('says nothing of a job that a cell waits for', async () => {
    isAwaited = true;
    await look(RUNNING);
    await look(ENDED);

    expect(said()).toEqual([]);
  });

  it('says nothing of a job that had ended before', async () => {
    await look(ENDED);
    await look(ENDED);

    expect(said()).toEqual([]);
  });

  it('says nothing to whom it is not to', async () => {
    announcesEnds = false;
    await look(RUNNING);
    await look(ENDED);

    expect(said()).toEqual([]);
  });
});
