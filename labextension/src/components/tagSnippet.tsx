import { Clipboard } from '@jupyterlab/apputils';
import * as React from 'react';
import { useCommandEnabled, useModelOp } from '../state/context';
import { useExamples } from '../state/queries';
import { CommandIDs } from '../tokens';
import { TextButton } from './primitives';

/** A tag above a function, to copy or to insert into the open notebook. */
export function TagSnippet(): JSX.Element | null {
  const { commands, trans } = useModelOp();
  const canInsert = useCommandEnabled(CommandIDs.insertSnippet);
  const { data } = useExamples();
  const [isCopied, setCopied] = React.useState(false);
  if (!data) {
    return null;
  }
  const source = data.snippet;
  const copy = () => {
    Clipboard.copyToSystem(source);
    setCopied(true);
  };
  return (
    <div className="jp-modelop-snippet">
      <pre className="jp-modelop-source" tabIndex={0} aria-label={trans.__('A tagged function')}>
        {source.trimEnd()}
      </pre>
      <div className="jp-modelop-actions">
        {canInsert ? (
          <TextButton
            label={trans.__('Insert into notebook')}
            title={trans.__('Insert a cell with these lines below the active cell')}
            onClick={() => void commands.execute(CommandIDs.insertSnippet, { source })}
          />
        ) : (
          <TextButton
            label={isCopied ? trans.__('Copied') : trans.__('Copy')}
            title={trans.__('Copy these lines')}
            onClick={copy}
          />
        )}
      </div>
    </div>
  );
}
