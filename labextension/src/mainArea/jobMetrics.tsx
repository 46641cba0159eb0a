import * as React from 'react';
import type { JobRecord, ResultView } from '../api/types';
import { MimeOutput, useCanRender } from '../components/mimeOutput';
import { Pager } from '../components/pager';
import { EmptyMessage, ErrorMessage } from '../components/primitives';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';

const PAGE_SIZE = 20;
const VEGA_LITE = 'application/vnd.vegalite.v5+json';

/** The result of a metrics function as charts and tables, with the verdicts of its thresholds. */
export function MetricsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [offset, setOffset] = React.useState(0);
  const { data: page, error } = useServerQuery({
    key: ['metrics', job.id, offset],
    topics: ['jobs'],
    job: job.id,
    fetch: client => client.metricsViews(job.id, { offset, limit: PAGE_SIZE })
  });
  if (error) {
    return <ErrorMessage error={error} />;
  }
  if (page?.total === 0) {
    return <EmptyMessage>{trans.__('No result.')}</EmptyMessage>;
  }
  return (
    <>
      {page && page.total > PAGE_SIZE && (
        <Pager offset={offset} size={PAGE_SIZE} total={page.total} onMove={setOffset} />
      )}
      <div className="jp-modelop-views">
        {page?.rows.map((view, index) => (
          <MetricsView key={`${page.offset + index} ${view.title}`} view={view} />
        ))}
      </div>
    </>
  );
}

/** A part of a result: its charts, the rest as HTML, and the data of the charts. */
export function MetricsView({ view }: { view: ResultView }): JSX.Element {
  const { trans } = useModelOp();
  const canShowCharts = useCanRender(VEGA_LITE);
  return (
    <section
      className={`jp-modelop-view ${view.charts.length > 0 ? '' : 'jp-modelop-mod-wide'}`}
      aria-label={view.title}
    >
      {canShowCharts &&
        view.charts.map((chart, index) => (
          <div key={index} className="jp-modelop-scroll" tabIndex={0}>
            <MimeOutput type={VEGA_LITE} data={chart} label={trans.__('Chart of %1', view.title)} />
          </div>
        ))}
      {view.html && <MimeOutput type="text/html" data={view.html} />}
      {view.numbers && (
        <details open={!canShowCharts}>
          <summary>{trans.__('Chart data of %1', view.title)}</summary>
          <MimeOutput type="text/html" data={view.numbers} />
        </details>
      )}
    </section>
  );
}
