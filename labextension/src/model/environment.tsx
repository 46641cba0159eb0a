import * as React from 'react';
import type { EnvironmentView, Proof } from '../api/types';
import { ago, bytes, duration, moment } from '../components/format';
import {
  Badge,
  ErrorMessage,
  LabeledValue,
  ProgressBar,
  TextButton
} from '../components/primitives';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import { useModelOp } from '../state/context';
import type { IAction } from '../state/queries';
import { useAction, useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';

/** The environment of a model: its build progress, its contents and their proof. */
export function EnvironmentPart({ name }: { name: string }): JSX.Element {
  const { commands, trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const [proof, setProof] = React.useState<Proof | null>(null);
  const action = useAction();
  const { data: view, error } = useServerQuery({
    key: ['environment', name],
    topics: ['models', 'environments'],
    fetch: client => client.environment(name)
  });
  if (!view) {
    return error ? (
      <ErrorMessage error={error} />
    ) : (
      <div className="jp-modelop-muted" role="status">
        {trans.__('Loading…')}
      </div>
    );
  }
  return (
    <>
      {action.error && <ErrorMessage error={action.error} />}
      <div className="jp-modelop-muted" role="status">
        {view.step && `${view.step.step} ${view.step.text}`}
      </div>
      {view.state === 'building' && (
        <ProgressBar value={null} label={trans.__('Building the environment')} />
      )}
      {view.failure && (
        <div className="jp-modelop-problem">
          <div>{view.failure.message}</div>
          {view.failure.remedy && <div className="jp-modelop-hint">{view.failure.remedy}</div>}
          <TextButton
            label={trans.__('Copy report')}
            name={trans.__('Copy the report of the environment of %1', name)}
            title={trans.__(
              'Copy why it was not built as one text for a ticket; secrets are masked'
            )}
            onClick={() => void commands.execute(CommandIDs.copyReport, { model: name })}
          />
        </div>
      )}
      {view.notes.map(note => (
        <p key={note} className="jp-modelop-warn">
          {note}
        </p>
      ))}
      <Properties view={view} />
      {proof && <ProofResult proof={proof} />}
      <Actions name={name} view={view} action={action} onProof={setProof} />
      {view.packages.length > 0 && <Packages view={view} />}
    </>
  );
}

function Actions(props: {
  name: string;
  view: EnvironmentView;
  action: IAction;
  onProof: (proof: Proof) => void;
}): JSX.Element {
  const { client, trans } = useModelOp();
  const { name, view } = props;
  const { run, isRunning } = props.action;
  const isReady = view.environment !== null;
  return (
    <div className="jp-modelop-actions">
      {isReady ? (
        <TextButton
          label={trans.__('Prove')}
          name={trans.__('Prove the environment of %1', name)}
          disabled={isRunning || view.state === 'building'}
          title={trans.__('Check from inside that it holds its lock and nothing else')}
          onClick={() => run(async () => props.onProof(await client.proveEnvironment(name)))}
        />
      ) : (
        <TextButton
          label={trans.__('Build')}
          name={trans.__('Build the environment of %1', name)}
          isPrimary={true}
          disabled={isRunning || view.state === 'building'}
          onClick={() => run(() => client.buildEnvironment(name))}
        />
      )}
      {view.python_to_install && (
        <TextButton
          label={trans.__('Install Python %1 and build', view.python_to_install)}
          disabled={isRunning || view.state === 'building'}
          title={trans.__('Have uv install the Python that the model needs')}
          onClick={() => run(() => client.installPython(name))}
        />
      )}
      {isReady && (
        <TextButton
          label={trans.__('Rebuild')}
          name={trans.__('Rebuild the environment of %1', name)}
          disabled={isRunning}
          title={trans.__('Build it again from the same lock')}
          onClick={() => run(() => client.buildEnvironment(name, true))}
        />
      )}
      {isReady && (
        <TextButton
          label={trans.__('Remove')}
          name={trans.__('Remove the environment of %1', name)}
          title={trans.__('Its kernels are removed from the launcher, too')}
          disabled={isRunning}
          onClick={() => run(() => client.removeEnvironment(name))}
        />
      )}
    </div>
  );
}

function Properties({ view }: { view: EnvironmentView }): JSX.Element {
  const { trans } = useModelOp();
  const { environment, interpreter } = view;
  return (
    <dl className="jp-modelop-properties">
      {interpreter && (
        <LabeledValue name={trans.__('Python')}>
          <span title={interpreter.executable}>{interpreter.version}</span>
        </LabeledValue>
      )}
      {environment && (
        <LabeledValue name={trans.__('Built')}>
          <span title={moment(environment.created)}>
            {trans.__('%1, in %2', ago(environment.created), duration(environment.build_seconds))}
          </span>
        </LabeledValue>
      )}
      {environment && environment.size !== null && (
        <LabeledValue name={trans.__('Size')}>{bytes(environment.size)}</LabeledValue>
      )}
      {environment && (
        <LabeledValue name={trans.__('Fingerprint')}>
          <code title={environment.fingerprint}>{environment.fingerprint.slice(0, 12)}</code>
        </LabeledValue>
      )}
    </dl>
  );
}

function ProofResult({ proof }: { proof: Proof }): JSX.Element {
  const { trans } = useModelOp();
  const differences = [
    ...proof.foreign.map(library => trans.__('foreign: %1', library)),
    ...proof.missing.map(library => trans.__('missing: %1', library)),
    ...proof.leaked.map(module => trans.__('leaked: %1', module))
  ];
  return (
    <div className="jp-modelop-proof" role="status">
      <Badge
        kind={differences.length === 0 ? 'good' : 'bad'}
        text={differences.length === 0 ? trans.__('exact') : trans.__('not exact')}
      />{' '}
      {differences.length === 0
        ? trans.__(
            'Python %1 sees the %2 packages of its lock; none of %3 modules of the notebook can be imported.',
            proof.version,
            proof.packages.length,
            proof.tried
          )
        : differences.join(', ')}
    </div>
  );
}

function Packages({ view }: { view: EnvironmentView }): JSX.Element {
  const { trans } = useModelOp();
  return (
    <details className="jp-modelop-packages">
      <summary>{trans.__('Packages (%1)', view.packages.length)}</summary>
      <table className="jp-modelop-table">
        <tbody>
          {view.packages.map(library => (
            <tr key={library.name}>
              <td>{library.name}</td>
              <td>{library.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
