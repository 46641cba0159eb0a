import * as React from 'react';
import { ago, byAuthor, moment } from '../components/format';
import { NotebookChange } from '../components/notebookChange';
import { commitText } from '../components/origin';
import { Badge, Disclosure, ErrorMessage } from '../components/primitives';
import { environmentBadge } from '../components/status';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import { useModelOp } from '../state/context';
import { useModel } from '../state/queries';
import { ModelActions } from '../model/actions';
import { AssetsPart } from '../model/assets';
import { EnvironmentPart } from '../model/environment';
import { FunctionsPart } from '../model/functions';
import { MetadataPart, TagsPart } from '../model/metadata';
import { RequirementsPart } from '../model/requirements';
import { SnapshotsPart } from '../model/snapshots';

/** The actions and the parts of a model; `expandedParts` are the ids of the expanded ones. */
export function ModelDetails(props: {
  name: string;
  expandedParts: readonly string[];
}): JSX.Element {
  const { name, expandedParts } = props;
  const { trans, expansionState } = useModelOp();
  const { data: model, error } = useModel(name);
  useInterval(LIST_INTERVAL);
  if (!model) {
    return error ? (
      <ErrorMessage error={error} />
    ) : (
      <div className="jp-modelop-muted" role="status">
        {trans.__('Loading…')}
      </div>
    );
  }
  const part = (id: string, title: React.ReactNode, label: string, body: React.ReactNode) => (
    <Disclosure
      level={2}
      title={title}
      label={`${label}, ${name}`}
      isExpanded={expandedParts.includes(id)}
      onToggle={() => expansionState.togglePart(name, id)}
    >
      {body}
    </Disclosure>
  );
  return (
    <div className="jp-modelop-model">
      {error && <ErrorMessage error={error} />}
      {model.description && <p className="jp-modelop-description">{model.description}</p>}
      <p className="jp-modelop-muted" title={moment(model.modified)}>
        {[
          trans.__('changed %1', byAuthor(ago(model.modified), model.modified_by, trans)),
          ...(model.origin?.git ? [commitText(model.origin.git, trans)] : [])
        ].join(' · ')}
      </p>
      <div className="jp-modelop-tags">
        <span className="jp-modelop-muted">{trans.__('Tags')}</span>
        <TagsPart model={model} />
      </div>
      <NotebookChange model={model} />
      <ModelActions model={model} />
      {part(
        'functions',
        trans.__('Functions (%1)', model.functions.length),
        trans.__('Functions'),
        <FunctionsPart model={model} />
      )}
      {part(
        'assets',
        trans.__('Assets (%1)', model.assets.length),
        trans.__('Assets'),
        <>
          <AssetsPart model={model} />
          <RequirementsPart model={model} />
        </>
      )}
      {part(
        'environment',
        <>
          {trans.__('Environment')} <Badge {...environmentBadge(model.environment.state)} />
        </>,
        trans.__('Environment'),
        <EnvironmentPart name={name} />
      )}
      {part(
        'snapshots',
        trans.__('Snapshots (%1)', model.snapshots),
        trans.__('Snapshots'),
        <SnapshotsPart model={model} />
      )}
      {part(
        'metadata',
        trans.__('Metadata (%1)', Object.keys(model.meta ?? {}).length),
        trans.__('Metadata'),
        <MetadataPart model={model} />
      )}
    </div>
  );
}
