import * as React from 'react';
import { about } from '../changes';
import { Pager } from '../components/pager';
import { Empty, Problem, TextButton } from '../components/parts';
import { useLive, useModelOp } from '../context';
import { count } from '../format';
import { CommandIDs } from '../tokens';
import type { JobRecord, RecordError } from '../types';

const PAGE = 50;

/** The records that were rejected or failed, each with its reason and a way to look into it. */
export function ErrorsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [offset, setOffset] = React.useState(0);
  const found = useLive(
    `errors ${job.id} ${offset}`,
    ['jobs'],
    client => client.errors(job.id, { offset, limit: PAGE }),
    about(job.id)
  );
  const page = found.value;
  return (
    <>
      {found.error && <Problem error={found.error} />}
      {page?.total === 0 && <Empty>{trans.__('No record was rejected, none failed.')}</Empty>}
      {page && page.total > 1 && <Groups job={job} />}
      {page && page.total > PAGE && (
        <Pager offset={offset} size={PAGE} total={page.total} onMove={setOffset} />
      )}
      <ul className="jp-modelop-list jp-modelop-errors">
        {page?.rows.map((error, index) => (
          <li key={`${error.slot} ${error.index} ${index}`}>
            <ErrorRow job={job} error={error} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** The bad records counted by what is wrong with them, and where. */
function Groups({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const found = useLive(
    `groups ${job.id}`,
    ['jobs'],
    client => client.errorGroups(job.id),
    about(job.id)
  );
  return (
    <table className="jp-modelop-table jp-modelop-groups">
      <thead>
        <tr>
          <th scope="col">{trans.__('records')}</th>
          <th scope="col">{trans.__('what')}</th>
          <th scope="col">{trans.__('where')}</th>
        </tr>
      </thead>
      <tbody>
        {found.value?.map((group, index) => (
          <tr key={index}>
            <td>{count(group.count)}</td>
            <td>
              {group.stage}: {group.exception ? `${group.exception}: ` : ''}
              {group.message}
            </td>
            <td>{group.file === null ? '' : `${group.file}:${group.line}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ErrorRow({ job, error }: { job: JobRecord; error: RecordError }): JSX.Element {
  const { commands, trans } = useModelOp();
  return (
    <details>
      <summary>
        <strong>{trans.__('record %1', error.index)}</strong> {error.stage}:{' '}
        {error.exception ? `${error.exception}: ` : ''}
        {error.message}
      </summary>
      {error.traceback && <pre tabIndex={0}>{error.traceback}</pre>}
      <TextButton
        label={trans.__('Open in isolated kernel')}
        title={trans.__('Put a cell into the notebook that has this record in the model’s kernel')}
        onClick={() =>
          void commands.execute(CommandIDs.openRecord, {
            job: job.id,
            model: job.model,
            index: error.index
          })
        }
      />
    </details>
  );
}
