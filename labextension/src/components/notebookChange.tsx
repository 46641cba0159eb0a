import * as React from 'react';
import type { ModelDetail } from '../api/types';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { TextButton } from './primitives';

/** A sign beside the name of a model whose saved notebook differs from what is registered. */
export function ChangedNotebookSign({ model }: { model: string }): JSX.Element | null {
  const { trans } = useModelOp();
  const { data: names } = useServerQuery({
    // Queries of models are fetched again when a notebook is saved.
    key: ['model', 'changed notebooks'],
    topics: ['models'],
    fetch: client => client.changedNotebooks()
  });
  const title = trans.__('The notebook differs from what is registered');
  return names?.includes(model) ? (
    <span className="jp-modelop-changed" role="img" aria-label={title} title={title}>
      ≠
    </span>
  ) : null;
}

/**
 * What differs between the saved notebook of a model and the registered source, and a button to register again.
 *
 * With `ran`, the snapshot that a job ran, it is shown only if the job ran what is registered.
 */
export function NotebookChange(props: { model: ModelDetail; ran?: string }): JSX.Element | null {
  const { commands, trans } = useModelOp();
  const { model, ran } = props;
  const { notebook, notebook_change: change } = model;
  if (!change || !notebook || (ran !== undefined && ran !== change.ref)) {
    return null;
  }
  return (
    <div className="jp-modelop-warn">
      <details>
        <summary>
          {ran === undefined
            ? trans.__('The notebook differs from %1', change.ref)
            : trans.__('The notebook differs from %1, which this job runs', change.ref)}
        </summary>
        <pre tabIndex={0} className="jp-modelop-source">
          {change.diff}
        </pre>
      </details>
      <TextButton
        label={trans.__('Register again')}
        onClick={() => void commands.execute(CommandIDs.register, { model: model.name, notebook })}
      />
    </div>
  );
}
