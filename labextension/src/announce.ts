import { Notification } from '@jupyterlab/apputils';
import { isDone, jobBadge } from './components/states';
import type { IModelOp } from './context';
import type { JobRecord } from './types';

/** Say it when a job that was seen running has ended, unless a cell waited for it and shows its end. */
export function announceEnds(
  { client, changes, preferences, trans }: IModelOp,
  open: (job: string) => Promise<void>
): void {
  let running = new Set<string>();
  let isLooking = false;
  let isStale = false;
  const look = async (): Promise<void> => {
    if (isLooking) {
      // One more look after the present one is enough, however much changes meanwhile.
      isStale = true;
      return;
    }
    isLooking = true;
    try {
      const records = (await client.jobs({ limit: 100 })).rows.map(line => line.record);
      const ended = records.filter(record => isDone(record) && running.has(record.id));
      running = new Set(records.filter(record => !isDone(record)).map(record => record.id));
      for (const record of preferences.announcesEnds ? ended : []) {
        if (!(await client.job(record.id)).is_awaited) {
          announce(record);
        }
      }
    } catch {
      // The server is away: the sidebar says so, and the next change asks again.
    } finally {
      isLooking = false;
      if (isStale) {
        isStale = false;
        void look();
      }
    }
  };
  const announce = (record: JobRecord): void => {
    const { kind, text } = jobBadge(record, trans);
    const said = trans.__('%1 %2@%3: %4', record.kind, record.model, record.snapshot, text);
    Notification.emit(said, kind === 'good' ? 'success' : kind === 'bad' ? 'error' : 'warning', {
      autoClose: 5000,
      actions: [{ label: trans.__('Open'), callback: () => void open(record.id) }]
    });
  };
  changes.changed.connect((_, change) => {
    if (change.topics.includes('jobs')) {
      void look();
    }
  });
}
