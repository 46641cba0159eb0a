import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { IChange } from '../../api/changes';
import type { IPage, JobDetail, JobSummary, JobRecord } from '../../api/types';
import { notifyJobEnds } from '../../jupyter/jobNotifications';
import type { IModelOp } from '../../state/context';
import { browser, forgetBrowser } from '../browser';

const { rows } = jest.requireActual<IPage<JobSummary>>('../../../../tests/wire/jobs.json');
const ENDED = rows.find(({ record }) => record.status === 'COMPLETE')!.record;
const RUNNING: JobRecord = { ...ENDED, status: 'RUNNING', result: 'UNKNOWN', ended: null };

describe('notifyJobEnds', () => {
  let notifiesByBrowser: boolean;
  let notifiesJobEnds: boolean;
  let opened: string[];
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
    [notifiesByBrowser, opened] = [false, []];
    changed = new Signal<object, IChange>({});
    const context = {
      client: {
        jobs: async () => ({ rows: [{ record, progress: null }], offset: 0, total: 1 }),
        job: async () => ({ is_awaited: isAwaited }) as JobDetail
      },
      changes: { changed },
      preferences: {
        get notifiesByBrowser() {
          return notifiesByBrowser;
        },
        get notifiesJobEnds() {
          return notifiesJobEnds;
        }
      },
      trans: nullTranslator.load('modelop-jupyter')
    };
    notifyJobEnds(
      context as unknown as IModelOp,
      async job => void opened.push(job),
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

  describe('in the browser', () => {
    function hide(value: boolean): void {
      Object.defineProperty(document, 'hidden', { configurable: true, value });
    }

    beforeEach(() => {
      notifiesByBrowser = true;
      hide(true);
    });

    afterEach(() => {
      forgetBrowser();
      hide(false);
    });

    it('notifies of a job that a cell waits for, while another tab is in front', async () => {
      const notifications = browser({ answer: 'granted', permission: 'granted' });
      isAwaited = true;
      await change(RUNNING);
      await change(ENDED);
      notifications.shown[0].onclick();

      expect(notifications.shown).toMatchObject([
        {
          title: `${ENDED.kind} ${ENDED.model}@${ENDED.snapshot}`,
          options: { body: ENDED.state.text, tag: `modelop-job-${ENDED.id}` }
        }
      ]);
      expect(opened).toEqual([ENDED.id]);
    });

    it.each<[string, boolean, boolean, NotificationPermission]>([
      ['while JupyterLab is in front', false, true, 'granted'],
      ['unless it is switched on', true, false, 'granted'],
      ['where the browser was never asked, and does not ask', true, true, 'default']
    ])('shows nothing %s', async (_, isHidden, isOn, permission) => {
      const notifications = browser({ answer: 'granted', permission });
      notifiesByBrowser = isOn;
      hide(isHidden);
      await change(RUNNING);
      await change(ENDED);

      expect(notifications.shown).toEqual([]);
      expect(notifications.asked()).toBe(0);
    });
  });
});
