import { PathExt } from '@jupyterlab/coreutils';
import { deleteIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { about } from '../changes';
import { useClock } from '../clock';
import { Badge, Fact, IconButton, Problem, TextButton } from '../components/parts';
import { isDone, jobBadge } from '../components/states';
import { useLive, useModelOp } from '../context';
import { bytes, count, duration, moment, secondsBetween } from '../format';
import { JobProgress } from '../sections/jobs';
import { CommandIDs } from '../tokens';
import type { JobDetail, JobRecord } from '../types';
import { ErrorsTab } from './errors';
import { LogTab } from './log';
import { MetricsTab } from './metrics';
import { RecordsTab } from './records';

type Tab = 'records' | 'metrics' | 'errors' | 'log' | 'document';

/** One job in the main area: how it stands, what came out, what went wrong, its log. */
export function JobView(props: { id: string; onName: (name: string) => void }): JSX.Element {
  const { trans } = useModelOp();
  const { id, onName } = props;
  const found = useLive(`job ${id}`, ['jobs'], client => client.job(id), about(id));
  const detail = found.value;
  const name = detail && `${detail.record.kind} ${detail.record.model}@${detail.record.snapshot}`;
  React.useEffect(() => {
    if (name) {
      onName(name);
    }
  }, [name]);
  if (!detail) {
    return found.error ? (
      <Problem error={found.error} />
    ) : (
      <div role="status">{trans.__('Loading…')}</div>
    );
  }
  return (
    <div className="jp-modelop-jobView">
      <Head detail={detail} />
      {found.error && <Problem error={found.error} />}
      <Tabs detail={detail} />
    </div>
  );
}

function Head({ detail }: { detail: JobDetail }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { record: job, progress } = detail;
  const until = isDone(job) ? job.ended : null;
  useClock(isDone(job) ? null : 1);
  const tiles: [string, number, boolean][] = [
    [trans.__('read'), job.counts.records_in, false],
    [trans.__('scored'), job.counts.scored, false],
    [trans.__('rejected'), job.counts.rejected, job.counts.rejected > 0],
    [trans.__('failed'), job.counts.failed, job.counts.failed > 0]
  ];
  return (
    <header className="jp-modelop-jobHead">
      <h2>
        {job.kind} {job.model}@{job.snapshot} <Badge {...jobBadge(job, trans)} />
        {!isDone(job) && (
          <IconButton
            icon={stopIcon}
            label={trans.__('Stop this job')}
            onClick={() => void commands.execute(CommandIDs.stopJob, { job: job.id })}
          />
        )}
        {isDone(job) && (
          <IconButton
            icon={deleteIcon}
            label={trans.__('Remove this job')}
            onClick={() => void commands.execute(CommandIDs.removeJob, { job: job.id })}
          />
        )}
      </h2>
      <div aria-live="polite">
        {progress && <JobProgress line={{ record: job, progress }} progress={progress} />}
      </div>
      {isDone(job) && <Again detail={detail} />}
      {job.error !== null && <Fault error={job.error as Record<string, unknown>} />}
      <div className="jp-modelop-tiles" hidden={job.kind !== 'batch'}>
        {tiles.map(([name, value, isBad]) => (
          <div key={name} className={`jp-modelop-tile ${isBad ? 'jp-modelop-mod-bad' : ''}`}>
            <strong>{count(value)}</strong>
            <span>{name}</span>
          </div>
        ))}
      </div>
      <dl className="jp-modelop-facts">
        <Fact name={trans.__('Started')}>{job.started ? moment(job.started) : '–'}</Fact>
        {job.started && (
          <Fact name={trans.__('Took')}>{duration(secondsBetween(job.started, until))}</Fact>
        )}
        <Fact name={trans.__('Input')}>
          {job.inputs.map(each => (
            <span key={each.path} title={each.path}>
              {PathExt.basename(each.name)}
              {each.size === null ? ' ' : ` (${bytes(each.size)}) `}
            </span>
          ))}
        </Fact>
        {job.output && (
          <Fact name={trans.__('Output')}>
            <span title={job.output}>{detail.output ?? trans.__('kept with the job')}</span>
          </Fact>
        )}
        <Fact name={trans.__('Job')}>
          <code>{job.id}</code>
        </Fact>
        <Fact name={trans.__('On disk')}>
          {bytes(detail.size)}
          {detail.is_pinned && trans.__(' (pinned)')}
        </Fact>
        {job.proof && (
          <Fact name={trans.__('Proof')}>
            {trans.__(
              'Python %1, %2 packages, %3',
              job.proof.version,
              job.proof.packages.length,
              job.proof.foreign.length + job.proof.missing.length + job.proof.leaked.length === 0
                ? trans.__('exactly its lock')
                : trans.__('not exactly its lock')
            )}
          </Fact>
        )}
      </dl>
    </header>
  );
}

/** What can be done with a job that has ended: go on, score the bad records again, start over. */
function Again({ detail }: { detail: JobDetail }): JSX.Element {
  const { client, changes, commands, trans } = useModelOp();
  const [error, setError] = React.useState<Error | null>(null);
  const { record: job } = detail;
  const start = async (what: () => Promise<JobRecord>) => {
    try {
      const next = await what();
      setError(null);
      await changes.refresh();
      await commands.execute(CommandIDs.openJob, { job: next.id });
    } catch (reason) {
      setError(reason as Error);
    }
  };
  const isWhole = job.status === 'COMPLETE';
  return (
    <>
      <div className="jp-modelop-actions">
        {!isWhole && (
          <TextButton
            label={trans.__('Retry')}
            title={trans.__('Go on where it stood')}
            onClick={() => void start(() => client.retry(job.id, false))}
          />
        )}
        {isWhole && job.kind === 'batch' && job.counts.failed + job.counts.rejected > 0 && (
          <TextButton
            label={trans.__('Retry bad records')}
            title={trans.__('Score only the records that were rejected or failed')}
            onClick={() => void start(() => client.retry(job.id, true))}
          />
        )}
        <TextButton
          label={trans.__('Run again')}
          title={trans.__('Start over with all that was asked for')}
          onClick={() => void start(() => client.rerun(job.id))}
        />
      </div>
      {error && <Problem error={error} />}
    </>
  );
}

function Fault({ error }: { error: Record<string, unknown> }): JSX.Element {
  return (
    <div className="jp-modelop-problem" role="alert">
      <div>{String(error['message'] ?? '')}</div>
      {error['hint'] ? <div className="jp-modelop-hint">{String(error['hint'])}</div> : null}
      {error['traceback'] ? <pre>{String(error['traceback'])}</pre> : null}
    </div>
  );
}

function Tabs({ detail }: { detail: JobDetail }): JSX.Element {
  const { trans } = useModelOp();
  const { record: job } = detail;
  const bad = job.counts.rejected + job.counts.failed;
  const names: [Tab, string][] = [
    job.kind === 'batch' ? ['records', trans.__('Output')] : ['metrics', trans.__('Metrics')],
    ['errors', bad > 0 ? trans.__('Errors (%1)', count(bad)) : trans.__('Errors')],
    ['log', trans.__('Log')],
    ['document', trans.__('JSON')]
  ];
  const [tab, setTab] = React.useState<Tab>(names[0][0]);
  const move = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const index = names.findIndex(([name]) => name === tab);
      const next = names[(index + step + names.length) % names.length][0];
      setTab(next);
      document.getElementById(`${job.id}-${next}`)?.focus();
      event.preventDefault();
    }
  };
  return (
    <>
      <div role="tablist" className="jp-modelop-tabs" onKeyDown={move}>
        {names.map(([name, label]) => (
          <button
            key={name}
            id={`${job.id}-${name}`}
            type="button"
            role="tab"
            aria-selected={tab === name}
            aria-controls={`${job.id}-panel`}
            tabIndex={tab === name ? 0 : -1}
            onClick={() => setTab(name)}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        id={`${job.id}-panel`}
        role="tabpanel"
        aria-labelledby={`${job.id}-${tab}`}
        className="jp-modelop-tabPanel"
      >
        {tab === 'records' && <RecordsTab job={job} />}
        {tab === 'metrics' && <MetricsTab job={job} />}
        {tab === 'errors' && <ErrorsTab job={job} />}
        {tab === 'log' && <LogTab job={job} />}
        {tab === 'document' && <DocumentTab id={job.id} />}
      </div>
    </>
  );
}

function DocumentTab({ id }: { id: string }): JSX.Element {
  const found = useLive(`document ${id}`, ['jobs'], client => client.jobDocument(id));
  return found.error ? (
    <Problem error={found.error} />
  ) : (
    <pre tabIndex={0}>{found.value ? JSON.stringify(found.value, null, 2) : ''}</pre>
  );
}
