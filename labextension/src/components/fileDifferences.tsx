import * as React from 'react';
import type { ModelDiff } from '../api/types';
import { useModelOp } from '../state/context';

type AssetChange = ModelDiff['assets'][number];

// The rest can be opened: each is an editor of its own.
const OPEN = 3;
// Narrower, the two sides stand below one another.
const SIDE_BY_SIDE = 560;

/** The files that differ between two versions, their texts side by side. */
export function FileDifferences({ diff }: { diff: ModelDiff }): JSX.Element {
  const { trans } = useModelOp();
  const shown = diff.assets.filter(({ text }) => text !== '');
  const others = diff.assets.filter(({ text }) => text === '');
  return (
    <>
      {shown.map((asset, index) => (
        <FileDifference key={asset.path} asset={asset} diff={diff} isOpen={index < OPEN} />
      ))}
      {others.length > 0 && (
        <p className="jp-modelop-muted">
          {trans.__('Not shown as text: %1', others.map(({ path }) => path).join(', '))}
        </p>
      )}
    </>
  );
}

function FileDifference(props: {
  asset: AssetChange;
  diff: ModelDiff;
  isOpen: boolean;
}): JSX.Element {
  const { asset, diff } = props;
  const [isOpen, setOpen] = React.useState(props.isOpen);
  return (
    <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{asset.path}</summary>
      {isOpen && <Merge asset={asset} before={diff.before} after={diff.after} />}
    </details>
  );
}

/** The merge view of a file; its unified diff until that is loaded, or where there is no such editor. */
function Merge(props: { asset: AssetChange; before: string; after: string }): JSX.Element {
  const { languages, trans } = useModelOp();
  const { path, text, before_text: old, after_text: now } = props.asset;
  const { before, after } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [isShown, setShown] = React.useState(false);
  const isWide = useIsWide(host, SIDE_BY_SIDE);
  React.useEffect(() => {
    if (isWide === null || host.current === null || old === undefined || now === undefined) {
      return;
    }
    const node = host.current;
    let isGone = false;
    let remove = () => undefined as void;
    const show = async () => {
      const { showMerge } = await import('./mergeEditor');
      const shown = await showMerge(node, {
        path,
        texts: [old ?? '', now ?? ''],
        labels: [trans.__('%1, %2', path, before), trans.__('%1, %2', path, after)],
        isSideBySide: isWide,
        languages
      });
      if (isGone) {
        shown();
      } else {
        remove = shown;
        setShown(true);
      }
    };
    show().catch(reason => console.warn(`modelop-jupyter: no merge view of ${path} (${reason})`));
    return () => {
      isGone = true;
      remove();
      setShown(false);
    };
  }, [old, now, path, before, after, isWide, languages]);
  return (
    <div className="jp-modelop-merge">
      {isShown && isWide && (
        <div className="jp-modelop-mergeSides jp-modelop-muted">
          <span>{before}</span>
          <span>{after}</span>
        </div>
      )}
      <div ref={host} />
      {!isShown && (
        <pre tabIndex={0} className="jp-modelop-mergeText" aria-label={path}>
          {text}
        </pre>
      )}
    </div>
  );
}

/** Return whether an element is as wide as that, null before it is laid out. */
function useIsWide(element: React.RefObject<HTMLElement>, width: number): boolean | null {
  const [isWide, setWide] = React.useState<boolean | null>(null);
  React.useLayoutEffect(() => {
    if (element.current === null || typeof ResizeObserver === 'undefined') {
      return;
    }
    const observer = new ResizeObserver(([entry]) => {
      // Hidden, it has no width, and keeps the view it has.
      if (entry.contentRect.width > 0) {
        setWide(entry.contentRect.width >= width);
      }
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, width]);
  return isWide;
}
