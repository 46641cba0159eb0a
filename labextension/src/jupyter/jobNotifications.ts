import { Notification } from '@jupyterlab/apputils';
import type { JobRecord } from '../api/types';
import { isDone, jobBadge } from '../components/status';
import type { IModelOp } from '../state/context';
import { areNotificationsAllowed, showNotification } from './browserNotifications';

/**
 * Show a notification when a running job ends, unless a notebook cell waits for it or it is in view.
 *
 * While another tab or program is in front, the browser shows one if the user has switched that on, also
 * of a job that a cell waits for.
 *
 * `open` is called with the job's id by the notification's button; `isShown` tells whether the job's
 * page is visible.
 */
export function notifyJobEnds(
  { client, changes, preferences, trans }: IModelOp,
  open: (job: string) => Promise<void>,
  isShown: (job: string) => boolean
): void {
  let running = new Set<string>();
  let isChecking = false;
  let isOutdated = false;
  const check = async (): Promise<void> => {
    if (isChecking) {
      // One more check after the present one is enough, however many changes there are.
      isOutdated = true;
      return;
    }
    isChecking = true;
    try {
      const jobs = (await client.jobs({ limit: 100 })).rows.map(({ record }) => record);
      const ended = jobs.filter(job => isDone(job) && running.has(job.id));
      running = new Set(jobs.filter(job => !isDone(job)).map(job => job.id));
      if (preferences.notifiesByBrowser && document.hidden && areNotificationsAllowed()) {
        ended.forEach(notifyByBrowser);
      }
      for (const job of preferences.notifiesJobEnds ? ended : []) {
        if (!isShown(job.id) && !(await client.job(job.id)).is_awaited) {
          notify(job);
        }
      }
    } catch {
      // The sidebar shows that the server does not answer; the next change causes another check.
    } finally {
      isChecking = false;
      if (isOutdated) {
        isOutdated = false;
        void check();
      }
    }
  };
  const notify = (job: JobRecord): void => {
    const { kind, text } = jobBadge(job, trans);
    const message = trans.__('%1 %2@%3: %4', job.kind, job.model, job.snapshot, text);
    Notification.emit(message, kind === 'good' ? 'success' : kind === 'bad' ? 'error' : 'warning', {
      autoClose: 5000,
      actions: [{ label: trans.__('Open'), callback: () => void open(job.id) }]
    });
  };
  const notifyByBrowser = (job: JobRecord): void => {
    const title = trans.__('%1 %2@%3', job.kind, job.model, job.snapshot);
    const options = { body: jobBadge(job, trans).text, tag: `modelop-job-${job.id}` };
    showNotification(title, options, () => void open(job.id));
  };
  changes.changed.connect((_, change) => {
    if (change.topics.includes('jobs')) {
      void check();
    }
  });
}
