import * as React from 'react';
import type { Deployment, Load, ReplicaReport } from '../../api/types';
import { bytes, count, duration, secondsBetween } from '../../components/format';
import { Badge, EmptyMessage } from '../../components/primitives';
import { TimeChart } from '../../components/timeChart';
import { bySecond, latency, LOAD_SECONDS, rate } from '../../model/deployment';
import { useModelOp } from '../../state/context';
import { isRunning } from '../../state/deployments';

/** How many records a deployment has answered, and with what. */
export function CountTiles({ load }: { load: Load }): JSX.Element {
  const { trans } = useModelOp();
  const { requests, refused, scored, rejected, failed, timed_out: timedOut, ended } = load.counts;
  const tiles: [name: string, value: number, isBad: boolean, title: string][] = [
    [trans.__('requests'), requests, false, trans.__('Since its server process began')],
    [trans.__('scored'), scored, false, trans.__('Records with an output')],
    [trans.__('rejected'), rejected, true, trans.__('Records that do not match the schema')],
    [trans.__('failed'), failed, true, trans.__('Records for which the model raised an error')],
    [trans.__('timed out'), timedOut, true, trans.__('Records that took too long')]
  ];
  if (ended > 0) {
    tiles.push([trans.__('ended it'), ended, true, trans.__('Records that ended their process')]);
  }
  if (refused > 0) {
    tiles.push([trans.__('refused'), refused, true, trans.__('Requests that no replica got')]);
  }
  return (
    <div className="jp-modelop-tiles">
      {tiles.map(([name, value, isBad, title]) => (
        <div
          key={name}
          className={`jp-modelop-tile ${isBad && value > 0 ? 'jp-modelop-mod-bad' : ''}`}
          title={title}
        >
          <strong>{count(value)}</strong>
          <span>{name}</span>
        </div>
      ))}
    </div>
  );
}

/** What a deployment does: charts of the last two minutes, and its replicas. */
export function LoadTab({ deployment }: { deployment: Deployment }): JSX.Element {
  const { trans } = useModelOp();
  const { load } = deployment;
  if (!isRunning(deployment) || !load) {
    return <EmptyMessage>{trans.__('No process of this deployment runs.')}</EmptyMessage>;
  }
  return (
    <>
      <Charts load={load} />
      <Replicas deployment={deployment} load={load} />
    </>
  );
}

function Charts({ load }: { load: Load }): JSX.Element {
  const { trans } = useModelOp();
  const requests = bySecond(load, LOAD_SECONDS, second => second.requests, 0);
  const bad = bySecond(load, LOAD_SECONDS, second => second.bad, 0);
  const quantile = (name: 'p50' | 'p95' | 'p99') =>
    bySecond(load, LOAD_SECONDS, ({ latencies }) => latencies?.[name] ?? null, null);
  const errors = count(bad.reduce((sum, each) => sum + each, 0));
  const { latencies } = load;
  const texts = { from: trans.__('2 min ago'), to: trans.__('now') };
  const legend = (name: 'p50' | 'p95' | 'p99') =>
    latencies ? `${name} ${latency(latencies[name])}` : name;
  return (
    <div className="jp-modelop-charts">
      <TimeChart
        {...texts}
        title={trans.__('Requests per second')}
        lines={[
          {
            kind: 'first',
            legend: trans.__('%1 now', rate(load.rate)),
            values: requests,
            isFilled: true
          }
        ]}
        format={count}
        summary={trans.__(
          'Requests per second: %1 now, at most %2 in the last two minutes',
          rate(load.rate),
          count(Math.max(...requests))
        )}
      />
      <TimeChart
        {...texts}
        title={trans.__('Time of a request')}
        lines={[
          { kind: 'first', legend: legend('p50'), values: quantile('p50') },
          { kind: 'second', legend: legend('p95'), values: quantile('p95') },
          { kind: 'third', legend: legend('p99'), values: quantile('p99') }
        ]}
        format={latency}
        summary={
          latencies
            ? trans.__(
                'Time of a request in the last minute: p50 %1, p95 %2, p99 %3',
                latency(latencies.p50),
                latency(latencies.p95),
                latency(latencies.p99)
              )
            : trans.__('Time of a request: none in the last minute')
        }
      />
      <TimeChart
        {...texts}
        title={trans.__('Errors per second')}
        lines={[
          {
            kind: 'bad',
            legend: trans.__('%1 in two minutes', errors),
            values: bad,
            isFilled: true
          }
        ]}
        format={count}
        summary={trans.__('Requests with an error: %1 in the last two minutes', errors)}
      />
    </div>
  );
}

/** The processes that have initialised the model, with their memory, and how often they began anew. */
function Replicas(props: { deployment: Deployment; load: Load }): JSX.Element {
  const { trans } = useModelOp();
  const { deployment, load } = props;
  const { replicas, restarts, waiting } = load;
  const facts = [
    trans._n('%2 restart', '%2 restarts', restarts, count(restarts)),
    trans._n('%2 record waits', '%2 records wait', waiting, count(waiting)),
    deployment.began
      ? trans.__('runs for %1', duration(secondsBetween(deployment.began, null)))
      : ''
  ];
  return (
    <section aria-label={trans.__('Replicas')}>
      <h4>{trans._n('%1 replica', '%1 replicas', replicas.length, replicas.length)}</h4>
      <p className="jp-modelop-muted">{facts.filter(Boolean).join(' · ')}</p>
      <div className="jp-modelop-scroll">
        <table className="jp-modelop-table">
          <thead>
            <tr>
              <th scope="col">{trans.__('process')}</th>
              <th scope="col">{trans.__('snapshot')}</th>
              <th scope="col">{trans.__('state')}</th>
              <th scope="col">{trans.__('memory')}</th>
            </tr>
          </thead>
          <tbody>
            {replicas.map(replica => (
              <ReplicaRow key={replica.pid} model={deployment.model} replica={replica} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ReplicaRow(props: { model: string; replica: ReplicaReport }): JSX.Element {
  const { trans } = useModelOp();
  const { pid, snapshot, is_ready: isReady, memory } = props.replica;
  return (
    <tr>
      <td>{pid}</td>
      <td>{`${props.model}@${snapshot}`}</td>
      <td>
        <Badge
          kind={isReady ? 'good' : 'busy'}
          text={isReady ? trans.__('Ready') : trans.__('Starting')}
        />
      </td>
      <td>{memory === null ? '–' : bytes(memory)}</td>
    </tr>
  );
}
