import * as React from 'react';
import { useModelOp } from '../state/context';
import { count } from './format';

/** Buttons that move through the pages of a list. */
export function Pager(props: {
  offset: number;
  size: number;
  total: number;
  onMove: (offset: number) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { offset, size, total, onMove } = props;
  const last = Math.floor(Math.max(total - 1, 0) / size) * size;
  const button = (label: string, target: number, symbol: string) => (
    <button
      type="button"
      className="jp-modelop-pagerButton"
      aria-label={label}
      title={label}
      disabled={target === offset || target < 0 || target > last}
      onClick={() => onMove(target)}
    >
      {symbol}
    </button>
  );
  return (
    <nav className="jp-modelop-pager" aria-label={trans.__('Pages')}>
      {button(trans.__('First page'), 0, '«')}
      {button(trans.__('Previous page'), offset - size, '‹')}
      <span aria-live="polite">
        {trans.__(
          '%1–%2 of %3',
          count(offset),
          count(Math.min(offset + size, total) - 1),
          count(total)
        )}
      </span>
      {button(trans.__('Next page'), offset + size, '›')}
      {button(trans.__('Last page'), last, '»')}
    </nav>
  );
}

/** A button that shows more rows of a list, at most 1000; nothing where all are shown. */
export function ShowMore(props: {
  shown: number;
  total: number;
  limit: number;
  step: number;
  onMore: (limit: number) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const { shown, total, limit, step, onMore } = props;
  if (total <= shown) {
    return null;
  }
  return (
    <button
      type="button"
      className="jp-modelop-more"
      onClick={() => onMore(Math.min(limit + step, 1000))}
    >
      {trans.__('Show more (%1 of %2 shown)', shown, total)}
    </button>
  );
}
