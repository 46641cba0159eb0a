import * as React from 'react';
import { useModelOp } from '../context';
import { count } from '../format';

/** Moves through the pages of a long list. */
export function Pager(props: {
  offset: number;
  size: number;
  total: number;
  onMove: (offset: number) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { offset, size, total, onMove } = props;
  const last = Math.floor(Math.max(total - 1, 0) / size) * size;
  const button = (label: string, target: number, sign: string) => (
    <button
      type="button"
      className="jp-modelop-pagerButton"
      aria-label={label}
      title={label}
      disabled={target === offset || target < 0 || target > last}
      onClick={() => onMove(target)}
    >
      {sign}
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
