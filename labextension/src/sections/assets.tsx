import { closeIcon, HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Badge, IconButton, Problem, TextButton } from '../components/parts';
import { useLive, useModelOp } from '../context';
import type { IDrag } from '../drop';
import { droppedPaths, FILES } from '../drop';
import { bytes } from '../format';
import { CommandIDs } from '../tokens';
import type { Asset, ModelDetail, RequirementsReport } from '../types';

const REQUIRED = 'REQUIRED_LIBRARIES';

/** The files of a model, what each is for, and what those with required libraries ask for. */
export function AssetsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, changes, commands, trans } = useModelOp();
  const [error, setError] = React.useState<Error | null>(null);
  const [isTarget, setTarget] = React.useState(false);
  const act = async (what: () => Promise<unknown>) => {
    try {
      await what();
      setError(null);
    } catch (reason) {
      setError(reason as Error);
    }
    await changes.refresh();
  };
  const area = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    // Lumino's own drag and drop: the file browser knows no other.
    const node = area.current!;
    const over = (event: Event) => {
      const drag = event as Event & IDrag;
      if (drag.mimeData?.hasData(FILES)) {
        event.preventDefault();
        event.stopPropagation();
        // Whatever it is called there: the file stays where it is.
        drag.dropAction = drag.proposedAction;
        setTarget(true);
      }
    };
    const leave = () => setTarget(false);
    const drop = (event: Event) => {
      setTarget(false);
      const paths = droppedPaths(event);
      if (paths.length > 0) {
        event.preventDefault();
        event.stopPropagation();
        void act(async () => {
          for (const path of paths) {
            await client.addAsset(model.name, path);
          }
        });
      }
    };
    node.addEventListener('lm-dragenter', over);
    node.addEventListener('lm-dragover', over);
    node.addEventListener('lm-dragleave', leave);
    node.addEventListener('lm-drop', drop);
    return () => {
      node.removeEventListener('lm-dragenter', over);
      node.removeEventListener('lm-dragover', over);
      node.removeEventListener('lm-dragleave', leave);
      node.removeEventListener('lm-drop', drop);
    };
  }, [client, changes, model.name]);
  return (
    <div ref={area} className={`jp-modelop-drop ${isTarget ? 'jp-modelop-mod-target' : ''}`}>
      {error && <Problem error={error} />}
      <ul className="jp-modelop-list" aria-label={trans.__('Assets of %1', model.name)}>
        {model.assets.map(asset => (
          <AssetRow
            key={asset.path}
            asset={asset}
            isSource={asset.path === model.primary_source}
            onRole={role => void act(() => client.setRole(model.name, asset, role))}
            onRemove={() => void act(() => client.removeAsset(model.name, asset))}
          />
        ))}
      </ul>
      <TextButton
        label={trans.__('Add a file…')}
        title={trans.__('Files can be dragged here from the file browser, too')}
        onClick={() =>
          void act(async () => commands.execute(CommandIDs.addAsset, { model: model.name }))
        }
      />
      <Requirements
        name={model.name}
        hasHolder={model.assets.some(asset => asset.role === REQUIRED)}
        onInfer={() => void act(() => client.infer(model.name, true))}
      />
    </div>
  );
}

function AssetRow(props: {
  asset: Asset;
  isSource: boolean;
  onRole: (role: string) => void;
  onRemove: () => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const roles = useLive('roles', [], client => client.roles());
  const { asset } = props;
  const isRequired = asset.role === REQUIRED;
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
        onChange={event => props.onRole(event.target.value)}
      >
        {(roles.value ?? [{ role: asset.role, label: asset.role }]).map(each => (
          <option key={each.role} value={each.role}>
            {each.label}
          </option>
        ))}
      </HTMLSelect>
    </li>
  );
}

function Requirements(props: {
  name: string;
  hasHolder: boolean;
  onInfer: () => void;
}): JSX.Element {
  const { client, changes, trans } = useModelOp();
  const { name } = props;
  const [isChecked, setChecked] = React.useState(false);
  const [said, setSaid] = React.useState<string | null>(null);
  const found = useLive(`requirements ${name} ${isChecked}`, ['models', 'environments'], each =>
    each.requirements(name, isChecked)
  );
  const upgrade = async () => {
    try {
      const { changes: versions } = await client.upgrade(name);
      const pairs = versions.map(
        each => `${each.package} ${each.before ?? '–'} → ${each.after ?? '–'}`
      );
      setSaid(pairs.join(', ') || trans.__('Nothing is newer.'));
    } catch (reason) {
      setSaid((reason as Error).message);
    }
    await changes.refresh();
  };
  const missing = found.value?.imports.some(each => each.verdict === 'missing') ?? false;
  return (
    <div className="jp-modelop-requirements">
      <h4>{trans.__('Required libraries')}</h4>
      {found.error && <Problem error={found.error} />}
      {found.value && <RequirementLines report={found.value} />}
      {!props.hasHolder && (
        <p className="jp-modelop-muted">
          {trans.__('No asset has this role: the environment has the standard library alone.')}
        </p>
      )}
      {said && (
        <p className="jp-modelop-muted" role="status">
          {said}
        </p>
      )}
      <div className="jp-modelop-actions">
        <TextButton
          label={found.isLoading && isChecked ? trans.__('Checking…') : trans.__('Check')}
          title={trans.__('Resolve the lines, and compare them with what the source imports')}
          disabled={found.isLoading}
          onClick={() => (isChecked ? void found.refresh() : setChecked(true))}
        />
        {(missing || !props.hasHolder) && (
          <TextButton
            label={trans.__('Infer')}
            title={trans.__('Write requirements.txt from the imports, with the versions used here')}
            onClick={props.onInfer}
          />
        )}
        {props.hasHolder && (
          <TextButton
            label={trans.__('Upgrade')}
            title={trans.__('Resolve anew what is not pinned')}
            onClick={() => void upgrade()}
          />
        )}
      </div>
    </div>
  );
}

function RequirementLines({ report }: { report: RequirementsReport }): JSX.Element {
  const { trans } = useModelOp();
  const missing = report.imports.filter(each => each.verdict === 'missing');
  return (
    <>
      <ul className="jp-modelop-list">
        {report.rows.map((row, index) => (
          <li key={index} className="jp-modelop-row" title={`${row.asset}, line ${row.line}`}>
            <code>{row.text}</code>
            {row.locked && <span className="jp-modelop-muted">{row.locked}</span>}
            {row.problem && <span className="jp-modelop-bad">{row.problem}</span>}
          </li>
        ))}
        {report.additions.map(each => (
          <li key={each} className="jp-modelop-row">
            <code>{each}</code>
            <span className="jp-modelop-muted">{trans.__('added, as ModelOp Center does')}</span>
          </li>
        ))}
      </ul>
      {missing.map(each => (
        <p key={`${each.asset} ${each.line}`} className="jp-modelop-bad">
          {trans.__('%1 (%2, line %3) is required by nothing', each.module, each.asset, each.line)}
        </p>
      ))}
      {report.unused.length > 0 && (
        <p className="jp-modelop-muted">{trans.__('Not imported: %1', report.unused.join(', '))}</p>
      )}
    </>
  );
}
