import * as React from 'react';
import type { ModelDetail } from '../../api/types';
import { JobList } from '../../components/jobList';
import { EmptyMessage, ErrorMessage, TextButton } from '../../components/primitives';
import { useCommandEnabled, useModelOp } from '../../state/context';
import { useServerQuery } from '../../state/queries';
import { CommandIDs } from '../../tokens';
import { SchedulesOfModel } from './schedules';

const PAGE_SIZE = 20;

/** The jobs of a model, newest first. */
export function JobsOfModel({ model }: { model: ModelDetail }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { name } = model;
  const canOpenAll = useCommandEnabled(CommandIDs.openJobs);
  const [limit, setLimit] = React.useState(PAGE_SIZE);
  const { data: page, error } = useServerQuery({
    key: ['jobs of model', name, limit],
    topics: ['jobs'],
    fetch: client => client.jobs({ model: name, limit })
  });
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {canOpenAll && (
        <div className="jp-modelop-bar">
          <TextButton
            label={trans.__('All jobs of this model')}
            title={trans.__('Open the list in which jobs can be searched and sorted')}
            onClick={() => void commands.execute(CommandIDs.openJobs, { model: name })}
          />
        </div>
      )}
      <SchedulesOfModel name={name} />
      {page?.total === 0 && (
        <EmptyMessage>{trans.__('No jobs yet. Run one with the buttons above.')}</EmptyMessage>
      )}
      {page && (
        <JobList
          page={page}
          label={trans.__('Jobs of %1', name)}
          limit={limit}
          step={PAGE_SIZE}
          onMore={setLimit}
        />
      )}
    </>
  );
}
