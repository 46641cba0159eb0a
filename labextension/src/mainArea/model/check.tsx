import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { CheckReport, CheckRun, Finding, KeptCheck, TopicResult } from '../../api/types';
import { ago, count, duration, moment } from '../../components/format';
import { Badge, EmptyMessage, ErrorMessage, TextButton } from '../../components/primitives';
import type { BadgeKind } from '../../components/status';
import { LIST_INTERVAL, useInterval } from '../../components/useInterval';
import { applyFindingRemedy, commandLines } from '../../jupyter/applyRemedy';
import { useModelOp } from '../../state/context';
import { useAction, useCheck } from '../../state/queries';
import { CommandIDs } from '../../tokens';
import { BackgroundRun } from './backgroundRun';

type TopicState = Finding['level'] | 'passed' | 'not checked';

const KINDS: Readonly<Record<TopicState, BadgeKind>> = {
  passed: 'good',
  warned: 'warn',
  failed: 'bad',
  'not checked': 'plain'
};

/** The check of a model that runs now, and the report of the last one. */
export function CheckOfModel({ name }: { name: string }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { data: view, error } = useCheck(name);
  if (!view) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  const { run, last } = view;
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {run && <Run name={name} run={run} />}
      {last && <Report name={name} last={last} isRunning={run?.is_running ?? false} />}
      {!run && !last && (
        <>
          <EmptyMessage>
            {trans.__(
              'Not checked yet. A check scores a sample several times, and says whether the model will pass in ModelOp Center.'
            )}
          </EmptyMessage>
          <TextButton
            label={trans.__('Check…')}
            name={trans.__('Check… %1', name)}
            isPrimary={true}
            onClick={() => void commands.execute(CommandIDs.checkModel, { model: name })}
          />
        </>
      )}
    </>
  );
}

function Run({ name, run }: { name: string; run: CheckRun }): JSX.Element {
  const { client, queries, trans } = useModelOp();
  const { step } = run;
  return (
    <BackgroundRun
      what={trans.__('check of %1', name)}
      run={run}
      text={progressText(run, trans)}
      value={step?.total ? step.done / step.total : null}
      onStop={async () => queries.setQueryData(['check', name], await client.stopCheck(name))}
    />
  );
}

function progressText(
  { is_stopping: isStopping, step }: CheckRun,
  trans: TranslationBundle
): string {
  if (isStopping) {
    return trans.__('Stopping…');
  }
  if (!step) {
    return trans.__('Preparing the environment…');
  }
  return step.total === null
    ? trans.__('Scoring the sample…')
    : trans.__('Scoring the sample: %1 of %2 runs', step.done, step.total);
}

