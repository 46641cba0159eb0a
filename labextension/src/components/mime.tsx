import { Widget } from '@lumino/widgets';
import * as React from 'react';
import { useModelOp } from '../context';
import { Problem } from './parts';

/** Shows data of a MIME type as a notebook's output would, by whatever renders that type here. */
export function Mime(props: { type: string; data: unknown; label?: string }): JSX.Element {
  const { rendermime } = useModelOp();
  const { type, data, label } = props;
  const node = React.useRef<HTMLDivElement>(null);
  const [error, setError] = React.useState<Error | null>(null);
  React.useEffect(() => {
    if (rendermime === null || node.current === null) {
      return;
    }
    const model = rendermime.createModel({ data: { [type]: data as never }, trusted: true });
    const renderer = rendermime.createRenderer(type);
    Widget.attach(renderer, node.current);
    renderer.renderModel(model).then(
      () => nameMenus(renderer.node),
      reason => setError(reason as Error)
    );
    return () => renderer.dispose();
  }, [rendermime, type, data]);
  return (
    <>
      {error && <Problem error={error} />}
      <div ref={node} role={label ? 'figure' : undefined} aria-label={label} />
    </>
  );
}

/** Say whether there is anything that renders a MIME type. */
export function useRenders(type: string): boolean {
  const { rendermime } = useModelOp();
  return rendermime?.mimeTypes.includes(type) ?? false;
}

/** Give Vega's menu, which is three dots, the name that only its tooltip has. */
function nameMenus(node: HTMLElement): void {
  for (const menu of node.querySelectorAll('details[title]')) {
    menu.querySelector('summary')?.setAttribute('aria-label', menu.getAttribute('title')!);
  }
}
