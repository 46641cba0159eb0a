import { closeIcon, HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ApiClient } from '../api/client';
import type { Asset, AssetRole, ModelDetail } from '../api/types';
import { bytes } from '../components/format';
import { Badge, ErrorMessage, IconButton, TextButton } from '../components/primitives';
import { useFileDrop } from '../jupyter/dragDrop';
import { useModelOp } from '../state/context';
import { useAction, useRoles } from '../state/queries';
import { CommandIDs } from '../tokens';

/** The role of the files that name a model's libraries. */
export const REQUIRED_LIBRARIES: AssetRole = 'REQUIRED_LIBRARIES';

/** The assets of a model with their roles. */
export function AssetsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const action = useAction();
  const area = React.useRef<HTMLDivElement>(null);
  const isDropTarget = useFileDrop(area, {
    onPaths: paths => action.run(() => addAssets(client, model.name, paths))
  });
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
        title={trans.__('You can also drag files here from the file browser')}
        onClick={() =>
          action.run(() => commands.execute(CommandIDs.addAsset, { model: model.name }))
        }
      />
    </div>
  );
}

/** Add files of the file browser to a model, one after the other. */
export async function addAssets(
  client: ApiClient,
  model: string,
  paths: readonly string[]
): Promise<void> {
  for (const path of paths) {
    await client.addAsset(model, path);
  }
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
