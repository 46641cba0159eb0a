import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { deleteIcon, HTMLSelect, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobDetail, JobRecord, Remedy, ResourceUsage } from '../api/types';
import { engineOf, LOCAL_ENGINE } from '../components/cluster';
import {
  ago,
  byAuthor,
  bytes,
  count,
  duration,
  moment,
  secondsBetween
} from '../components/format';
import { jobTitle } from '../components/jobNames';
import { NotebookChange } from '../components/notebookChange';
import {
  Badge,
  LabeledValue,
  IconButton,
  ErrorMessage,
  TextButton
} from '../components/primitives';
import {
  isDone,
  jobBadge,
  JobProgress,
  mostRecords,
  progressParts,
  usageParts,
  words
} from '../components/status';
import { Tabs } from '../components/tabs';
import { ageInterval, useInterval } from '../components/useInterval';
import { applyRemedy, commandLines } from '../jupyter/applyRemedy';
import { useModelOp } from '../state/context';
import { useAction, useEngines, useModel, useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { ErrorsTab } from './jobErrors';
import { LogTab } from './jobLog';
import { JobOutput } from './jobOutput';
import { MetricsTab } from './jobMetrics';
import { RecordsTab } from './jobRecords';

type Tab = 'records' | 'metrics' | 'errors' | 'log' | 'document';

/** A job in the main area: its state, and tabs with its output or metrics, errors, log and JSON. */
export function JobView(props: { id: string; onName: (name: string) => void }): JSX.Element {
  const { trans } = useModelOp();
  const { id, onName } = props;
  const { data: detail, error } = useServerQuery({
    key: ['job', id],
    topics: ['jobs'],
    job: id,
    fetch: client => client.job(id)
  });
  const name = detail && `${detail.record.kind} ${detail.record.model}@${detail.record.snapshot}`;
  React.useEffect(() => {
    if (name) {
      onName(name);
    }
  }, [name]);
  if (!detail) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  return (
    <div className="jp-modelop-jobView">
      <JobHeader detail={detail} />
      {error && <ErrorMessage error={error} />}
      <JobTabs detail={detail} />
      <JobDetails detail={detail} />
    </div>
  );
}

function JobHeader({ detail }: { detail: JobDetail }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { record: job, progress } = detail;
  useInterval(isDone(job) ? ageInterval(job.created) : 1);
  const tiles: [string, number, boolean][] = [
    [trans.__('read'), job.counts.records_in, false],
    [trans.__('scored'), job.counts.scored, false],
    [trans.__('rejected'), job.counts.rejected, job.counts.rejected > 0],
    [trans.__('failed'), job.counts.failed, job.counts.failed > 0]
  ];
  if (job.counts.retries) {
    tiles.push([trans.__('retried'), job.counts.retried ?? 0, false]);
    tiles.push([trans.__('further tries'), job.counts.retries, false]);
  }
  return (
    <header className="jp-modelop-jobHead">
      <h2>
        {job.kind} {job.model}@{job.snapshot} <Badge {...jobBadge(job, trans, progress)} />
        {!isDone(job) && (
          <IconButton
            icon={stopIcon}
            label={trans.__('Stop %1', jobTitle(job, trans))}
            onClick={() => void commands.execute(CommandIDs.stopJob, { job: job.id })}
          />
        )}
        {isDone(job) && (
          <IconButton
            icon={deleteIcon}
            label={trans.__('Remove %1', jobTitle(job, trans))}
            onClick={() => void commands.execute(CommandIDs.removeJob, { job: job.id })}
          />
        )}
      </h2>
      <div aria-live="polite">{progress && <JobProgress job={job} progress={progress} />}</div>
      {progress && (
        <div className="jp-modelop-muted">{progressParts(job, progress, trans).join(' · ')}</div>
      )}
      {job.error !== null && <JobError error={job.error as Record<string, unknown>} />}
      <LaterNotebook job={job} />
      {isDone(job) && <JobActions job={job} remedies={detail.remedies} />}
      <div className="jp-modelop-tiles" hidden={job.kind !== 'batch'}>
        {tiles.map(([name, value, isBad]) => (
          <div key={name} className={`jp-modelop-tile ${isBad ? 'jp-modelop-mod-bad' : ''}`}>
            <strong>{count(value)}</strong>
            <span>{name}</span>
          </div>
        ))}
      </div>
      <div className="jp-modelop-muted" title={moment(job.created)}>
        {timesOf(job, trans)}
      </div>
      <JobOutput detail={detail} />
    </header>
  );
}

/** Return when a job was submitted, and how long it ran or runs: `5 minutes ago · took 3.2 s`. */
function timesOf(job: JobRecord, trans: TranslationBundle): string {
  const submitted = trans.__('submitted %1', ago(job.created));
  const parts = [byAuthor(submitted, job.created_by, trans)];
  if (job.started) {
    const time = duration(secondsBetween(job.started, isDone(job) ? job.ended : null));
    parts.push(isDone(job) ? trans.__('took %1', time) : trans.__('runs for %1', time));
  }
  return parts.join(' · ');
}

/** What the job was given and where it ran; few look at it, so it is folded. */
function JobDetails({ detail }: { detail: JobDetail }): JSX.Element {
  const { trans } = useModelOp();
  const { record: job } = detail;
  const engine = engineOf(job);
  const most = mostRecords(job);
  const used = job.options['usage'] as ResourceUsage | undefined;
  return (
    <details className="jp-modelop-details">
      <summary>{trans.__('Inputs, times and identifiers')}</summary>
      <dl className="jp-modelop-properties">
        <LabeledValue name={trans.__('Submitted')}>
          {byAuthor(moment(job.created), job.created_by, trans)}
        </LabeledValue>
        <LabeledValue name={trans.__('Started')}>
          {job.started ? moment(job.started) : '–'}
        </LabeledValue>
        {job.ended && <LabeledValue name={trans.__('Ended')}>{moment(job.ended)}</LabeledValue>}
        <LabeledValue name={trans.__('Input')}>
          {job.inputs.map(({ path, name, size }) => (
            <span key={path} title={path}>
              {PathExt.basename(name)}
              {size === null ? ' ' : ` (${bytes(size)}) `}
            </span>
          ))}
        </LabeledValue>
        {job.output && (
          <LabeledValue name={trans.__('Output')}>
            <span title={job.output}>{detail.output ?? trans.__('kept with the job')}</span>
          </LabeledValue>
        )}
        {most !== null && (
          <LabeledValue name={trans.__('Limit')}>
            {trans._n('%2 record', '%2 records', most, count(most))}
          </LabeledValue>
        )}
        {engine !== null && <LabeledValue name={trans.__('Engine')}>{engine}</LabeledValue>}
        <LabeledValue name={trans.__('In ModelOp')}>{words(job)}</LabeledValue>
        <LabeledValue name={trans.__('Job')}>
          <code>{job.id}</code>
        </LabeledValue>
        {used && (
          <LabeledValue name={trans.__('Used at most')}>
            {usageParts(used, trans).join(', ')}
            {used.cpu_seconds ? trans.__('; %1 of CPU time', duration(used.cpu_seconds)) : null}
          </LabeledValue>
        )}
        <LabeledValue name={trans.__('Disk usage')}>
          {bytes(detail.size)}
          {detail.is_pinned && trans.__(' (pinned)')}
        </LabeledValue>
        {job.proof && (
          <LabeledValue name={trans.__('Proof')}>
            {trans.__(
              'Python %1, %2 packages, %3',
              job.proof.version,
              job.proof.packages.length,
              job.proof.foreign.length + job.proof.missing.length + job.proof.leaked.length === 0
                ? trans.__('matches its lock')
                : trans.__('differs from its lock')
            )}
          </LabeledValue>
        )}
      </dl>
    </details>
  );
}

/** What has changed in the notebook since the model that the job runs was registered. */
function LaterNotebook({ job }: { job: JobRecord }): JSX.Element | null {
  // A model that was removed since has nothing to tell.
  const { data: model } = useModel(job.model);
  return model ? <NotebookChange model={model} ran={`${job.model}@${job.snapshot}`} /> : null;
}

/** Buttons that mend what failed, and one that runs the job again. */
function JobActions(props: { job: JobRecord; remedies: readonly Remedy[] }): JSX.Element {
  const context = useModelOp();
  const { client, commands, trans } = context;
  const { job, remedies } = props;
  const { run, error, isRunning } = useAction();
  const [engine, setEngine] = React.useState('');
  const show = ({ id }: JobRecord) => commands.execute(CommandIDs.openJob, { job: id });
  const retryElsewhere = async () => show(await client.retryJob(job.id, false, engine));
  return (
    <>
      <div className="jp-modelop-actions">
        {remedies.map((remedy, index) => (
          <React.Fragment key={remedy.text}>
            <TextButton
              label={remedy.text}
              title={commandLines(remedy).join('\n')}
              isPrimary={index === 0}
              disabled={isRunning}
              onClick={() =>
                run(() =>
                  isRetry(remedy) && engine !== ''
                    ? retryElsewhere()
                    : applyRemedy(context, job, remedy)
                )
              }
            />
            {isRetry(remedy) && (
              <RetryEngine present={engineOf(job)} value={engine} onChange={setEngine} />
            )}
          </React.Fragment>
        ))}
        {isFailure(job) && (
          <TextButton
            label={trans.__('Copy report')}
            title={trans.__('Copy what failed as one text for a ticket; secrets are masked')}
            onClick={() => void commands.execute(CommandIDs.copyReport, { job: job.id })}
          />
        )}
        <TextButton
          label={trans.__('Run again')}
          title={trans.__('Start a new job with the same inputs and options')}
          disabled={isRunning}
          onClick={() => run(async () => show(await client.rerunJob(job.id)))}
        />
      </div>
      {error && <ErrorMessage error={error} />}
    </>
  );
}

/** Return whether something of a job has failed. */
function isFailure({ error, counts }: JobRecord): boolean {
  return error !== null || counts.failed + counts.rejected > 0;
}

/** Return whether a remedy only continues the job where it stopped. */
function isRetry({ commands }: Remedy): boolean {
  return (
    commands.length === 1 &&
    commands[0].slice(0, 2).join(' ') === 'job retry' &&
    commands[0].length === 3
  );
}

/** The choice of the engine that a job is continued on; nothing where there is no other. */
function RetryEngine(props: {
  present: string | null;
  value: string;
  onChange: (engine: string) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const { data: choices } = useEngines();
  const others = [...(choices?.names ?? []), ...(choices?.addresses ?? [])].filter(
    engine => engine !== (props.present ?? LOCAL_ENGINE)
  );
  if (others.length === 0) {
    return null;
  }
  return (
    <HTMLSelect
      aria-label={trans.__('Engine of the retry')}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
    >
      <option value="">{trans.__('where it ran')}</option>
      {others.map(engine => (
        <option key={engine} value={engine}>
          {engine === LOCAL_ENGINE ? trans.__('on this machine') : trans.__('on %1', engine)}
        </option>
      ))}
    </HTMLSelect>
  );
}

function JobError({ error }: { error: Record<string, unknown> }): JSX.Element {
  return (
    <div className="jp-modelop-problem" role="alert">
      <div>{String(error['message'] ?? '')}</div>
      {error['hint'] ? <div className="jp-modelop-hint">{String(error['hint'])}</div> : null}
      {error['traceback'] ? <pre>{String(error['traceback'])}</pre> : null}
    </div>
  );
}

function JobTabs({ detail }: { detail: JobDetail }): JSX.Element {
  const { trans } = useModelOp();
  const { record: job } = detail;
  const errors = job.counts.rejected + job.counts.failed;
  const tabs: [Tab, string][] = [
    job.kind === 'batch' ? ['records', trans.__('Output')] : ['metrics', trans.__('Metrics')],
    ['errors', errors > 0 ? trans.__('Errors (%1)', count(errors)) : trans.__('Errors')],
    ['log', trans.__('Log')],
    ['document', trans.__('JSON')]
  ];
  const [chosen, setChosen] = React.useState<Tab | null>(null);
  // Where nothing was scored, the reason is what counts.
  const hasErrorsOnly = isDone(job) && errors > 0 && job.counts.records_out === 0;
  const tab = chosen ?? (hasErrorsOnly ? 'errors' : tabs[0][0]);
  const contents: Record<Tab, JSX.Element> = {
    records: <RecordsTab job={job} />,
    metrics: <MetricsTab job={job} />,
    errors: <ErrorsTab job={job} />,
    log: <LogTab job={job} />,
    document: <DocumentTab id={job.id} />
  };
  return (
    <Tabs id={job.id} tabs={tabs} selected={tab} onSelect={setChosen}>
      {contents[tab]}
    </Tabs>
  );
}

function DocumentTab({ id }: { id: string }): JSX.Element {
  const { data, error } = useServerQuery({
    key: ['job document', id],
    topics: ['jobs'],
    job: id,
    fetch: client => client.jobDocument(id)
  });
  return error ? (
    <ErrorMessage error={error} />
  ) : (
    <pre tabIndex={0}>{data ? JSON.stringify(data, null, 2) : ''}</pre>
  );
}
