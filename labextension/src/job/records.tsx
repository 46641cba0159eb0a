import * as React from 'react';
import { about } from '../changes';
import { Pager } from '../components/pager';
import { Empty, Problem } from '../components/parts';
import { isDone } from '../components/states';
import { useLive, useModelOp } from '../context';
import type { JobRecord } from '../types';

const PAGE = 100;

/** The output of a job, which is there when it has ended. */
export function RecordsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  if (job.output !== null) {
    return <Records job={job} />;
  }
  return (
    <Empty>
      {isDone(job)
        ? trans.__('The job has left no output.')
        : trans.__('The output appears when the job ends.')}
    </Empty>
  );
}

/** The records that came out, a page at a time: a million of them cost no more than a hundred. */
function Records({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [offset, setOffset] = React.useState(0);
  const found = useLive(
    `records ${job.id} ${offset}`,
    ['jobs'],
    client => client.records(job.id, { offset, limit: PAGE }),
    about(job.id)
  );
  const page = found.value;
  const columns = React.useMemo(() => columnsOf(page?.rows ?? []), [page]);
  return (
    <>
      {found.error && <Problem error={found.error} />}
      {page?.total === 0 && <Empty>{trans.__('No record has come out.')}</Empty>}
      {page && page.total > 0 && (
        <>
          <Pager offset={offset} size={PAGE} total={page.total} onMove={setOffset} />
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
                      <td key={column}>{cell(row, column)}</td>
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

const VALUE = 'value';

/** Return the columns of some rows, in the order in which they appear; a bare value has one. */
function columnsOf(rows: readonly unknown[]): string[] {
  const found = new Set<string>();
  for (const row of rows) {
    if (isObject(row)) {
      Object.keys(row).forEach(key => found.add(key));
    } else {
      found.add(VALUE);
    }
  }
  return [...found];
}

function cell(row: unknown, column: string): string {
  const value = isObject(row) ? row[column] : column === VALUE ? row : undefined;
  if (value === undefined) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
