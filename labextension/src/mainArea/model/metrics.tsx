import * as React from 'react';
import type { ModelDetail } from '../../api/types';
import { Pager } from '../../components/pager';
import { EmptyMessage, ErrorMessage } from '../../components/primitives';
import { useDebouncedValue } from '../../dialogs/useDebouncedValue';
import { useModelOp } from '../../state/context';
import { useServerQuery } from '../../state/queries';
import { MetricsView } from '../jobMetrics';

const PAGE_SIZE = 6;
/** The delay after the last key in milliseconds, until metrics are looked for. */
const DELAY = 300;

/** Each metric of a model over its jobs, as a chart and a table. */
export function MetricsOverTime({ model }: { model: ModelDetail }): JSX.Element {
  const { trans } = useModelOp();
  const { name } = model;
  const [text, setText] = React.useState('');
  const [offset, setOffset] = React.useState(0);
  const match = useDebouncedValue(text.trim(), DELAY);
  const { data: page, error } = useServerQuery({
    key: ['metrics history', name, match, offset],
    topics: ['jobs', 'models'],
    fetch: client =>
      client.metricsHistory(name, { match: match || undefined, offset, limit: PAGE_SIZE })
  });
  const hasFunction = model.functions.some(({ kind }) => kind === 'metrics');
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {!page && !error && <div role="status">{trans.__('Loading…')}</div>}
      {(match !== '' || (page && page.total > 1)) && (
        <div className="jp-modelop-bar">
          <input
            type="search"
            className="jp-modelop-search jp-modelop-metricsSearch jp-mod-styled"
            placeholder={trans.__('Filter metrics')}
            aria-label={trans.__('Filter metrics')}
            value={text}
            onChange={event => {
              setText(event.target.value);
              setOffset(0);
            }}
          />
        </div>
      )}
      {page?.total === 0 && (
        <EmptyMessage>
          {match
            ? trans.__('No metric has %1 in its name.', match)
            : hasFunction
              ? trans.__('No metrics yet. Run metrics with the button above.')
              : trans.__(
                  'No metrics yet. Write # modelop.metrics above the function that measures the model, and register again.'
                )}
        </EmptyMessage>
      )}
      {page && page.total > PAGE_SIZE && (
        <Pager offset={offset} size={PAGE_SIZE} total={page.total} onMove={setOffset} />
      )}
      <div className="jp-modelop-views">
        {page?.rows.map(view => (
          <div key={view.title} className="jp-modelop-view">
            <h4>{view.title}</h4>
            <MetricsView view={view} />
          </div>
        ))}
      </div>
    </>
  );
}
