import { Clipboard } from '@jupyterlab/apputils';
import * as React from 'react';
import { useCommandEnabled, useModelOp } from '../state/context';
import { CommandIDs } from '../tokens';
import { TextButton } from './primitives';

/** The least that a notebook needs to become a model. */
export const TAG_SNIPPET = `# modelop.score
def score(record):
    yield record
`;

/** A tag above a function, to copy or to insert into the open notebook, and a notebook that has it all. */
export function TagSnippet(): JSX.Element {
  const { commands, trans } = useModelOp();
  const canInsert = useCommandEnabled(CommandIDs.insertSnippet);
  const hasExample = useCommandEnabled(CommandIDs.openExample);
  const [isCopied, setCopied] = React.useState(false);
  const copy = () => {
    Clipboard.copyToSystem(TAG_SNIPPET);
    setCopied(true);
  };
  return (
    <div className="jp-modelop-snippet">
      <pre className="jp-modelop-source">{TAG_SNIPPET}</pre>
      <div className="jp-modelop-actions">
        {canInsert ? (
          <TextButton
            label={trans.__('Insert into notebook')}
            title={trans.__('Insert a cell with these lines below the active cell')}
            onClick={() => void commands.execute(CommandIDs.insertSnippet, { source: TAG_SNIPPET })}
          />
        ) : (
          <TextButton
            label={isCopied ? trans.__('Copied') : trans.__('Copy')}
            title={trans.__('Copy these lines')}
            onClick={copy}
          />
        )}
        {hasExample && (
          <TextButton
            label={trans.__('Open an example')}
            title={trans.__('Open a notebook with a model that works')}
            onClick={() => void commands.execute(CommandIDs.openExample)}
          />
        )}
      </div>
    </div>
  );
}
