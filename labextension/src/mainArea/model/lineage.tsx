import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { LineageView, ModelDetail } from '../../api/types';
import { ago, byAuthor, bytes, count, moment } from '../../components/format';
import { cellText, commitText } from '../../components/origin';
import { ShowMore } from '../../components/pager';
import { EmptyMessage, ErrorMessage } from '../../components/primitives';
import { LIST_INTERVAL, useInterval } from '../../components/useInterval';
import { useModelOp } from '../../state/context';
import { useServerQuery } from '../../state/queries';
import { CommandIDs } from '../../tokens';
import type { ILineageLayout, LineageNode } from './lineageLayout';
import { layoutOf, relatedTo } from './lineageLayout';

const PAGE_SIZE = 50;
/** In pixels, as in the style sheet. */
const NODE = { width: 200, height: 42 };
const STEP = { x: 256, y: 54 };
const MOST_NAMED = 3;

/** How a node is shown, and what it opens. */
interface IShownNode {
  readonly title: string;
  readonly detail: string;
  /** What the pointer shows. */
  readonly hint: string;
  /** Null where there is nothing to open. */
  readonly open: (() => void) | null;
}

/** From cells and data over snapshots and jobs to results: a graph whose nodes lead to what they name. */
export function LineageOfModel(props: {
  model: ModelDetail;
  onCompare: (before: string, after: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { model, onCompare } = props;
  const [limit, setLimit] = React.useState(PAGE_SIZE);
  useInterval(LIST_INTERVAL);
  const { data: view, error } = useServerQuery({
    key: ['lineage', model.name, limit],
    topics: ['models', 'jobs'],
    fetch: client => client.lineage(model.name, limit)
  });
  if (!view) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  const { jobs, snapshots, total } = view.lineage;
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {jobs.length === 0 && (
        <EmptyMessage>
          {trans.__(
            'No jobs yet. Each will stand here with its data, its snapshot and its result.'
          )}
        </EmptyMessage>
      )}
      {snapshots.length > 0 && <Graph model={model} view={view} onCompare={onCompare} />}
      <ShowMore
        shown={jobs.length}
        total={Math.min(total, 500)}
        limit={limit}
        step={PAGE_SIZE}
        onMore={setLimit}
      />
    </>
  );
}

/**
 * The graph: a list for each column, and lines between them that screen readers do not need.
 *
 * It has one stop for Tab. Up, Down, Home and End move in a column, Left and Right along a line; Enter opens.
 */
function Graph(props: {
  model: ModelDetail;
  view: LineageView;
  onCompare: (before: string, after: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { view } = props;
  const layout = React.useMemo(() => layoutOf(view.lineage), [view]);
  const showNode = useShownNode(props);
  const area = React.useRef<HTMLDivElement>(null);
  const nodes = layout.columns.flat();
  const [current, setCurrent] = React.useState<string | null>(null);
  const [pointed, setPointed] = React.useState<string | null>(null);
  const stop = nodes.some(({ id }) => id === current) ? current : nodes[0].id;
  const marked = pointed ?? current;
  const related = React.useMemo(
    () => (marked === null ? null : relatedTo(marked, layout.edges)),
    [marked, layout]
  );
  const shown = new Map(nodes.map(node => [node.id, showNode(node)]));
  const titles = [
    trans.__('Cells and data'),
    trans.__('Snapshots'),
    trans.__('Jobs'),
    trans.__('Results')
  ];
  const onKeyDown = (event: React.KeyboardEvent) => {
    const target = nextNode(event.key, stop, layout);
    if (target !== null) {
      event.preventDefault();
      setCurrent(target);
      const buttons = area.current?.querySelectorAll<HTMLElement>('[data-node]') ?? [];
      [...buttons].find(button => button.dataset.node === target)?.focus();
    }
  };
  return (
    <div
      className="jp-modelop-scroll jp-modelop-lineageArea"
      role="group"
      aria-label={trans.__('Lineage of %1', view.lineage.model)}
      ref={area}
      onKeyDown={onKeyDown}
    >
      <div
        className="jp-modelop-lineage"
        style={{ width: 3 * STEP.x + NODE.width, height: layout.rows * STEP.y }}
      >
        <Lines layout={layout} related={related} />
        {layout.columns.map((column, place) => (
          <section key={titles[place]} aria-label={titles[place]}>
            <h4 style={{ left: place * STEP.x }}>{titles[place]}</h4>
            <ul>
              {column.map(node => {
                const { title, detail, hint, open } = shown.get(node.id)!;
                return (
                  <li key={node.id} style={{ left: place * STEP.x, top: node.row * STEP.y }}>
                    <button
                      type="button"
                      data-node={node.id}
                      className={[
                        'jp-modelop-lineageNode',
                        `jp-modelop-mod-${node.kind}`,
                        related?.has(node.id) ? 'jp-modelop-mod-related' : ''
                      ].join(' ')}
                      tabIndex={node.id === stop ? 0 : -1}
                      title={hint}
                      aria-label={[
                        title,
                        detail,
                        ...relations(node.id, layout, id => shown.get(id)!.title, trans)
                      ].join('. ')}
                      aria-disabled={open === null}
                      onClick={() => open?.()}
                      onFocus={() => setCurrent(node.id)}
                      onMouseEnter={() => setPointed(node.id)}
                      onMouseLeave={() => setPointed(null)}
                    >
                      <span className="jp-modelop-name">{title}</span>
                      <span className="jp-modelop-muted">{detail}</span>
                    </button>
                  </li>
                );
              })}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

function Lines(props: {
  layout: ILineageLayout;
  related: ReadonlySet<string> | null;
}): JSX.Element {
  const { layout, related } = props;
  const places = new Map(
    layout.columns.flatMap((column, place) =>
      column.map(({ id, row }) => [id, { x: place * STEP.x, y: row * STEP.y + NODE.height / 2 }])
    )
  );
  const snapshots = layout.columns[1].map(({ row }) => row * STEP.y);
  return (
    <svg aria-hidden="true" width="100%" height="100%">
      {layout.edges.map(([from, to]) => {
        const [start, end] = [places.get(from), places.get(to)];
        if (!start || !end) {
          return null;
        }
        const path = pathOf(start, end, snapshots);
        const isRelated = related !== null && related.has(from) && related.has(to);
        return (
          <path
            key={`${from} ${to}`}
            className={isRelated ? 'jp-modelop-mod-related' : undefined}
            d={path}
          />
        );
      })}
    </svg>
  );
}

interface IPoint {
  readonly x: number;
  readonly y: number;
}

/**
 * Draw a line from the right side of a node to the left side of another.
 *
 * One that passes the snapshots does so between them, so that it does not seem to end there; `tops` are theirs.
 */
function pathOf(start: IPoint, end: IPoint, tops: readonly number[]): string {
  const from = { x: start.x + NODE.width, y: start.y };
  if (end.x - start.x <= STEP.x) {
    return `M${from.x} ${from.y}${curve(from, end)}`;
  }
  const gap = (STEP.y - NODE.height) / 2;
  const straight = (start.y + end.y) / 2;
  const inTheWay = tops.find(top => straight > top - gap && straight < top + NODE.height + gap);
  const above = inTheWay !== undefined && straight < inTheWay + NODE.height / 2;
  const y =
    inTheWay === undefined ? straight : above ? inTheWay - gap : inTheWay + NODE.height + gap;
  const [enter, leave] = [
    { x: STEP.x, y },
    { x: STEP.x + NODE.width, y }
  ];
  return `M${from.x} ${from.y}${curve(from, enter)}H${leave.x}${curve(leave, end)}`;
}

function curve(from: IPoint, to: IPoint): string {
  const middle = (from.x + to.x) / 2;
  return `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}

/** Return what shows a node and opens what it names. */
function useShownNode(props: {
  model: ModelDetail;
  view: LineageView;
  onCompare: (before: string, after: string) => void;
}): (node: LineageNode) => IShownNode {
  const { commands, trans } = useModelOp();
  const { model, view, onCompare } = props;
  const { notebook, paths } = view;
  const openFile = (path: string) => void commands.execute('docmanager:open', { path });
  const openJob = (job: string) => void commands.execute(CommandIDs.openJob, { job });
  return node => {
    switch (node.kind) {
      case 'cell': {
        const last = node.cell.functions[node.cell.functions.length - 1];
        const detail = cellText(last, trans);
        const args = { model: model.name, name: last.name, asset: model.primary_source };
        return {
          title: [...new Set(node.cell.functions.map(({ name }) => name))].join(', '),
          detail,
          hint: notebook === null ? detail : trans.__('%1 of %2', detail, notebook),
          open: () =>
            void commands.execute(CommandIDs.openFunction, { ...args, notebook, cell: last.cell })
        };
      }
      case 'data': {
        const { name, path, size, digest, made_by: maker } = node.data;
        const shownPath = paths[path];
        const made =
          maker && trans.__('written by %1, job %2', maker.snapshot, maker.job.slice(0, 8));
        return {
          title: PathExt.basename(name),
          detail: made || (size === null ? '' : bytes(size)),
          hint: [path, ...(digest ? [digest] : []), ...(made ? [made] : [])].join('\n'),
          open: shownPath ? () => openFile(shownPath) : maker ? () => openJob(maker.job) : null
        };
      }
      case 'snapshot': {
        const { ref, created, created_by: author, git, before } = node.snapshot;
        return {
          title: ref,
          detail: git ? commitText(git, trans) : byAuthor(ago(created), author, trans),
          hint: byAuthor(moment(created), author, trans),
          open: () => (before ? onCompare(before, ref) : onCompare(ref, model.name))
        };
      }
      case 'job': {
        const { id, kind, state, created, created_by: author } = node.job;
        return {
          title: `${kind} ${id.slice(0, 8)}`,
          detail: trans.__('%1, %2', state.text, ago(created)),
          hint: byAuthor(moment(created), author, trans),
          open: () => openJob(id)
        };
      }
      case 'result': {
        const { job, output } = node;
        const shownPath = paths[output];
        return {
          title: PathExt.basename(output),
          detail: resultText(job, trans),
          hint: output,
          open: () => (shownPath ? openFile(shownPath) : openJob(job.id))
        };
      }
    }
  };
}

function resultText(
  { kind, counts }: { kind: string; counts: { records_out: number } },
  trans: TranslationBundle
): string {
  return kind === 'batch'
    ? trans._n('%2 record', '%2 records', counts.records_out, count(counts.records_out))
    : kind;
}

/** Say to a screen reader what a node is of, and what is of it. */
function relations(
  id: string,
  { edges }: ILineageLayout,
  titleOf: (id: string) => string,
  trans: TranslationBundle
): string[] {
  const named = (ids: readonly string[]) => {
    const texts = ids.slice(0, MOST_NAMED).map(titleOf);
    const more = ids.length - texts.length;
    return [...texts, ...(more > 0 ? [trans._n('%1 more', '%1 more', more)] : [])].join(', ');
  };
  const from = edges.filter(([, to]) => to === id).map(([source]) => source);
  const to = edges.filter(([source]) => source === id).map(([, target]) => target);
  return [
    ...(from.length > 0 ? [trans.__('From %1', named(from))] : []),
    ...(to.length > 0 ? [trans.__('Leads to %1', named(to))] : [])
  ];
}

/** Return the node to which a key moves, null for another key or where there is none. */
function nextNode(
  key: string,
  id: string | null,
  { columns, edges }: ILineageLayout
): string | null {
  const column = columns.find(nodes => nodes.some(node => node.id === id)) ?? [];
  const place = column.findIndex(node => node.id === id);
  const row = column[place]?.row ?? 0;
  const rows = new Map(columns.flat().map(node => [node.id, node.row]));
  const nearest = (ids: readonly string[]) =>
    [...ids].sort(
      (one, other) => Math.abs(rows.get(one)! - row) - Math.abs(rows.get(other)! - row)
    )[0];
  const targets: Readonly<Record<string, () => string | undefined>> = {
    ArrowUp: () => column[place - 1]?.id,
    ArrowDown: () => column[place + 1]?.id,
    Home: () => column[0]?.id,
    End: () => column[column.length - 1]?.id,
    ArrowLeft: () => nearest(edges.filter(([, to]) => to === id).map(([from]) => from)),
    ArrowRight: () => nearest(edges.filter(([from]) => from === id).map(([, to]) => to))
  };
  return targets[key]?.() ?? null;
}
