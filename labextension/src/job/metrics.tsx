import * as React from 'react';
import { about } from '../changes';
import { Empty, Problem } from '../components/parts';
import { useLive, useModelOp } from '../context';
import type { JobRecord } from '../types';

/** What a metrics function returned, as nested tables. */
export function MetricsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const found = useLive(
    `metrics ${job.id}`,
    ['jobs'],
    client => client.metrics(job.id),
    about(job.id)
  );
  if (found.error) {
    return <Problem error={found.error} />;
  }
  if (found.value === undefined || found.value === null) {
    return <Empty>{trans.__('There is no result.')}</Empty>;
  }
  return (
    <div className="jp-modelop-scroll" tabIndex={0} aria-label={trans.__('Metrics')}>
      <Value value={found.value} />
    </div>
  );
}

function Value({ value }: { value: unknown }): JSX.Element {
  if (Array.isArray(value)) {
    return value.every(each => typeof each !== 'object' || each === null) ? (
      <span>{value.map(String).join(', ')}</span>
    ) : (
      <ol>
        {value.map((each, index) => (
          <li key={index}>
            <Value value={each} />
          </li>
        ))}
      </ol>
    );
  }
  if (typeof value === 'object' && value !== null) {
    return (
      <table className="jp-modelop-table">
        <tbody>
          {Object.entries(value).map(([name, each]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <Value value={each} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  }
  return <span>{String(value)}</span>;
}
