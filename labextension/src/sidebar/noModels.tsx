import * as React from 'react';
import { EmptyMessage } from '../components/primitives';
import { TagSnippet } from '../components/tagSnippet';
import { useModelOp } from '../state/context';
import { useExamples } from '../state/queries';
import { CommandIDs } from '../tokens';

/** What makes a function a model, and examples: shown while there are no models. */
export function NoModels(): JSX.Element {
  const { commands, trans } = useModelOp();
  const { data } = useExamples();
  return (
    <EmptyMessage>
      <p>
        {trans.__(
          'No models yet. Run a notebook and register it. You choose its functions then, or tag them:'
        )}
      </p>
      {data && (
        <>
          <TagSnippet />
          <p>{trans.__('Or open an example:')}</p>
          <ul>
            {data.examples.map(({ name, title, summary }) => (
              <li key={name}>
                <button
                  type="button"
                  className="jp-modelop-link"
                  title={summary}
                  onClick={() => void commands.execute(CommandIDs.openExample, { name })}
                >
                  {title}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </EmptyMessage>
  );
}
