import { closeIcon, HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Asset, AssetRole, ModelDetail, RequirementsReport } from '../api/types';
import { bytes } from '../components/format';
import { Badge, ErrorMessage, IconButton, TextButton } from '../components/primitives';
import { useFileDrop } from '../jupyter/dragDrop';
import { useModelOp } from '../state/context';
import { useAction, useRoles, useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';

const REQUIRED_LIBRARIES: AssetRole = 'REQUIRED_LIBRARIES';

/** The assets of a model with their roles, and the model's requirements. */
export function AssetsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const action = useAction();
  const area = React.useRef<HTMLDivElement>(null);
  const isDropTarget = useFileDrop(area, paths =>
    action.run(async () => {
      for (const path of paths) {
        await client.addAsset(model.name, path);
      }
    })
  );
  return (
    <div ref={area} className={`jp-modelop-drop ${isDropTarget ? 'jp-modelop-mod-target' : ''}`}>
      {action.error && <ErrorMessage error={action.error} />}
      <ul className="jp-modelop-list" aria-label={trans.__('Assets of %1', model.name)}>
        {model.assets.map(asset => (
          <AssetRow
            key={asset.path}
            asset={asset}
            isSource={asset.path === model.primary_source}
            onRole={role => action.run(() => client.setAssetRole(model.name, asset, role))}
            onRemove={() => action.run(() => client.removeAsset(model.name, asset))}
          />
        ))}
      </ul>
      <TextButton
        label={trans.__('Add a file…')}
        name={trans.__('Add a file to %1…', model.name)}
        title={trans.__('You can also drag files here from the file browser')}
        onClick={() =>
          action.run(() => commands.execute(CommandIDs.addAsset, { model: model.name }))
        }
      />
      <Requirements
        name={model.name}
        hasAsset={model.assets.some(asset => asset.role === REQUIRED_LIBRARIES)}
        onInfer={() => action.run(() => client.inferRequirements(model.name))}
      />
    </div>
  );
}

function AssetRow(props: {
  asset: Asset;
  isSource: boolean;
  onRole: (role: AssetRole) => void;
  onRemove: () => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const roles = useRoles();
  const { asset } = props;
  const isRequired = asset.role === REQUIRED_LIBRARIES;
  return (
    <li className={`jp-modelop-asset ${isRequired ? 'jp-modelop-mod-required' : ''}`}>
      <div className="jp-modelop-row">
        <span className="jp-modelop-name" title={asset.path}>
          {asset.path}
        </span>
        {props.isSource && <Badge kind="plain" text={trans.__('source')} />}
        <span className="jp-modelop-muted">{bytes(asset.size)}</span>
        {!props.isSource && (
          <IconButton
            icon={closeIcon}
            label={trans.__('Remove %1', asset.path)}
            onClick={props.onRemove}
          />
        )}
      </div>
      <HTMLSelect
        className="jp-modelop-role"
        aria-label={trans.__('Role of %1', asset.path)}
        value={asset.role}
        onChange={event => props.onRole(event.target.value as AssetRole)}
      >
        {(roles.data ?? [{ role: asset.role, label: asset.role }]).map(({ role, label }) => (
          <option key={role} value={role}>
            {label}
          </option>
        ))}
      </HTMLSelect>
    </li>
  );
}

/** The requirements of a model, and buttons to check, infer and upgrade them. */
function Requirements(props: {
  name: string;
  /** Whether an asset has the role of required libraries. */
  hasAsset: boolean;
  onInfer: () => void;
}): JSX.Element {
  const { client, changes, trans } = useModelOp();
  const { name } = props;
  const [isChecked, setChecked] = React.useState(false);
  const [message, setMessage] = React.useState<string | null>(null);
  const report = useServerQuery({
    key: ['requirements', name, isChecked],
    topics: ['models', 'environments'],
    fetch: client => client.requirements(name, isChecked)
  });
  const upgrade = async () => {
    try {
      const upgrades = (await client.upgradeRequirements(name)).changes.map(
        ({ package: library, before, after }) => `${library} ${before ?? '–'} → ${after ?? '–'}`
      );
      setMessage(upgrades.join(', ') || trans.__('No newer versions.'));
    } catch (reason) {
      setMessage((reason as Error).message);
    }
    await changes.refresh();
  };
  const isIncomplete = report.data?.imports.some(({ verdict }) => verdict === 'missing') ?? false;
  return (
    <div className="jp-modelop-requirements">
      <h4>{trans.__('Required libraries')}</h4>
      {report.error && <ErrorMessage error={report.error} />}
      {report.data && <RequirementLines report={report.data} />}
      {!props.hasAsset && (
        <p className="jp-modelop-muted">
          {trans.__('No asset has this role: the environment has only the standard library.')}
        </p>
      )}
      {message && (
        <p className="jp-modelop-muted" role="status">
          {message}
        </p>
      )}
      <div className="jp-modelop-actions">
        <TextButton
          label={report.isFetching && isChecked ? trans.__('Checking…') : trans.__('Check')}
          name={
            report.isFetching && isChecked
              ? trans.__('Checking the requirements of %1…', name)
              : trans.__('Check the requirements of %1', name)
          }
          title={trans.__('Resolve the requirements, and compare them with the imports')}
          disabled={report.isFetching}
          onClick={() => (isChecked ? void report.refetch() : setChecked(true))}
        />
        {(isIncomplete || !props.hasAsset) && (
          <TextButton
            label={trans.__('Infer')}
            name={trans.__('Infer the requirements of %1', name)}
            title={trans.__(
              'Write requirements.txt from the imports, with the versions installed here'
            )}
            onClick={props.onInfer}
          />
        )}
        {props.hasAsset && (
          <TextButton
            label={trans.__('Upgrade')}
            name={trans.__('Upgrade the requirements of %1', name)}
            title={trans.__('Resolve requirements without a pinned version again')}
            onClick={() => void upgrade()}
          />
        )}
      </div>
    </div>
  );
}

function RequirementLines({ report }: { report: RequirementsReport }): JSX.Element {
  const { trans } = useModelOp();
  const missing = report.imports.filter(({ verdict }) => verdict === 'missing');
  return (
    <>
      <ul className="jp-modelop-list" aria-label={trans.__('Required libraries')}>
        {report.rows.map((row, index) => (
          <li key={index} className="jp-modelop-row" title={`${row.asset}, line ${row.line}`}>
            <code>{row.text}</code>
            {row.locked && <span className="jp-modelop-muted">{row.locked}</span>}
            {row.problem && <span className="jp-modelop-bad">{row.problem}</span>}
          </li>
        ))}
        {report.additions.map(requirement => (
          <li key={requirement} className="jp-modelop-row">
            <code>{requirement}</code>
            <span className="jp-modelop-muted">{trans.__('added, as ModelOp Center does')}</span>
          </li>
        ))}
      </ul>
      {missing.map(({ module, asset, line }) => (
        <p key={`${asset} ${line}`} className="jp-modelop-bad">
          {trans.__('No requirement provides %1 (imported in %2, line %3)', module, asset, line)}
        </p>
      ))}
      {report.unused.length > 0 && (
        <p className="jp-modelop-muted">{trans.__('Not imported: %1', report.unused.join(', '))}</p>
      )}
    </>
  );
}
