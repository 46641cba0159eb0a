import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { FailedRequest } from '../../api/types';
import { ago, count, moment } from '../../components/format';
import { ShowMore } from '../../components/pager';
import { EmptyMessage, ErrorMessage, TextButton } from '../../components/primitives';
import { LIST_INTERVAL, useInterval } from '../../components/useInterval';
import { useModelOp } from '../../state/context';
import { useServerQuery } from '../../state/queries';
import { useVisibility } from '../../state/visibility';
import { CommandIDs } from '../../tokens';

const PAGE_SIZE = 20;

/** The last records that got no output, newest first, each with a button to debug it; `bad` is how many there are. */
export function FailuresTab({ model, bad }: { model: string; bad: number }): JSX.Element {
  const { trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const [limit, setLimit] = React.useState(PAGE_SIZE);
  const {
    data: failed,
    error,
    refetch
  } = useServerQuery({
    key: ['failed requests', model, limit],
    topics: [],
    fetch: client => client.failedRequests(model, { limit }),
    isEnabled: useVisibility()
  });
  const isFirst = React.useRef(true);
  React.useEffect(() => {
    if (!isFirst.current) {
      void refetch();
    }
    isFirst.current = false;
  }, [bad]);
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {failed?.rows.length === 0 && (
        <EmptyMessage>{trans.__('Each record has got an output.')}</EmptyMessage>
      )}
      {failed && failed.total > failed.rows.length && (
        <p className="jp-modelop-muted">
          {trans.__('The last %1 of %2', count(failed.rows.length), count(failed.total))}
        </p>
      )}
      <ul
        className="jp-modelop-list jp-modelop-errors"
        aria-label={trans.__('Records without an output')}
      >
        {failed?.rows.map(row => (
          <li key={row.index}>
            <FailureRow model={model} failure={row} />
          </li>
        ))}
      </ul>
      {failed && failed.rows.length >= limit && (
        <ShowMore
          shown={failed.rows.length}
          total={failed.total}
          limit={limit}
          step={PAGE_SIZE}
          onMore={setLimit}
        />
      )}
    </>
  );
}

function FailureRow(props: { model: string; failure: FailedRequest }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { model, failure } = props;
  const { index, t, snapshot, code, message, exception, record, traceback } = failure;
  const time = new Date(t * 1000).toISOString();
  return (
    <details>
      <summary>
        <strong>{recordName(failure, trans)}</strong> {exception ? `${exception}: ` : ''}
        {message}{' '}
        <span className="jp-modelop-muted" title={moment(time)}>
          {[`@${snapshot}`, code, ago(time)].join(' · ')}
        </span>
      </summary>
      <pre tabIndex={0} aria-label={trans.__('Record %1', index)}>
        {record}
      </pre>
      {traceback && <pre tabIndex={0}>{traceback}</pre>}
      <TextButton
        label={trans.__('Open in isolated kernel')}
        title={trans.__('Insert a notebook cell that loads this record in the model’s kernel')}
        onClick={() => void commands.execute(CommandIDs.openRecord, { model, index })}
      />
    </details>
  );
}

/** Return the name of a record: with its slot, where that is not the first. */
function recordName({ index, slot }: FailedRequest, trans: TranslationBundle): string {
  return slot === 0 ? trans.__('record %1', index) : trans.__('record %1 of slot %2', index, slot);
}
