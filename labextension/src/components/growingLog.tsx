import * as React from 'react';
import { useModelOp } from '../state/context';
import { useVisibility } from '../state/visibility';
import { ErrorMessage } from './primitives';

/** The interval of polls of a log that still grows, in milliseconds; five times as long after an error. */
const POLL_INTERVAL = 700;

/** How many lines are shown: the last ones. */
const MOST_LINES = 5000;

/** Lines of a log, and the place after them. */
export interface ILogPart<Place> {
  readonly lines: readonly string[];
  readonly next: Place;
  /** Whether nothing will be added to the log. */
  readonly isDone: boolean;
}

/** A log, updated while it grows and is seen; `fetchPart` gets the place after the last part, at first null. */
export function GrowingLog<Place extends string | number>(props: {
  fetchPart: (place: Place | null) => Promise<ILogPart<Place>>;
}): JSX.Element {
  const { trans } = useModelOp();
  const { fetchPart } = props;
  const isVisible = useVisibility();
  const [lines, setLines] = React.useState<readonly string[]>([]);
  const [error, setError] = React.useState<Error | null>(null);
  const place = React.useRef<Place | null>(null);
  const node = React.useRef<HTMLPreElement>(null);
  const isAtEnd = React.useRef(true);
  React.useEffect(() => {
    place.current = null;
    setLines([]);
  }, [fetchPart]);
  React.useEffect(() => {
    if (!isVisible) {
      return;
    }
    let isUnmounted = false;
    let timer = 0;
    const poll = async () => {
      try {
        const part = await fetchPart(place.current);
        if (isUnmounted) {
          return;
        }
        // Of a filtered log no line of a part may be wanted.
        const hasMoved = part.lines.length > 0 || part.next !== place.current;
        place.current = part.next;
        setError(null);
        if (part.lines.length > 0) {
          setLines(previous => [...previous, ...part.lines].slice(-MOST_LINES));
        }
        if (!part.isDone) {
          timer = window.setTimeout(poll, hasMoved ? 0 : POLL_INTERVAL);
        }
      } catch (reason) {
        if (!isUnmounted) {
          setError(reason as Error);
          timer = window.setTimeout(poll, 5 * POLL_INTERVAL);
        }
      }
    };
    void poll();
    return () => {
      isUnmounted = true;
      window.clearTimeout(timer);
    };
  }, [fetchPart, isVisible]);
  React.useLayoutEffect(() => {
    if (node.current && isAtEnd.current) {
      node.current.scrollTop = node.current.scrollHeight;
    }
  }, [lines]);
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <pre
        ref={node}
        className="jp-modelop-log"
        role="log"
        tabIndex={0}
        aria-label={trans.__('Log')}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 4;
        }}
      >
        {lines.join('\n')}
      </pre>
    </>
  );
}
