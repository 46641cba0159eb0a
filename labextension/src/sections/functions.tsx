import * as React from 'react';
import { Empty } from '../components/parts';
import { useModelOp } from '../context';
import { CommandIDs } from '../tokens';
import type { ModelDetail } from '../types';

/** The functions that ModelOp Center calls, each with a way to its cell or line. */
export function FunctionsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { commands, trans } = useModelOp();
  if (model.functions.length === 0) {
    return (
      <Empty>
        {trans.__(
          'No function is tagged. Write # modelop.score above the function that scores a record, and register again.'
        )}
      </Empty>
    );
  }
  return (
    <table className="jp-modelop-table">
      <tbody>
        {model.functions.map(each => (
          <tr key={each.kind}>
            <th scope="row">{each.kind}</th>
            <td>
              <button
                type="button"
                className="jp-modelop-link"
                title={model.notebook ?? `${each.asset}, ${trans.__('line %1', each.line ?? 1)}`}
                onClick={() =>
                  void commands.execute(CommandIDs.openFunction, {
                    model: model.name,
                    name: each.name,
                    notebook: model.notebook,
                    asset: each.asset,
                    line: each.line
                  })
                }
              >
                {each.name}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
