import type { IEditorServices } from '@jupyterlab/codeeditor';
import * as React from 'react';
import type { KernelTable, ModelDetail } from '../../api/types';
import { Badge, ErrorMessage } from '../../components/primitives';
import { environmentBadge } from '../../components/status';
import { Tabs } from '../../components/tabs';
import { useFileDrop } from '../../jupyter/dragDrop';
import { addAssets, AssetsPart } from '../../model/assets';
import { EnvironmentPart } from '../../model/environment';
import { RequirementsPart } from '../../model/requirements';
import { ModelActions } from '../../model/actions';
import { useModelOp } from '../../state/context';
import { useAction, useModel } from '../../state/queries';
import { DeploymentOfModel } from '../deployment/deploymentOfModel';
import { CheckOfModel } from './check';
import { JobsOfModel } from './jobs';
import { KernelsOfModel } from './kernels';
import { LineageOfModel } from './lineage';
import { MetricsOverTime } from './metrics';
import { Overview } from './overview';
import type { Section, ShownSection } from './sections';
import { useShownSection } from './sections';
import { SnapshotsAndDifferences } from './snapshots';
import { Source } from './source';

/** What the page of a model needs of JupyterLab. */
export interface IModelPageOptions {
  readonly name: string;
  readonly shown: ShownSection;
  /** Makes editors; null in applications without them. */
  readonly editors: IEditorServices | null;
  /** Puts a file of the user's computer beside those of the file browser; returns its path there. */
  readonly upload: ((file: File) => Promise<string>) | null;
  /** Returns the first records of the data frames of the open notebook. */
  readonly tables: () => Promise<readonly KernelTable[]>;
}

/** A model in the main area: its name and state, and tabs with all that belongs to it. */
export function ModelPage(props: IModelPageOptions): JSX.Element {
  const { trans } = useModelOp();
  const { data: model, error } = useModel(props.name);
  if (!model) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <DropZone {...props}>
        <Head model={model} />
        <Sections {...props} model={model} />
      </DropZone>
    </>
  );
}

/** The whole page takes files: dropped on it, they become assets, and their list is shown. */
function DropZone(props: IModelPageOptions & { children: React.ReactNode }): JSX.Element {
  const { client, trans } = useModelOp();
  const { name, shown, upload } = props;
  const area = React.useRef<HTMLDivElement>(null);
  const { run, error, isRunning } = useAction();
  const add = async (paths: readonly string[]) => {
    await addAssets(client, name, paths);
    shown.show('assets');
  };
  const isTarget = useFileDrop(area, {
    onPaths: paths => run(() => add(paths)),
    onFiles:
      upload === null
        ? undefined
        : files =>
            run(async () => {
              for (const file of files) {
                await add([await upload(file)]);
              }
            })
  });
  return (
    <div
      ref={area}
      className={`jp-modelop-modelPage ${isTarget ? 'jp-modelop-mod-target' : ''}`}
      aria-busy={isRunning}
    >
      {isTarget && <div className="jp-modelop-dropHint">{trans.__('Drop to add to %1', name)}</div>}
      {error && <ErrorMessage error={error} />}
      {props.children}
    </div>
  );
}

function Head({ model }: { model: ModelDetail }): JSX.Element {
  const { trans } = useModelOp();
  const { name, newest, is_changed: isChanged, environment } = model;
  const { kind, text } = environmentBadge(environment.state);
  return (
    <header className="jp-modelop-jobHead">
      <div className="jp-modelop-pageTitle">
        <h2>
          {name}
          {newest !== null && <span className="jp-modelop-muted">@{newest.number}</span>}
        </h2>
        <Badge kind={kind} text={trans.__('environment %1', text)} />
        {isChanged && newest !== null && (
          <Badge kind="plain" text={trans.__('changed since @%1', newest.number)} />
        )}
        {model.notebook_change && <Badge kind="warn" text={trans.__('notebook differs')} />}
      </div>
      {model.description && <p className="jp-modelop-description">{model.description}</p>}
      <ModelActions model={model} />
    </header>
  );
}

function Sections(props: IModelPageOptions & { model: ModelDetail }): JSX.Element {
  const { trans } = useModelOp();
  const { name, model, shown } = props;
  const section = useShownSection(shown);
  const id = React.useId();
  const tabs: [Section, string][] = [
    ['overview', trans.__('Overview')],
    ['check', trans.__('Check')],
    ['source', trans.__('Source')],
    ['assets', trans.__('Assets (%1)', model.assets.length)],
    ['environment', trans.__('Environment')],
    ['snapshots', trans.__('Snapshots (%1)', model.snapshots)],
    ['lineage', trans.__('Lineage')],
    ['jobs', trans.__('Jobs')],
    ['metrics', trans.__('Metrics')],
    ['deployment', trans.__('Deployment')],
    ['kernels', trans.__('Kernels')]
  ];
  const contents: Record<Section, () => JSX.Element> = {
    overview: () => <Overview model={model} onShow={next => shown.show(next)} />,
    check: () => <CheckOfModel name={name} />,
    source: () => <Source model={model} editors={props.editors} />,
    assets: () => <Assets model={model} canUpload={props.upload !== null} />,
    environment: () => (
      <div className="jp-modelop-columns">
        <RequirementsPart model={model} />
        <section aria-label={trans.__('Environment of %1', name)}>
          <h4>{trans.__('Isolated environment')}</h4>
          <EnvironmentPart name={name} />
        </section>
      </div>
    ),
    snapshots: () => <SnapshotsAndDifferences model={model} compared={shown.compared} />,
    lineage: () => (
      <LineageOfModel model={model} onCompare={(before, after) => shown.compare(before, after)} />
    ),
    jobs: () => <JobsOfModel model={model} />,
    metrics: () => <MetricsOverTime model={model} />,
    deployment: () => <DeploymentOfModel model={model} tables={props.tables} />,
    kernels: () => <KernelsOfModel name={name} />
  };
  return (
    <Tabs
      id={id}
      label={trans.__('Sections of %1', name)}
      tabs={tabs}
      selected={section}
      onSelect={next => shown.show(next)}
    >
      {contents[section]()}
    </Tabs>
  );
}

function Assets(props: { model: ModelDetail; canUpload: boolean }): JSX.Element {
  const { trans } = useModelOp();
  return (
    <>
      <p className="jp-modelop-dropPlace">
        {props.canUpload
          ? trans.__('Drop files here from the file browser or from your computer.')
          : trans.__('Drop files here from the file browser.')}
      </p>
      <AssetsPart model={props.model} />
    </>
  );
}
