import type { JupyterFrontEnd } from '@jupyterlab/application';
import * as React from 'react';
import type { AssetContent } from '../api/types';
import { ComponentWidget } from '../components/componentWidget';
import type { IModelOp } from '../state/context';
import { mainAreaTab, openBeside } from './openBeside';

/** Open the registered text of an asset, with `line` (from 1) marked and scrolled into view. */
export function openSource(
  app: JupyterFrontEnd,
  context: IModelOp,
  model: string,
  asset: AssetContent,
  line: number | null
): void {
  const id = `modelop-jupyter-source-${model}-${asset.path}`;
  const title = `${model}: ${asset.path}`;
  const content = new ComponentWidget(context, `${id}-text`, title, () => (
    <SourceView asset={asset} line={line} />
  ));
  content.addClass('jp-modelop-jobPanel');
  openBeside(app, mainAreaTab(content, `${id}-${line ?? 0}`), 'ModelOp Source');
}

function SourceView({ asset, line }: { asset: AssetContent; line: number | null }): JSX.Element {
  const marked = React.useRef<HTMLSpanElement>(null);
  React.useEffect(() => marked.current?.scrollIntoView({ block: 'center' }), []);
  return (
    <pre className="jp-modelop-source" tabIndex={0} aria-label={asset.path}>
      {(asset.text ?? '').split('\n').map((text, index) => (
        <span
          key={index}
          ref={index + 1 === line ? marked : undefined}
          className={index + 1 === line ? 'jp-modelop-mod-line' : undefined}
        >
          {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
