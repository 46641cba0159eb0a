import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { moment } from '../../components/format';
import { ErrorMessage, IconButton } from '../../components/primitives';
import { useModelOp } from '../../state/context';
import { useAction, useServerQuery } from '../../state/queries';

/** The jobs of a model that cron or systemd runs; nothing where there are none. */
export function SchedulesOfModel({ name }: { name: string }): JSX.Element | null {
  const { client, trans } = useModelOp();
  const { run, error, isRunning } = useAction();
  // A crontab that cannot be read has none of ours.
  const { data, refetch } = useServerQuery({
    key: ['schedules'],
    topics: ['jobs'],
    fetch: server => server.schedules()
  });
  const schedules = (data ?? []).filter(({ schedule }) => schedule.ref.split('@')[0] === name);
  if (schedules.length === 0) {
    return null;
  }
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <ul className="jp-modelop-list" aria-label={trans.__('Scheduled jobs of %1', name)}>
        {schedules.map(({ schedule, scheduler, next_run: next }) => (
          <li key={`${scheduler} ${schedule.kind}`} className="jp-modelop-row">
            <span className="jp-modelop-name">
              {schedule.kind} {schedule.words.join(' ')}
            </span>
            <span className="jp-modelop-muted" title={`${schedule.cron}, ${scheduler}`}>
              {next === null
                ? trans.__('scheduled, %1', schedule.cron)
                : trans.__('scheduled, next: %1', moment(next))}
            </span>
            <IconButton
              icon={closeIcon}
              label={trans.__('Remove the schedule of %1', `${schedule.kind} ${name}`)}
              disabled={isRunning}
              onClick={() =>
                run(async () => {
                  await client.removeSchedule(name, schedule.kind);
                  await refetch();
                })
              }
            />
          </li>
        ))}
      </ul>
    </>
  );
}
