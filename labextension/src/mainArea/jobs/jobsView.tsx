import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobRecord } from '../../api/types';
import { count } from '../../components/format';
import { EmptyMessage, ErrorMessage, IconButton } from '../../components/primitives';
import { useDebouncedValue } from '../../dialogs/useDebouncedValue';
import { useModelOp } from '../../state/context';
import { JobFilters } from './jobFilters';
import type { JobQueryState } from './jobQuery';
import { isFiltered, parametersOf, removalOf, useJobQuery } from './jobQuery';
import { RemoveShown } from './removeShown';
import { SelectionActions } from './jobSelection';
import { JobTable } from './jobTable';
import { useJobPages } from './jobPages';

const SEARCH_DELAY = 200;

/** The list of jobs in the main area: searched, filtered and sorted by the server. */
export function JobsView({ state }: { state: JobQueryState }): JSX.Element {
  const { trans } = useModelOp();
  const query = useJobQuery(state);
  const match = useDebouncedValue(query.match, SEARCH_DELAY);
  // By its text: a new object would be another query each time.
  const key = JSON.stringify(parametersOf({ ...query, match }));
  const pages = useJobPages(key);
  const [selected, setSelected] = React.useState<ReadonlyMap<string, JobRecord>>(new Map());
  // The jobs that are shown are newer than what was selected: one may have ended since.
  const current = [...selected.values()].map(job => pages.records.get(job.id) ?? job);
  const { total, error } = pages;
  return (
    <div className="jp-modelop-jobsView">
      <div className="jp-modelop-bar">
        <JobFilters query={query} onChange={choices => state.set(choices)} />
        <span className="jp-modelop-muted" role="status">
          {total === null ? '' : trans._n('%2 job', '%2 jobs', total, count(total))}
        </span>
        <RemoveShown filter={removalOf({ ...query, match })} />
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh jobs')}
          onClick={() => pages.refetch()}
        />
      </div>
      <SelectionActions selected={current} onClear={() => setSelected(new Map())} />
      {error && <ErrorMessage error={error} />}
      {total === 0 && (
        <EmptyMessage>
          {isFiltered(query)
            ? trans.__('No job has all of this. “Show all” removes the search and the choices.')
            : trans.__('No jobs yet. Open a model in the sidebar and run a batch.')}
        </EmptyMessage>
      )}
      {total !== null && total > 0 && (
        <JobTable
          parameters={key}
          pages={pages}
          total={total}
          query={query}
          selected={selected}
          onSelect={setSelected}
          onSort={(sort, order) => state.set({ sort, order })}
        />
      )}
    </div>
  );
}
