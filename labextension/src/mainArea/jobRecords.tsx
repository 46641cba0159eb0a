import * as React from 'react';
import type { JobRecord } from '../api/types';
import { Pager } from '../components/pager';
import { EmptyMessage, ErrorMessage } from '../components/primitives';
import { isDone } from '../components/status';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';

const PAGE_SIZE = 100;

/** The output of a batch job; there is none before its end. */
export function RecordsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  if (job.output !== null) {
    return <Records job={job} />;
  }
  return (
    <EmptyMessage>
      {isDone(job)
        ? trans.__('The job has no output.')
        : trans.__('The output appears when the job ends.')}
    </EmptyMessage>
  );
}

/** The output records, fetched a page at a time. */
function Records({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [offset, setOffset] = React.useState(0);
  const { data: page, error } = useServerQuery({
    key: ['records', job.id, offset],
    topics: ['jobs'],
    job: job.id,
    fetch: client => client.outputRecords(job.id, { offset, limit: PAGE_SIZE })
  });
  const columns = React.useMemo(() => columnNames(page?.rows ?? []), [page]);
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {page?.total === 0 && <EmptyMessage>{trans.__('The output has no records.')}</EmptyMessage>}
      {page && page.total > 0 && (
        <>
          <Pager offset={offset} size={PAGE_SIZE} total={page.total} onMove={setOffset} />
          <div className="jp-modelop-scroll" tabIndex={0} aria-label={trans.__('Output records')}>
            <table className="jp-modelop-table jp-modelop-data">
              <thead>
                <tr>
                  <th scope="col">#</th>
                  {columns.map(column => (
                    <th key={column} scope="col">
                      {column}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {page.rows.map((row, index) => (
                  <tr key={index}>
                    <th scope="row">{page.offset + index}</th>
                    {columns.map(column => (
                      <td key={column}>{cellText(row, column)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </>
  );
}

/** The column of records that are not objects. */
const VALUE_COLUMN = 'value';

/** Return the names of all columns, in the order of their first occurrence. */
function columnNames(rows: readonly unknown[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) {
    if (isObject(row)) {
      Object.keys(row).forEach(key => columns.add(key));
    } else {
      columns.add(VALUE_COLUMN);
    }
  }
  return [...columns];
}

function cellText(row: unknown, column: string): string {
  const value = isObject(row) ? row[column] : column === VALUE_COLUMN ? row : undefined;
  if (value === undefined) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
