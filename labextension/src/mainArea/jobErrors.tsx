import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { JobRecord, RecordError } from '../api/types';
import { count } from '../components/format';
import { Pager } from '../components/pager';
import { EmptyMessage, ErrorMessage, TextButton } from '../components/primitives';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';

const PAGE_SIZE = 50;

/** The rejected and failed records of a job, each with its error and a button to debug it. */
export function ErrorsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [offset, setOffset] = React.useState(0);
  const { data: page, error: fetchError } = useServerQuery({
    key: ['errors', job.id, offset],
    topics: ['jobs'],
    job: job.id,
    fetch: client => client.recordErrors(job.id, { offset, limit: PAGE_SIZE })
  });
  return (
    <>
      {fetchError && <ErrorMessage error={fetchError} />}
      {page?.total === 0 && (
        <EmptyMessage>{trans.__('No records were rejected or failed.')}</EmptyMessage>
      )}
      {page && page.total > 1 && <ErrorGroups job={job} />}
      {page?.rows.some(({ exception }) => exception?.endsWith('Warning')) && (
        <p className="jp-modelop-muted">
          {trans.__(
            'A UserWarning fails its record, as in ModelOp’s runtime. The log has the line that turns it off.'
          )}
        </p>
      )}
      {page && page.total > PAGE_SIZE && (
        <Pager offset={offset} size={PAGE_SIZE} total={page.total} onMove={setOffset} />
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

/** The errors of a job, counted by message and place in the source. */
function ErrorGroups({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const { data: groups } = useServerQuery({
    key: ['error groups', job.id],
    topics: ['jobs'],
    job: job.id,
    fetch: client => client.errorGroups(job.id)
  });
  return (
    <table className="jp-modelop-table jp-modelop-groups">
      <thead>
        <tr>
          <th scope="col">{trans.__('records')}</th>
          <th scope="col">{trans.__('error')}</th>
          <th scope="col">{trans.__('location')}</th>
        </tr>
      </thead>
      <tbody>
        {groups?.map((group, index) => (
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
        <strong>{recordName(error, trans)}</strong> {error.stage}:{' '}
        {error.exception ? `${error.exception}: ` : ''}
        {error.message}
        {error.tries ? ` ${trans.__('(tried %1 times)', error.tries)}` : ''}
      </summary>
      {error.traceback && <pre tabIndex={0}>{error.traceback}</pre>}
      {error.printed && (
        <>
          <div className="jp-modelop-muted">{trans.__('printed by this record')}</div>
          <pre tabIndex={0}>{error.printed}</pre>
        </>
      )}
      <TextButton
        label={trans.__('Open in isolated kernel')}
        title={trans.__('Insert a notebook cell that loads this record in the model’s kernel')}
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

/** Return the name of a record: with its slot, and its file where an input is several. */
function recordName({ index, slot, file }: RecordError, trans: TranslationBundle): string {
  const name =
    slot === 0 ? trans.__('record %1', index) : trans.__('record %1 of slot %2', index, slot);
  return file ? trans.__('%1 in %2', name, file) : name;
}
