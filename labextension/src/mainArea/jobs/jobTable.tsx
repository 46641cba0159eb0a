import type { TranslationBundle } from '@jupyterlab/translation';
import { PathExt } from '@jupyterlab/coreutils';
import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import * as React from 'react';
import type { JobRecord, JobSummary, Progress } from '../../api/types';
import { count, ago, duration, moment, secondsBetween, shortAgo } from '../../components/format';
import { jobName } from '../../components/jobNames';
import { Badge } from '../../components/primitives';
import { doneFraction, isDone, jobBadge, progressParts } from '../../components/status';
import { ageInterval, useInterval } from '../../components/useInterval';
import { useModelOp } from '../../state/context';
import { CommandIDs } from '../../tokens';
import type { IJobPages } from './jobPages';
import type { IJobQuery, JobColumn } from './jobQuery';

const ROW_HEIGHT = 30;
const OVERSCAN = 10;

type Selection = ReadonlyMap<string, JobRecord>;

/** A column: its title, what the server sorts by, and which way round at first. */
type Column = readonly [string, JobColumn | null, IJobQuery['order']];

function columnsOf(trans: TranslationBundle): readonly Column[] {
  return [
    [trans.__('Model'), 'model', 'ascending'],
    [trans.__('Kind'), 'kind', 'ascending'],
    [trans.__('Result'), 'state', 'ascending'],
    [trans.__('Submitted'), 'created', 'descending'],
    [trans.__('Duration'), 'duration', 'descending'],
    [trans.__('Records'), 'records', 'descending'],
    [trans.__('Input'), null, 'ascending']
  ];
}

/**
 * The jobs as a grid of which only the visible rows exist.
 *
 * The grid itself keeps the focus: arrows, Page Up and Down, Home and End move the active row, Space selects
 * it, with Shift all on the way, and Enter opens it.
 */
