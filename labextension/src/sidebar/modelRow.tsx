import { ellipsesIcon, runIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobKind, ModelSummary } from '../api/types';
import { jobName } from '../components/jobNames';
import { ChangedNotebookSign } from '../components/notebookChange';
import { Disclosure, IconButton } from '../components/primitives';
import { StateMark } from '../components/stateMark';
import { environmentBadge, serverText } from '../components/status';
import { ageInterval, useInterval } from '../components/useInterval';
import { metricsIcon } from '../jupyter/icons';
import { useExpandedParts, useModelOp } from '../state/context';
import { CommandIDs } from '../tokens';
import { ModelDetails } from './modelDetails';
import { openModelMenu } from './modelMenu';

/** A model in one line, whatever the width: its name, its state and its jobs; it expands to its details. */
export function ModelRow({ model }: { model: ModelSummary }): JSX.Element {
  const { expansionState } = useModelOp();
  const parts = useExpandedParts(model.name);
  const { name, description, snapshot } = model;
  return (
    <Disclosure
      title={
        <span
          className="jp-modelop-modelTitle"
          title={description ? `${name}: ${description}` : name}
        >
          <span className="jp-modelop-name">{name}</span>
          <ChangedNotebookSign model={name} />
          {snapshot !== null && (
            <span className="jp-modelop-muted jp-modelop-wide">@{snapshot}</span>
          )}
        </span>
      }
      label={name}
      isExpanded={parts !== null}
      onToggle={() => expansionState.toggle(name)}
      aside={
        <span className="jp-modelop-modelAside">
          <ModelState model={model} />
          <RunButtons model={model} />
        </span>
      }
    >
      <ModelDetails name={name} expandedParts={parts ?? []} />
    </Disclosure>
  );
}

/** Whether the environment is built, and how the last job ended. */
function ModelState({ model }: { model: ModelSummary }): JSX.Element {
  const { trans } = useModelOp();
  const { environment, failure, last_job: job, step } = model;
  useInterval(job ? ageInterval(job.created) : null);
  const texts: Record<string, string> = {
    ready: trans.__('built'),
    building: trans.__('building'),
    failed: trans.__('build failed'),
    drifted: trans.__('changed by hand')
  };
  const text = texts[environment] ?? trans.__('not built');
  const why = failure ?? (environment === 'building' ? step?.text : null);
  return (
    <>
      <StateMark
        shape="square"
        kind={environmentBadge(environment).kind}
        subject={trans.__('Environment')}
        text={text}
        title={why ? trans.__('Environment %1: %2', text, why) : trans.__('Environment: %1', text)}
      />
      {job ? (
        <StateMark
          shape="circle"
          kind={job.state.tone}
          subject={trans.__('Last job')}
          text={serverText(job.state.text, trans)}
          title={`${jobName(job, trans)}: ${serverText(job.state.text, trans)}`}
        />
      ) : (
        <span className="jp-modelop-slot" />
      )}
    </>
  );
}

/** A button for each kind of job that is run often, and a menu with all else. */
function RunButtons({ model }: { model: ModelSummary }): JSX.Element {
  const context = useModelOp();
  const { commands, trans } = context;
  const { name, entry_points: points } = model;
  const run = (kind: JobKind, icon: LabIcon, label: string, hasFunction: boolean) =>
    hasFunction ? (
      <IconButton
        icon={icon}
        label={label}
        onClick={() => void commands.execute(CommandIDs.newJob, { model: name, kind })}
      />
    ) : (
      <span className="jp-modelop-slot" />
    );
  return (
    <span className="jp-modelop-icons">
      {run('batch', runIcon, trans.__('Run a batch with %1', name), points.score !== null)}
      {run(
        'metrics',
        metricsIcon,
        trans.__('Run the metrics of %1', name),
        points.metrics !== null
      )}
      <IconButton
        icon={ellipsesIcon}
        label={trans.__('More actions for %1', name)}
        hasMenu={true}
        onClick={event => openModelMenu(context, model, event.currentTarget)}
      />
    </span>
  );
}
