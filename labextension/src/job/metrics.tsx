import * as React from 'react';
import { about } from '../changes';
import { Mime, useRenders } from '../components/mime';
import { Pager } from '../components/pager';
import { Empty, Problem } from '../components/parts';
import { useLive, useModelOp } from '../context';
import type { JobRecord, ResultView } from '../types';

const PAGE = 20;
const VEGA_LITE = 'application/vnd.vegalite.v5+json';

/** What a metrics function returned, as charts and tables, and what the rules say of it. */
export function MetricsTab({ job }: { job: JobRecord }): JSX.Element {
  const { trans } = useModelOp();
  const [offset, setOffset] = React.useState(0);
  const found = useLive(
    `views ${job.id} ${offset}`,
    ['jobs'],
    client => client.views(job.id, { offset, limit: PAGE }),
    about(job.id)
  );
  const page = found.value;
  if (found.error) {
    return <Problem error={found.error} />;
  }
  if (page?.total === 0) {
    return <Empty>{trans.__('There is no result.')}</Empty>;
  }
  return (
    <>
      {page && page.total > PAGE && (
        <Pager offset={offset} size={PAGE} total={page.total} onMove={setOffset} />
      )}
      <div className="jp-modelop-views">
        {page?.rows.map((view, index) => (
          <View key={`${page.offset + index} ${view.title}`} view={view} />
        ))}
      </div>
    </>
  );
}

function View({ view }: { view: ResultView }): JSX.Element {
  const { trans } = useModelOp();
  const canDraw = useRenders(VEGA_LITE);
  return (
    <section
      className={`jp-modelop-view ${view.charts.length > 0 ? '' : 'jp-modelop-mod-wide'}`}
      aria-label={view.title}
    >
      {canDraw &&
        view.charts.map((chart, index) => (
          <div key={index} className="jp-modelop-scroll" tabIndex={0}>
            <Mime type={VEGA_LITE} data={chart} label={trans.__('Chart of %1', view.title)} />
          </div>
        ))}
      {view.html && <Mime type="text/html" data={view.html} />}
      {view.numbers && (
        <details open={!canDraw}>
          <summary>{trans.__('Numbers of %1', view.title)}</summary>
          <Mime type="text/html" data={view.numbers} />
        </details>
      )}
    </section>
  );
}
