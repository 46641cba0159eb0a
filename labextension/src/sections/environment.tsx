import * as React from 'react';
import { PAUSE, useClock } from '../clock';
import { Badge, Fact, Problem, ProgressBar, TextButton } from '../components/parts';
import { useLive, useModelOp } from '../context';
import { ago, bytes, duration, moment } from '../format';
import type { EnvironmentView, Proof } from '../types';

/** The environment of a model: how far it is, what it holds, and the proof of it. */
export function EnvironmentPart({ reference }: { reference: string }): JSX.Element {
  const { client, changes, trans } = useModelOp();
  useClock(PAUSE);
  const found = useLive(`environment ${reference}`, ['models', 'environments'], each =>
    each.environment(reference)
  );
  const [proof, setProof] = React.useState<Proof | null>(null);
  const [error, setError] = React.useState<Error | null>(null);
  const [busy, setBusy] = React.useState<string | null>(null);
  const act = async (name: string, what: () => Promise<unknown>) => {
    setBusy(name);
    try {
      await what();
      setError(null);
    } catch (reason) {
      setError(reason as Error);
    }
    setBusy(null);
    await changes.refresh();
  };
  const view = found.value;
  if (!view) {
    return found.error ? <Problem error={found.error} /> : <></>;
  }
  const isReady = view.environment !== null;
  return (
    <>
      {error && <Problem error={error} />}
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
        </div>
      )}
      {view.notes.map(note => (
        <p key={note} className="jp-modelop-warn">
          {note}
        </p>
      ))}
      <Facts view={view} />
      {proof && <ProofFacts proof={proof} />}
      <div className="jp-modelop-actions">
        <TextButton
          label={isReady ? trans.__('Prove') : trans.__('Build')}
          isAccepting={!isReady}
          disabled={busy !== null || view.state === 'building'}
          title={
            isReady
              ? trans.__('Look from inside: it must hold its lock and nothing else')
              : undefined
          }
          onClick={() =>
            void (isReady
              ? act('prove', async () => setProof((await client.prove(reference)).proof))
              : act('build', () => client.buildEnvironment(reference)))
          }
        />
        {isReady && (
          <TextButton
            label={trans.__('Rebuild')}
            disabled={busy !== null}
            title={trans.__('Build it anew from the same lock')}
            onClick={() => void act('rebuild', () => client.buildEnvironment(reference, true))}
          />
        )}
        {isReady && (
          <TextButton
            label={trans.__('Remove')}
            disabled={busy !== null}
            onClick={() => void act('remove', () => client.removeEnvironment(reference))}
          />
        )}
      </div>
      {view.packages.length > 0 && <Packages view={view} />}
    </>
  );
}

function Facts({ view }: { view: EnvironmentView }): JSX.Element {
  const { trans } = useModelOp();
  const there = view.environment;
  return (
    <dl className="jp-modelop-facts">
      {view.interpreter && (
        <Fact name={trans.__('Python')}>
          <span title={view.interpreter.executable}>{view.interpreter.version}</span>
        </Fact>
      )}
      {there && (
        <Fact name={trans.__('Built')}>
          <span title={moment(there.created)}>
            {trans.__('%1, in %2', ago(there.created), duration(there.build_seconds))}
          </span>
        </Fact>
      )}
      {there && there.size !== null && <Fact name={trans.__('Size')}>{bytes(there.size)}</Fact>}
      {there && (
        <Fact name={trans.__('Fingerprint')}>
          <code title={there.fingerprint}>{there.fingerprint.slice(0, 12)}</code>
        </Fact>
      )}
    </dl>
  );
}

function ProofFacts({ proof }: { proof: Proof }): JSX.Element {
  const { trans } = useModelOp();
  const odd = [
    ...proof.foreign.map(each => trans.__('foreign: %1', each)),
    ...proof.missing.map(each => trans.__('missing: %1', each)),
    ...proof.leaked.map(each => trans.__('leaked: %1', each))
  ];
  return (
    <div className="jp-modelop-proof" role="status">
      <Badge
        kind={odd.length === 0 ? 'good' : 'bad'}
        text={odd.length === 0 ? trans.__('exact') : trans.__('not exact')}
      />{' '}
      {odd.length === 0
        ? trans.__(
            'Python %1 sees the %2 packages of its lock; none of %3 modules of the notebook can be imported.',
            proof.version,
            proof.packages.length,
            proof.tried
          )
        : odd.join(', ')}
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
          {view.packages.map(each => (
            <tr key={each.name}>
              <td>{each.name}</td>
              <td>{each.version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
