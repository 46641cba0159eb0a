import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ModelDetail, Snapshot } from '../../api/types';
import { FileDifferences } from '../../components/fileDifferences';
import { MimeOutput } from '../../components/mimeOutput';
import { ErrorMessage, TextButton } from '../../components/primitives';
import { SnapshotsPart } from '../../model/snapshots';
import { useModelOp } from '../../state/context';
import { useServerQuery, useSnapshots } from '../../state/queries';
import { CommandIDs } from '../../tokens';
import { ChallengeOfModel } from './challenge';

/** The snapshots of a model, what differs between any two, and the challenge of one with another. */
export function SnapshotsAndDifferences(props: {
  model: ModelDetail;
  /** The two states that are compared at first; null for what has changed last. */
  compared: IComparedStates | null;
}): JSX.Element {
  const { model, compared } = props;
  return (
    <>
      <Snapshots model={model} compared={compared} />
      <ChallengeOfModel name={model.name} />
    </>
  );
}

interface IComparedStates {
  readonly before: string;
  readonly after: string;
}

function Snapshots(props: { model: ModelDetail; compared: IComparedStates | null }): JSX.Element {
  const { trans } = useModelOp();
  const { model, compared } = props;
  return (
    <div className="jp-modelop-columns jp-modelop-mod-aside">
      <section aria-label={trans.__('Snapshots of %1', model.name)}>
        <h4>{trans.__('Snapshots')}</h4>
        <SnapshotsPart model={model} />
      </section>
      <section aria-label={trans.__('Differences')}>
        <h4>{trans.__('Differences')}</h4>
        <Differences model={model} compared={compared} />
      </section>
    </div>
  );
}

function Differences(props: {
  model: ModelDetail;
  compared: IComparedStates | null;
}): JSX.Element | null {
  const { commands, trans } = useModelOp();
  const { model, compared } = props;
  const { data: page } = useSnapshots(model.name);
  const [chosen, setChosen] = React.useState<{ before?: string; after?: string }>(compared ?? {});
  if (!page) {
    return null;
  }
  const [newest, older] = page.rows;
  if (newest === undefined || (older === undefined && !model.is_changed)) {
    return (
      <p className="jp-modelop-muted">
        {trans.__('There is nothing to compare yet: change the model, or take another snapshot.')}
      </p>
    );
  }
  // What is asked for most: what has changed last.
  const usual = model.is_changed
    ? { before: newest.ref, after: model.name }
    : { before: older.ref, after: newest.ref };
  const { before, after } = { ...usual, ...chosen };
  const choice = (label: string, side: 'before' | 'after', value: string) => (
    <HTMLSelect
      className="jp-modelop-filter"
      aria-label={label}
      value={value}
      onChange={event => setChosen({ ...chosen, [side]: event.target.value })}
    >
      <option value={model.name}>{trans.__('as it is now')}</option>
      {page.rows.map((snapshot: Snapshot) => (
        <option key={snapshot.ref} value={snapshot.ref}>
          @{snapshot.number} {[snapshot.name, ...(snapshot.aliases ?? [])].join(', ')}
        </option>
      ))}
    </HTMLSelect>
  );
  return (
    <>
      <div className="jp-modelop-bar">
        {choice(trans.__('Compare'), 'before', before)}
        <span aria-hidden={true}>→</span>
        {choice(trans.__('with'), 'after', after)}
        {model.functions.some(({ kind }) => kind === 'score') && (
          <TextButton
            label={trans.__('Challenge…')}
            title={trans.__('Score the same records with both, and show where they differ')}
            disabled={before === after}
            onClick={() =>
              void commands.execute(CommandIDs.challengeModel, {
                model: model.name,
                champion: before,
                challenger: after
              })
            }
          />
        )}
      </div>
      <Difference before={before} after={after} />
    </>
  );
}

function Difference({ before, after }: { before: string; after: string }): JSX.Element {
  const { trans } = useModelOp();
  const { data: view, error } = useServerQuery({
    key: ['diff', before, after],
    topics: ['models'],
    fetch: client => client.diff(before, after)
  });
  if (error) {
    return <ErrorMessage error={error} />;
  }
  return (
    <div aria-live="polite">
      {view ? <p>{view.diff.sentence}</p> : <p role="status">{trans.__('Comparing…')}</p>}
      {view?.html && (
        <div className="jp-modelop-scroll jp-modelop-view">
          <MimeOutput type="text/html" data={view.html} />
        </div>
      )}
      {view && <FileDifferences diff={view.diff} />}
    </div>
  );
}
