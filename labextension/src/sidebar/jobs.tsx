import { HTMLSelect, bellIcon, listIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { JobList } from '../components/jobList';
import { EmptyMessage, ErrorMessage, IconButton } from '../components/primitives';
import { useCommandToggled, useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { JobsDiskUsage } from './jobsDiskUsage';

const PAGE_SIZE = 25;

/** The jobs of all models, newest first, with the progress of the running ones. */
export function JobsSection(): JSX.Element {
  const { commands, trans } = useModelOp();
  const [state, setState] = React.useState<'' | 'running' | 'done'>('');
  const [limit, setLimit] = React.useState(PAGE_SIZE);
  const {
    data: page,
    error,
    refetch
  } = useServerQuery({
    key: ['jobs', state, limit],
    topics: ['jobs'],
    fetch: client => client.jobs({ limit, state: state || undefined })
  });
  return (
    <div className="jp-modelop-section">
      <div className="jp-modelop-bar">
        <HTMLSelect
          className="jp-modelop-filter"
          aria-label={trans.__('Filter jobs')}
          value={state}
          onChange={event => setState(event.target.value as '' | 'running' | 'done')}
        >
          <option value="">{trans.__('All jobs')}</option>
          <option value="running">{trans.__('Running')}</option>
          <option value="done">{trans.__('Ended')}</option>
        </HTMLSelect>
        <span className="jp-modelop-spacer" />
        <IconButton
          icon={bellIcon}
          label={trans.__('Notify of ended jobs by the browser')}
          isPressed={useCommandToggled(CommandIDs.notifyByBrowser)}
          onClick={() => void commands.execute(CommandIDs.notifyByBrowser)}
        />
        <IconButton
          icon={listIcon}
          label={trans.__('Open the list of all jobs')}
          onClick={() => void commands.execute(CommandIDs.openJobs)}
        />
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh jobs')}
          onClick={() => void refetch()}
        />
      </div>
      <JobsDiskUsage />
      {error && <ErrorMessage error={error} />}
      {page?.total === 0 && (
        <EmptyMessage>
          {state === 'running'
            ? trans.__('No job is running.')
            : trans.__('No jobs yet. Open a model above and run a batch.')}
        </EmptyMessage>
      )}
      {page && (
        <JobList
          page={page}
          label={trans.__('Jobs')}
          limit={limit}
          step={PAGE_SIZE}
          onMore={setLimit}
        />
      )}
    </div>
  );
}