function Report(props: { name: string; last: KeptCheck; isRunning: boolean }): JSX.Element {
  const { commands, trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const { name, last, isRunning } = props;
  const { report } = last;
  const { checked, records, sample, seconds } = report;
  return (
    <section aria-label={trans.__('Report of the last check of %1', name)}>
      <div className="jp-modelop-bar">
        <strong>{`${name}@${report.snapshot}`}</strong>
        <CountBadges report={report} />
        <span className="jp-modelop-muted" title={moment(checked)}>
          {ago(checked)}
        </span>
        <TextButton
          label={trans.__('Check again…')}
          isPrimary={last.is_outdated}
          disabled={isRunning}
          onClick={() => void commands.execute(CommandIDs.checkModel, { model: name })}
        />
      </div>
      {last.is_outdated && (
        <p className="jp-modelop-warn">{trans.__('The model has changed since this check.')}</p>
      )}
      <p className="jp-modelop-muted">
        {trans._n(
          '%2 record of %3, scored several times in %4',
          '%2 records of %3, scored several times in %4',
          records,
          count(records),
          sample,
          duration(seconds)
        )}
      </p>
      <ul className="jp-modelop-topics">
        {report.topics.map(topic => (
          <Topic key={topic.topic} name={name} report={report} result={topic} />
        ))}
      </ul>
    </section>
  );
}

/** How much of a check failed, warned and passed. */
function CountBadges({ report }: { report: CheckReport }): JSX.Element {
  const { trans } = useModelOp();
  const levels = report.topics.flatMap(({ findings }) => findings.map(({ level }) => level));
  const number = (level: Finding['level']) => levels.filter(each => each === level).length;
  const passed = report.topics.filter(topic => stateOf(topic) === 'passed').length;
  return (
    <>
      {number('failed') > 0 && <Badge kind="bad" text={trans.__('%1 failed', number('failed'))} />}
      {number('warned') > 0 && <Badge kind="warn" text={trans.__('%1 warned', number('warned'))} />}
      {passed > 0 && <Badge kind="good" text={trans.__('%1 passed', passed)} />}
    </>
  );
}

function stateOf({ findings, is_checked: isChecked }: TopicResult): TopicState {
  if (findings.some(({ level }) => level === 'failed')) {
    return 'failed';
  }
  if (findings.length > 0) {
    return 'warned';
  }
  return isChecked ? 'passed' : 'not checked';
}

function Topic(props: { name: string; report: CheckReport; result: TopicResult }): JSX.Element {
  const { trans } = useModelOp();
  const { result } = props;
  const state = stateOf(result);
  const texts: Readonly<Record<TopicState, string>> = {
    passed: trans.__('passed'),
    warned: trans.__('warned'),
    failed: trans.__('failed'),
    'not checked': trans.__('not checked')
  };
  return (
    <li>
      <div className="jp-modelop-topic">
        <Badge kind={KINDS[state]} text={texts[state]} />
        <h4>{result.topic}</h4>
        {result.findings.length === 0 && <span className="jp-modelop-muted">{result.summary}</span>}
      </div>
      {result.not_looked_at && (
        <p className="jp-modelop-muted">{trans.__('Not looked at: %1.', result.not_looked_at)}</p>
      )}
      {result.findings.map((finding, index) => (
        <FindingView key={index} {...props} finding={finding} />
      ))}
    </li>
  );
}

/** What was found, where, why, and the buttons that mend it. */
function FindingView(props: { name: string; report: CheckReport; finding: Finding }): JSX.Element {
  const context = useModelOp();
  const { commands, trans } = context;
  const { name, report, finding } = props;
  const { run, error, isRunning } = useAction();
  const { evidence, file, line, remedies = [] } = finding;
  const isFailure = finding.level === 'failed';
  // The line is one of the snapshot that was checked.
  const open = () =>
    commands.execute(CommandIDs.openFunction, {
      model: `${name}@${report.snapshot}`,
      name: '',
      asset: file!,
      line: line!
    });
  return (
    <div className={isFailure ? 'jp-modelop-problem' : 'jp-modelop-problem jp-modelop-mod-warn'}>
      {file && line ? (
        <button type="button" className="jp-modelop-link" onClick={() => run(open)}>
          {trans.__('%1, line %2', file, line)}
        </button>
      ) : null}
      <div>{finding.message}.</div>
      <div className="jp-modelop-hint">{finding.hint}.</div>
      {evidence && (
        <details open={!isFailure}>
          <summary>{trans.__('What was seen')}</summary>
          <pre tabIndex={0}>{evidence}</pre>
        </details>
      )}
      {remedies.length > 0 && (
        <div className="jp-modelop-actions">
          {remedies.map(remedy => (
            <TextButton
              key={remedy.text}
              label={remedy.text}
              title={commandLines(remedy).join('\n')}
              disabled={isRunning}
              onClick={() => run(() => applyFindingRemedy(context, name, remedy))}
            />
          ))}
        </div>
      )}
      {error && <ErrorMessage error={error} />}
    </div>
  );
}

/** What the last check of a model found, in one line; nothing where there was none. */
export function LastCheck(props: { name: string; onShow: () => void }): JSX.Element | null {
  const { trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const { data: view } = useCheck(props.name);
  if (!view?.last && !view?.run) {
    return null;
  }
  const { last, run } = view;
  return (
    <>
      <h4>{trans.__('Last check')}</h4>
      <div className="jp-modelop-bar">
        {run?.is_running && <span role="status">{progressText(run, trans)}</span>}
        {last && (
          <>
            <CountBadges report={last.report} />
            <span className="jp-modelop-muted" title={moment(last.report.checked)}>
              {`@${last.report.snapshot}, ${ago(last.report.checked)}`}
            </span>
            {last.is_outdated && <Badge kind="warn" text={trans.__('model changed since')} />}
          </>
        )}
        <TextButton
          label={trans.__('Show')}
          name={trans.__('Show the check of %1', props.name)}
          onClick={props.onShow}
        />
      </div>
    </>
  );
}
