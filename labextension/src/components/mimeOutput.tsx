import { Widget } from '@lumino/widgets';
import * as React from 'react';
import { useModelOp } from '../state/context';
import { ErrorMessage } from './primitives';

/** Data of a MIME type, shown by JupyterLab's renderer of that type as in a notebook's output. */
export function MimeOutput(props: { type: string; data: unknown; label?: string }): JSX.Element {
  const { rendermime } = useModelOp();
  const { type, data, label } = props;
  const node = React.useRef<HTMLDivElement>(null);
  const [error, setError] = React.useState<Error | null>(null);
  // Lumino detaches a widget only while its element is in the page: in the cleanup of a passive effect it
  // no longer is.
  React.useLayoutEffect(() => {
    if (rendermime === null || node.current === null) {
      return;
    }
    const model = rendermime.createModel({ data: { [type]: data as never }, trusted: true });
    const renderer = rendermime.createRenderer(type);
    Widget.attach(renderer, node.current);
    renderer.renderModel(model).then(
      () => labelVegaMenus(renderer.node),
      reason => setError(reason as Error)
    );
    return () => renderer.dispose();
  }, [rendermime, type, data]);
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <div ref={node} role={label ? 'figure' : undefined} aria-label={label} />
    </>
  );
}

/** Return whether there is a renderer of a MIME type. */
export function useCanRender(type: string): boolean {
  const { rendermime } = useModelOp();
  return rendermime?.mimeTypes.includes(type) ?? false;
}

/** Label Vega's menu button for screen readers: its text is three dots, its name only a tooltip. */
function labelVegaMenus(node: HTMLElement): void {
  for (const menu of node.querySelectorAll('details[title]')) {
    menu.querySelector('summary')?.setAttribute('aria-label', menu.getAttribute('title')!);
  }
}
