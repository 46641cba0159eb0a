import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import * as React from 'react';
import type { IModelOp } from './context';
import { modelopIcon } from './icons';
import { openBeside } from './place';
import { Section } from './sidebar';
import type { AssetContent } from './types';

/** Show an asset's text as it is registered, at a line. */
export function openSource(
  app: JupyterFrontEnd,
  context: IModelOp,
  model: string,
  content: AssetContent,
  line: number | null
): void {
  const id = `modelop-jupyter-source-${model}-${content.path}`;
  const title = `${model}: ${content.path}`;
  const section = new Section(context, `${id}-text`, title, () => (
    <Source content={content} line={line} />
  ));
  section.addClass('jp-modelop-jobPanel');
  const widget = new MainAreaWidget({ content: section });
  widget.id = `${id}-${line ?? 0}`;
  widget.title.icon = modelopIcon;
  widget.title.closable = true;
  openBeside(app, widget, 'ModelOp Source');
}

function Source({ content, line }: { content: AssetContent; line: number | null }): JSX.Element {
  const marked = React.useRef<HTMLSpanElement>(null);
  React.useEffect(() => marked.current?.scrollIntoView({ block: 'center' }), []);
  return (
    <pre className="jp-modelop-source" tabIndex={0} aria-label={content.path}>
      {(content.text ?? '').split('\n').map((text, index) => (
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
