import * as React from 'react';
import type { ModelDetail } from '../api/types';
import { EmptyMessage } from '../components/primitives';
import { TagSnippet } from '../components/tagSnippet';
import { cellText } from '../components/origin';
import { useModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/** The entry points of a model, each with a link to its cell or source line. */
export function FunctionsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { commands, trans } = useModelOp();
  if (model.functions.length === 0) {
    return (
      <EmptyMessage>
        {trans.__(
          'No function is tagged. Write a tag above the function that scores a record, and register again:'
        )}
        <TagSnippet />
      </EmptyMessage>
    );
  }
  return (
    <table className="jp-modelop-table">
      <tbody>
        {model.functions.map(({ kind, name, asset, line, captured }) => (
          <tr key={kind}>
            <th scope="row">{kind}</th>
            <td>
              <button
                type="button"
                className="jp-modelop-link"
                title={
                  model.notebook === null
                    ? `${asset}, ${trans.__('line %1', line ?? 1)}`
                    : [model.notebook, ...(captured ? [cellText(captured, trans)] : [])].join(', ')
                }
                onClick={() =>
                  void commands.execute(CommandIDs.openFunction, {
                    model: model.name,
                    name,
                    notebook: model.notebook,
                    cell: captured?.cell ?? null,
                    asset,
                    line
                  })
                }
              >
                {name}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
