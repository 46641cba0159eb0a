import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ApiClient } from '../api/client';
import type { JobRecord, RecordSearch } from '../api/types';
import { count } from '../components/format';
import { Pager } from '../components/pager';
import { EmptyMessage, ErrorMessage } from '../components/primitives';
import type { ISort } from '../components/sortedTable';
import { cellText, ColumnHeader, isObject, VALUE_COLUMN } from '../components/sortedTable';
import { isDone } from '../components/status';
import { useDebouncedValue } from '../dialogs/useDebouncedValue';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';

const PAGE_SIZE = 100;
const SEARCH_DELAY = 250;

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

/** The output records, fetched a page at a time; the server finds and sorts them. */
function Records({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [text, setText] = React.useState('');
  const [sort, setSort] = React.useState<ISort | null>(null);
  const match = useDebouncedValue(text.trim(), SEARCH_DELAY);
  const wanted = JSON.stringify([match, sort]);
  const [place, setPlace] = React.useState({ wanted, offset: 0 });
  // Other records, or another order: from the first page again.
  const offset = place.wanted === wanted ? place.offset : 0;
  const { data: page, error } = useServerQuery({
    key: ['records', job.id, wanted, offset],
    topics: ['jobs'],
    job: job.id,
    fetch: client => fetchRecords(client, job.id, match, sort, offset)
  });
  // The table stays while other records are fetched, and with it the focus.
  const last = React.useRef<RecordSearch | null>(null);
  last.current = page ?? last.current;
  const found = last.current;
  // Also the columns of records that are not found: the header must not disappear.
  const columns = React.useRef<readonly string[]>([]);
  if (found !== null) {
    columns.current = columnNames(columns.current, found);
  }
  if (found === null) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  const isWanted = match !== '' || sort !== null;
  if (found.total === 0 && match === '' && text === '') {
    return <EmptyMessage>{trans.__('The output has no records.')}</EmptyMessage>;
  }
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <div className="jp-modelop-bar">
        <input
          type="search"
          className="jp-modelop-search jp-mod-styled"
          placeholder={trans.__('Find records')}
          aria-label={trans.__('Find records by a text in them')}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <span className="jp-modelop-muted" role="status">
          {isWanted && foundText(found, trans)}
        </span>
      </div>
      {found.total > 0 && (
        <Pager
          offset={offset}
          size={PAGE_SIZE}
          total={found.total}
          onMove={next => setPlace({ wanted, offset: next })}
        />
      )}
      <div className="jp-modelop-scroll" tabIndex={0} aria-label={trans.__('Output records')}>
        <table className="jp-modelop-table jp-modelop-data">
          <thead>
            <tr>
              <th scope="col">#</th>
              {columns.current.map(column => (
                <ColumnHeader key={column} column={column} sort={sort} onSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {found.rows.map(({ number, record }) => (
              <tr key={number}>
                <th scope="row">{number}</th>
                {columns.current.map(column => (
                  <td key={column}>{cellText(record, column)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.total === 0 && (
        <EmptyMessage>{trans.__('No record has %1 in a value.', match)}</EmptyMessage>
      )}
    </>
  );
}

/** Fetch a page of all records, or of those that are found; the first is quick for any size of output. */
async function fetchRecords(
  client: ApiClient,
  job: string,
  match: string,
  sort: ISort | null,
  offset: number
): Promise<RecordSearch> {
  const limit = PAGE_SIZE;
  if (match === '' && sort === null) {
    const { rows, total } = await client.outputRecords(job, { offset, limit });
    const numbered = rows.map((record, index) => ({ number: offset + index, record }));
    return { rows: numbered, offset, total, searched: total, is_whole: true };
  }
  return client.findRecords(job, {
    offset,
    limit,
    ...(match === '' ? {} : { match }),
    ...(sort === null
      ? {}
      : { sort: sort.column, order: sort.isDescending ? 'descending' : 'ascending' })
  });
}

/** Return how many records were found, and in how many if these are not all. */
function foundText(
  { total, searched, is_whole: isWhole }: RecordSearch,
  trans: TranslationBundle
): string {
  return isWhole
    ? trans.__('%1 of %2 records', count(total), count(searched))
    : trans.__(
        '%1 of the first %2 records; the rest was not searched',
        count(total),
        count(searched)
      );
}

/** Return the names of all columns, in the order of their first occurrence. */
function columnNames(known: readonly string[], { rows }: RecordSearch): readonly string[] {
  const columns = new Set(known);
  for (const { record } of rows) {
    if (isObject(record)) {
      Object.keys(record).forEach(key => columns.add(key));
    } else {
      columns.add(VALUE_COLUMN);
    }
  }
  return [...columns];
}
