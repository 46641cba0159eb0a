import type { IEditorServices } from '@jupyterlab/codeeditor';
import { notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ModelDetail } from '../../api/types';
import { CodeView } from '../../components/codeView';
import { EmptyMessage, IconButton } from '../../components/primitives';
import { useModelOp } from '../../state/context';
import { CommandIDs } from '../../tokens';
import { NotebookLink } from './notebookLink';

/** A function or class at the top level of a source; the line is counted from 1. */
interface IDefinition {
  readonly name: string;
  readonly line: number;
}

/** The source of a model, and links from its functions to their lines and notebook cells. */
export function Source(props: {
  model: ModelDetail;
  editors: IEditorServices | null;
}): JSX.Element {
  const { commands, trans } = useModelOp();
  const { model, editors } = props;
  const { name, notebook, primary_source: path, source } = model;
  const [target, setTarget] = React.useState<{ line: number } | null>(null);
  if (source === null || path === null) {
    return (
      <EmptyMessage>
        {trans.__('There is no source. Register a notebook or a .py file under this name.')}
      </EmptyMessage>
    );
  }
  const definitions = definitionsOf(source);
  return (
    <>
      <p className="jp-modelop-muted">
        {path}
        {notebook !== null && (
          <>
            {trans.__(', captured from ')}
            <NotebookLink path={notebook} />
          </>
        )}
      </p>
      {definitions.length > 0 && (
        <ul
          className="jp-modelop-definitions"
          aria-label={trans.__('Functions and classes of %1', path)}
        >
          {definitions.map(({ name: function_, line }) => (
            <li key={`${function_} ${line}`}>
              <button
                type="button"
                className="jp-modelop-link"
                title={trans.__('Line %1', line)}
                onClick={() => setTarget({ line })}
              >
                {function_}
              </button>
              {notebook !== null && (
                <IconButton
                  icon={notebookIcon}
                  label={trans.__('Show the cell of %1', function_)}
                  onClick={() =>
                    void commands.execute(CommandIDs.openFunction, {
                      model: name,
                      name: function_,
                      notebook,
                      asset: path,
                      line
                    })
                  }
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <CodeView
        text={source}
        mimeType={path.endsWith('.py') ? 'text/x-python' : 'text/plain'}
        label={trans.__('Source of %1', name)}
        editors={editors}
        target={target}
      />
    </>
  );
}

/** Return the functions and classes at the top level of a Python source. */
export function definitionsOf(source: string): IDefinition[] {
  const definition = /^(?:async[ \t]+def|def|class)[ \t]+(\w+)/;
  return source
    .split('\n')
    .map((text, index) => ({ name: definition.exec(text)?.[1] ?? '', line: index + 1 }))
    .filter(({ name }) => name !== '');
}