export function JobTable(props: {
  parameters: string;
  pages: IJobPages;
  total: number;
  query: IJobQuery;
  selected: Selection;
  onSelect: (selected: Selection) => void;
  onSort: (sort: JobColumn, order: IJobQuery['order']) => void;
}): JSX.Element {
  const { commands, trans } = useModelOp();
  const { parameters, pages, total, query, selected, onSelect, onSort } = props;
  const id = React.useId();
  const grid = React.useRef<HTMLDivElement>(null);
  const [active, setActive] = React.useState(0);
  const [anchor, setAnchor] = React.useState(0);
  const current = Math.min(active, total - 1);
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => grid.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    // The header covers the first row's height of the scrolled area.
    scrollPaddingStart: ROW_HEIGHT,
    // A screen reader is told of the active row by its id: it has to exist wherever it is.
    rangeExtractor: range => [...new Set([...defaultRangeExtractor(range), current])].sort(byNumber)
  });
  const isFirst = React.useRef(true);
  React.useEffect(() => {
    // Other jobs, or another order: from the top again.
    if (!isFirst.current) {
      setActive(0);
      setAnchor(0);
      virtualizer.scrollToOffset(0);
    }
    isFirst.current = false;
  }, [parameters]);
  const items = virtualizer.getVirtualItems();
  const { startIndex, endIndex } = virtualizer.range ?? { startIndex: 0, endIndex: 0 };
  const { isScrolling } = virtualizer;
  React.useEffect(() => {
    // Not while the scroll bar is dragged over thousands of jobs.
    if (!isScrolling || pages.at(startIndex) || pages.at(endIndex)) {
      pages.show(Math.max(startIndex - OVERSCAN, 0), Math.min(endIndex + OVERSCAN, total - 1));
    }
  }, [parameters, isScrolling, startIndex, endIndex, total]);
  const youngest = Math.min(...items.map(({ index }) => intervalOf(pages.at(index))));
  useInterval(Number.isFinite(youngest) ? youngest : null);

  const open = (index: number) => {
    const job = pages.at(index)?.record;
    if (job) {
      void commands.execute(CommandIDs.openJob, { job: job.id });
    }
  };
  const toggle = (index: number) => {
    const job = pages.at(index)?.record;
    if (job) {
      const next = new Map(selected);
      if (!next.delete(job.id)) {
        next.set(job.id, job);
      }
      onSelect(next);
      setAnchor(index);
    }
  };
  const selectUpTo = (index: number) => {
    const next = new Map(selected);
    for (let place = Math.min(anchor, index); place <= Math.max(anchor, index); place++) {
      const job = pages.at(place)?.record;
      if (job) {
        next.set(job.id, job);
      }
    }
    onSelect(next);
  };
  const moveTo = (index: number, isSelecting: boolean) => {
    const place = Math.max(0, Math.min(index, total - 1));
    setActive(place);
    virtualizer.scrollToIndex(place);
    if (isSelecting) {
      selectUpTo(place);
    } else {
      setAnchor(place);
    }
  };
  const perPage = Math.max(1, endIndex - startIndex - 1);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const actions: Record<string, () => void> = {
      ArrowDown: () => moveTo(current + 1, event.shiftKey),
      ArrowUp: () => moveTo(current - 1, event.shiftKey),
      PageDown: () => moveTo(current + perPage, event.shiftKey),
      PageUp: () => moveTo(current - perPage, event.shiftKey),
      Home: () => moveTo(0, event.shiftKey),
      End: () => moveTo(total - 1, event.shiftKey),
      ' ': () => toggle(current),
      Enter: () => open(current),
      Escape: () => onSelect(new Map())
    };
    if (event.key in actions && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      actions[event.key]();
    }
  };
  const onRowClick = (event: React.MouseEvent, index: number) => {
    setActive(index);
    if (event.shiftKey) {
      selectUpTo(index);
    } else if (event.ctrlKey || event.metaKey) {
      toggle(index);
    } else {
      const job = pages.at(index)?.record;
      onSelect(new Map(job ? [[job.id, job]] : []));
      setAnchor(index);
    }
  };
  return (
    <div
      ref={grid}
      role="grid"
      tabIndex={0}
      className="jp-modelop-grid"
      aria-label={trans.__('Jobs: space selects, Enter opens')}
      aria-multiselectable={true}
      aria-rowcount={total + 1}
      aria-activedescendant={`${id}-${current}`}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="jp-modelop-gridHead">
        <div role="row" aria-rowindex={1} className="jp-modelop-gridRow">
          <div role="columnheader" className="jp-modelop-mod-select">
            <span className="jp-modelop-hidden">{trans.__('Selected')}</span>
          </div>
          {columnsOf(trans).map(([label, column, first]) => (
            <ColumnHeader
              key={label}
              label={label}
              column={column}
              order={column === query.sort ? query.order : null}
              onSort={order => column !== null && onSort(column, order ?? first)}
            />
          ))}
        </div>
      </div>
      <div role="rowgroup" style={{ position: 'relative', height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const summary = pages.at(index);
          const isSelected = summary !== undefined && selected.has(summary.record.id);
          return (
            <div
              key={index}
              id={`${id}-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={isSelected}
              className={`jp-modelop-gridRow ${index === current ? 'jp-modelop-mod-active' : ''}`}
              style={{
                position: 'absolute',
                top: 0,
                width: '100%',
                transform: `translateY(${start}px)`
              }}
              onClick={event => onRowClick(event, index)}
              onDoubleClick={() => open(index)}
            >
              {summary ? (
                <Cells
                  summary={summary}
                  isSelected={isSelected}
                  onToggle={() => toggle(index)}
                  onOpen={() => open(index)}
                />
              ) : (
                <div role="gridcell" className="jp-modelop-muted">
                  {trans.__('Loading…')}
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The header of a column; a click sorts by it, another one the other way round. */
function ColumnHeader(props: {
  label: string;
  column: JobColumn | null;
  order: IJobQuery['order'] | null;
  onSort: (order: IJobQuery['order'] | null) => void;
}): JSX.Element {
  const { label, column, order, onSort } = props;
  const caret = order === 'ascending' ? caretUpIcon : caretDownIcon;
  const reverse = order === 'ascending' ? 'descending' : 'ascending';
  return (
    <div
      role="columnheader"
      className={`jp-modelop-mod-${column ?? 'input'}`}
      aria-sort={column === null ? undefined : (order ?? 'none')}
    >
      {column === null ? (
        label
      ) : (
        <button
          type="button"
          className="jp-modelop-sort"
          onClick={() => onSort(order === null ? null : reverse)}
        >
          {label}
          {order !== null && <caret.react tag="span" elementPosition="center" />}
        </button>
      )}
    </div>
  );
}

function Cells(props: {
  summary: JobSummary;
  isSelected: boolean;
  onToggle: () => void;
  onOpen: () => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { summary, isSelected, onToggle, onOpen } = props;
  const { record: job, progress } = summary;
  const badge = jobBadge(job, trans, progress);
  const bad = job.counts.failed + job.counts.rejected;
  const [input, ...others] = job.inputs;
  // The row would take the click for its own.
  const alone = (action: () => void) => (event: React.MouseEvent) => {
    event.stopPropagation();
    action();
  };
  return (
    <>
      <div role="gridcell" className="jp-modelop-mod-select" onClick={alone(() => undefined)}>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={trans.__('Select %1', jobName(job, trans))}
          checked={isSelected}
          onChange={onToggle}
        />
      </div>
      <div role="gridcell" className="jp-modelop-mod-model">
        <button
          type="button"
          tabIndex={-1}
          className="jp-modelop-link jp-modelop-name"
          title={trans.__('Open %1', jobName(job, trans))}
          onClick={alone(onOpen)}
        >
          {job.model}@{job.snapshot}
        </button>
      </div>
      <div role="gridcell" className="jp-modelop-mod-kind">
        {job.kind}
      </div>
      <div role="gridcell" className="jp-modelop-mod-state">
        <Badge {...badge} title={`${badge.text}\n${badge.title}`} />
        {progress && (
          <span
            className="jp-modelop-muted"
            title={progressParts(job, progress, trans).join(' · ')}
          >
            {percentOf(progress, trans)}
          </span>
        )}
      </div>
      <div role="gridcell" className="jp-modelop-mod-created" title={moment(job.created)}>
        <span className="jp-modelop-mod-long">{ago(job.created)}</span>
        <span className="jp-modelop-mod-short">{shortAgo(job.created)}</span>
      </div>
      <div role="gridcell" className="jp-modelop-mod-duration">
        {job.started && duration(secondsBetween(job.started, isDone(job) ? job.ended : null))}
      </div>
      <div role="gridcell" className="jp-modelop-mod-records">
        {job.counts.records_in > 0 && count(job.counts.records_in)}
        {bad > 0 && <span className="jp-modelop-bad">{trans.__(' (%1 bad)', count(bad))}</span>}
      </div>
      <div role="gridcell" className="jp-modelop-mod-input" title={input?.name}>
        {input && PathExt.basename(input.name)}
        {others.length > 0 && trans.__(' and %1 more', others.length)}
      </div>
    </>
  );
}

/** Return how far a job is, in a few words: `43 %`. */
function percentOf(progress: Progress, trans: TranslationBundle): string {
  const fraction = doneFraction(progress);
  return fraction === null ? '' : trans.__('%1 %', Math.floor(100 * Math.min(fraction, 1)));
}

/** Return in how many seconds a row looks different. */
function intervalOf(summary: JobSummary | undefined): number {
  if (summary === undefined) {
    return Infinity;
  }
  return isDone(summary.record) ? ageInterval(summary.record.created) : 1;
}

function byNumber(one: number, other: number): number {
  return one - other;
}
